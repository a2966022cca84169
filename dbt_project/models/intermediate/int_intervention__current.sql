with current_version as (
    select *
    from {{ ref('stg_ber__interventions') }}
    qualify {{ is_current_version(['intervention_id']) }}
)

select
    version.intervention_id,
    version.enrolment_id,
    -- An intervention is of the person whose enrolment it belongs to.
    enrolment.person_id,
    version.intervention_code,
    version.started_on,
    version.ended_on,
    version.end_reason_code
from current_version as version
inner join {{ ref('int_enrolment__current') }} as enrolment
    on enrolment.enrolment_id = version.enrolment_id
