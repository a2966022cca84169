with overlap as (
    select
        measure.*,
        period.period_id,
        measure.started_on >= period.starts_on as is_new,
        coalesce(measure.ended_on <= period.ends_on, false) as is_ended
    from {{ ref('int_measure__current') }} as measure
    inner join {{ ref('int_period__extracts') }} as period
        on measure.started_on <= period.ends_on
        and coalesce(measure.ended_on, period.ends_on) >= period.starts_on
        and not period.is_day
)

select
    overlap.measure_id,
    overlap.period_id,
    located.person_id,
    located.gender,
    located.district_code,
    located.job_centre_code,
    overlap.enrolment_id,
    overlap.measure_code,
    overlap.started_on,
    overlap.ended_on,
    overlap.end_reason_code,
    overlap.is_new,
    overlap.is_ended,
    overlap.is_ended and row_number() over (
        partition by overlap.person_id, overlap.period_id, overlap.measure_code, overlap.is_ended
        order by overlap.ended_on desc, overlap.measure_id desc
    ) = 1 as is_last_end_of_kind
from overlap
inner join {{ ref('int_person_period__located') }} as located
    on located.person_id = overlap.person_id
    and located.period_id = overlap.period_id
