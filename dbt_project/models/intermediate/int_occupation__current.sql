with current_version as (
    select *
    from {{ ref('stg_ber__occupations') }}
    qualify {{ is_current_version(['occupation_id']) }}
)

select
    version.occupation_id,
    number.person_id,
    version.noted_on,
    version.contact_id,
    version.occupation_code
from current_version as version
inner join {{ ref('int_person__numbers') }} as number
    on number.pseudonym = version.pseudonym
