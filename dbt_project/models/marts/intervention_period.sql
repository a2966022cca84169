with overlap as (
    select
        intervention.*,
        period.period_id,
        intervention.started_on >= period.starts_on as is_new,
        coalesce(intervention.ended_on <= period.ends_on, false) as is_ended
    from {{ ref('int_intervention__current') }} as intervention
    inner join {{ ref('int_period__extracts') }} as period
        on intervention.started_on <= period.ends_on
        and coalesce(intervention.ended_on, period.ends_on) >= period.starts_on
        and not period.is_day
)

select
    overlap.intervention_id,
    overlap.period_id,
    located.person_id,
    located.gender,
    located.district_code,
    located.job_centre_code,
    overlap.enrolment_id,
    overlap.intervention_code,
    overlap.started_on,
    overlap.ended_on,
    overlap.end_reason_code,
    overlap.is_new,
    overlap.is_ended,
    overlap.is_ended and row_number() over (
        partition by overlap.person_id, overlap.period_id, overlap.intervention_code, overlap.is_ended
        order by overlap.ended_on desc, overlap.intervention_id desc
    ) = 1 as is_last_end_of_kind
from overlap
inner join {{ ref('int_person_period__located') }} as located
    on located.person_id = overlap.person_id
    and located.period_id = overlap.period_id
