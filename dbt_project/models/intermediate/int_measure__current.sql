with current_version as (
    select *
    from {{ ref('stg_ber__measures') }}
    qualify {{ is_current_version(['measure_id']) }}
)

select
    version.measure_id,
    version.enrolment_id,
    -- A measure is of the person whose enrolment it belongs to.
    enrolment.person_id,
    version.measure_code,
    version.started_on,
    version.ended_on,
    version.end_reason_code
from current_version as version
inner join {{ ref('int_enrolment__current') }} as enrolment
    on enrolment.enrolment_id = version.enrolment_id
