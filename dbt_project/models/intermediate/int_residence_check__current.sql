with current_version as (
    select *
    from {{ ref('stg_ber__residence_checks') }}
    qualify {{ is_current_version(['residence_check_id']) }}
)

select
    version.residence_check_id,
    number.person_id,
    version.reported_on
from current_version as version
inner join {{ ref('int_person__numbers') }} as number
    on number.pseudonym = version.pseudonym
