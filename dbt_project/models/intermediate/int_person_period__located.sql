with

period as (
    select *
    from {{ ref('int_period__extracts') }}
    where not is_day
),

-- Every run that began by the period's end was seen last on its own last extract or on the latest one by then.
sighting as (
    select
        run.person_id,
        period.period_id,
        least(run.last_extract_date, period.latest_register_extract_date) as seen_on,
        {{ or_saknas('run.district_code') }} as district_code,
        -- Both ends of a run are extracts, so a run that began by the period's end touches the period when it reaches the
        -- period's first extract. The period's first day is not enough: a run may span a period without extracts.
        coalesce(run.last_extract_date >= period.first_register_extract_in_period, false) as is_in_register,
        -- The same of the year before; empty where the run does not touch it.
        case
            when run.last_extract_date >= period.first_register_extract_year_before
                and run.first_extract_date <= period.last_register_extract_year_before
                then least(run.last_extract_date, period.last_register_extract_year_before)
        end as seen_year_before_on
    from {{ ref('int_register__sightings') }} as run
    inner join period on run.first_extract_date <= period.ends_on
),

seen as (
    select
        person_id,
        period_id,
        max(seen_on) as last_seen_on,
        -- A person has one row in an extract, so there is one district on the last day seen.
        max_by(district_code, seen_on) as district_code,
        bool_or(is_in_register) as is_in_register,
        max(seen_year_before_on) as seen_year_before_on
    from sighting
    group by person_id, period_id
),

-- Who counts in a period without having been in the register during it.
occurrence as (
    select enrolment.person_id, period.period_id
    from {{ ref('int_enrolment__current') }} as enrolment
    inner join period
        on enrolment.enrolled_on <= period.ends_on
        and coalesce(enrolment.ended_on, period.ends_on) >= period.starts_on

    union

    select intervention.person_id, period.period_id
    from {{ ref('int_intervention__current') }} as intervention
    inner join period
        on intervention.started_on <= period.ends_on
        and coalesce(intervention.ended_on, period.ends_on) >= period.starts_on

    union

    select stay.person_id, day.period_id
    from {{ ref('int_stay__registered') }} as stay
    inner join {{ ref('int_period__days') }} as day on day.on_date = stay.registered_on

    union

    select residence_check.person_id, day.period_id
    from {{ ref('int_residence_check__current') }} as residence_check
    inner join {{ ref('int_period__days') }} as day on day.on_date = residence_check.reported_on

    union

    select admission.person_id, day.period_id
    from {{ ref('int_admission__current') }} as admission
    inner join {{ ref('int_period__days') }} as day on day.on_date = admission.decided_on
    where admission.is_final_refusal

    union

    select visit.person_id, day.period_id
    from {{ ref('int_school_entry_visit__current') }} as visit
    inner join {{ ref('int_period__days') }} as day on day.on_date = visit.visited_on

    union

    select participation.person_id, period.period_id
    from {{ ref('int_participation__current') }} as participation
    inner join period
        on participation.started_on <= period.ends_on
        and coalesce(participation.ended_on, period.ends_on) >= period.starts_on
),

person_in_period as (
    select
        coalesce(seen.person_id, occurrence.person_id) as person_id,
        coalesce(seen.period_id, occurrence.period_id) as period_id,
        seen.last_seen_on,
        seen.district_code,
        coalesce(seen.is_in_register, false) as is_in_register,
        seen.seen_year_before_on
    from seen
    full outer join occurrence
        on occurrence.person_id = seen.person_id
        and occurrence.period_id = seen.period_id
    where seen.is_in_register or occurrence.person_id is not null
)

select
    person_in_period.person_id,
    person_in_period.period_id,
    person.gender,
    {{ or_saknas('district.district_in_force_code') }} as district_code,
    {{ or_saknas('district.job_centre_code') }} as job_centre_code,
    person_in_period.last_seen_on,
    person_in_period.is_in_register,
    person_in_period.seen_year_before_on
from person_in_period
inner join period on period.period_id = person_in_period.period_id
inner join {{ ref('int_person__numbers') }} as person
    on person.pseudonym = person_in_period.person_id
left join {{ ref('int_district__in_force') }} as district
    on district.district_code = person_in_period.district_code
    and district.on_date = period.ends_on
