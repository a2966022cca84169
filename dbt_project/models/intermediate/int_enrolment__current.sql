with current_version as (
    select *
    from {{ ref('stg_ber__enrolments') }}
    qualify {{ is_current_version(['enrolment_id']) }}
)

select
    version.enrolment_id,
    number.person_id,
    version.administration_code,
    version.enrolled_on,
    version.ended_on,
    version.end_reason_code
from current_version as version
inner join {{ ref('int_person__numbers') }} as number
    on number.pseudonym = version.pseudonym
