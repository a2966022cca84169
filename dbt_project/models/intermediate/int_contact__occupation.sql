with current_version as (
    select *
    from {{ ref('stg_ber__occupations') }}
    qualify {{ is_current_version(['occupation_id']) }}
)

select
    contact_id,
    occupation_id,
    occupation_code
from current_version
where contact_id is not null
qualify row_number() over (partition by contact_id order by occupation_id desc) = 1
