with current_version as (
    select *
    from {{ ref('stg_enkat__answers') }}
    qualify {{ is_current_version(['answer_id']) }}
)

select
    version.answer_id,
    day.period_id,
    version.answered_on,
    version.question,
    cast(version.answer as varchar) as answer_code
from current_version as version
inner join {{ ref('int_period__days') }} as day
    on day.on_date = version.answered_on
