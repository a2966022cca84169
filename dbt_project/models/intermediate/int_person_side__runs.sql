with

night as (
    select
        *,
        lag(on_date) over (order by on_date) as night_before
    from {{ ref('int_night__extracts') }}
    where is_in_window
),

-- distinct: one may be on a side on both nights
differing as (
    select distinct person_id
    from {{ ref('int_person_night__compared') }}
    where side is not null and (is_latest or is_previous)
),

-- Days from which the answer for a person may be another one; between two of them it stands. One too many does no harm.
event as (
    select
        person_id,
        unnest([first_extract_date, last_extract_date + 1]) as on_date
    from {{ ref('int_register__sightings') }}

    union all

    select
        number.person_id,
        unnest([version.first_extract_date, version.next_extract_date, started_on, ended_on, ended_on + 1]) as on_date
    from ({{ current_until(ref('stg_skolregister__study_periods'), ['study_period_id']) | indent(4) }}) as version
    inner join {{ ref('int_person__numbers') }} as number on number.pseudonym = version.pseudonym

    union all

    select
        number.person_id,
        unnest([version.first_extract_date, version.next_extract_date, issued_on]) as on_date
    from ({{ current_until(ref('stg_beda__certificates'), ['pseudonym', 'certificate_code']) | indent(4) }}) as version
    inner join {{ ref('int_person__numbers') }} as number on number.pseudonym = version.pseudonym

    union all

    -- Past compulsory school, the reform of introduction programmes, too old.
    select
        person_id,
        unnest([
            make_date(year(birth_date) + 16, 7, 1), date '2018-07-01', cast(birth_date + interval 20 year as date)
        ]) as on_date
    from {{ ref('int_person__numbers') }}
    where pseudonym = person_id
),

resident_event as (
    select
        person_id,
        unnest([first_extract_date, last_extract_date + 1]) as extract_date
    from {{ ref('int_resident__sightings') }}
),

-- The night from which on a population register extract is the latest one.
extract_night as (
    select
        latest_resident_extract_date as extract_date,
        min(on_date) as on_date
    from night
    where latest_resident_extract_date is not null
    group by latest_resident_extract_date
),

event_night as (
    select
        event.person_id,
        night.on_date
    from (select event.* from event semi join differing using (person_id)) as event
    asof join night on night.on_date >= event.on_date

    union

    select
        resident_event.person_id,
        extract_night.on_date
    from (select resident_event.* from resident_event semi join differing using (person_id)) as resident_event
    asof join extract_night on extract_night.extract_date >= resident_event.extract_date
),

person_night as (
    select
        event_night.person_id,
        night.*
    from event_night
    inner join night on night.on_date = event_night.on_date
),

judged as (
    {{ target_group_on_nights('person_night', own_nights=true) | indent(4) }}
),

turn as (
    select
        person_night.person_id,
        person_night.on_date,
        person_night.night_before,
        judged.side
    from person_night
    -- Who is in neither register on a night is on no side.
    left join judged
        on judged.person_id = person_night.person_id
        and judged.on_date = person_night.on_date
    qualify judged.side is distinct from lag(judged.side) over (
        partition by person_night.person_id
        order by person_night.on_date
    )
),

run as (
    select
        person_id,
        side,
        on_date as since_date,
        lead(night_before) over (partition by person_id order by on_date) as last_date_before_turn
    from turn
),

bound as (
    select
        min(on_date) as first_night,
        max(on_date) as latest_night,
        max(on_date) filter (where is_previous) as previous_night
    from night
)

select
    run.person_id,
    run.side,
    run.since_date,
    coalesce(run.last_date_before_turn, bound.latest_night) as last_date,
    run.since_date = bound.first_night as is_from_before_window,
    run.last_date_before_turn is null as is_on_latest,
    coalesce(bound.previous_night between run.since_date and last_date, false) as is_on_previous
from run
cross join bound
where run.side is not null
