with current_version as (
    select *
    from {{ ref('stg_flai__participations') }}
    qualify {{ is_current_version(['participation_id']) }}
)

select
    version.participation_id,
    number.person_id,
    version.activity_code,
    version.started_on,
    version.ended_on
from current_version as version
inner join {{ ref('int_person__numbers') }} as number
    on number.pseudonym = version.pseudonym
