with overlap as (
    select
        participation.*,
        period.period_id,
        participation.started_on >= period.starts_on as is_new,
        coalesce(participation.ended_on <= period.ends_on, false) as is_ended
    from {{ ref('int_participation__current') }} as participation
    inner join {{ ref('int_period__extracts') }} as period
        on participation.started_on <= period.ends_on
        and coalesce(participation.ended_on, period.ends_on) >= period.starts_on
        and not period.is_day
)

select
    overlap.participation_id,
    overlap.period_id,
    located.person_id,
    located.gender,
    located.district_code,
    located.job_centre_code,
    overlap.activity_code,
    overlap.started_on,
    overlap.ended_on,
    overlap.is_new,
    overlap.is_ended
from overlap
inner join {{ ref('int_person_period__located') }} as located
    on located.person_id = overlap.person_id
    and located.period_id = overlap.period_id
