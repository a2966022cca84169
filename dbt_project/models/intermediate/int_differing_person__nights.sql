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

resident_extract as (
    select
        extract_date,
        lag(extract_date) over (order by extract_date) as extract_before
    from {{ ref('stg_history__extracts') }}
    where source = 'folkbokforing'
),

number as (
    select pseudonym, person_id, birth_date
    from {{ ref('int_person__numbers') }}
    where person_id in (select differing.person_id from differing)
),

-- Days from which the answer for a person may be another one; between two of them it stands. One too many does no harm.
event as (
    select
        run.person_id,
        day.on_date
    from {{ ref('int_register__sightings') }} as run
    cross join unnest([run.first_extract_date, run.last_extract_date + 1]) as day(on_date)
    where run.person_id in (select differing.person_id from differing)

    union all

    select
        number.person_id,
        day.on_date
    from ({{ versions_with_next(ref('stg_skolregister__study_periods'), ['study_period_id']) | indent(4) }}) as version
    inner join number on number.pseudonym = version.pseudonym
    cross join unnest([
        version.first_extract_date, version.next_extract_date, version.started_on, version.ended_on, version.ended_on + 1
    ]) as day(on_date)

    union all

    select
        number.person_id,
        day.on_date
    from ({{ versions_with_next(ref('stg_beda__certificates'), ['pseudonym', 'certificate_code']) | indent(4) }}) as version
    inner join number on number.pseudonym = version.pseudonym
    cross join unnest([version.first_extract_date, version.next_extract_date, version.issued_on]) as day(on_date)

    union all

    -- Past compulsory school, the reform of introduction programmes, too old.
    select
        number.person_id,
        day.on_date
    from number
    cross join unnest([
        {{ past_compulsory_school_from('number.birth_date') }},
        date '2018-07-01',
        {{ months_after('number.birth_date', '20 * 12') }}
    ]) as day(on_date)
    where number.pseudonym = number.person_id

    union all

    select
        run.person_id,
        run.first_extract_date
    from {{ ref('int_resident__sightings') }} as run
    where run.person_id in (select differing.person_id from differing)

    union all

    -- Who is gone from the population register is gone with its next extract, not on the day after the last one.
    select
        run.person_id,
        next_extract.extract_date
    from {{ ref('int_resident__sightings') }} as run
    inner join resident_extract as next_extract on next_extract.extract_before = run.last_extract_date
    where run.person_id in (select differing.person_id from differing)
),

-- Each day of the window with the first night from then on.
day_night as (
    select
        cast(day.on_date as date) as on_date,
        night.on_date as next_night
    from night
    cross join unnest(generate_series(night.night_before + 1, night.on_date, interval 1 day)) as day(on_date)
),

event_night as (
    -- What lies before the window has its answer on the first night.
    select
        differing.person_id,
        first_night.on_date
    from differing
    cross join (select min(on_date) as on_date from night) as first_night

    union

    select
        event.person_id,
        day_night.next_night
    from event
    inner join day_night on day_night.on_date = event.on_date
)

select
    event_night.person_id,
    night.period_id,
    night.on_date,
    night.night_before,
    night.latest_resident_extract_date
from event_night
inner join night on night.on_date = event_night.on_date
