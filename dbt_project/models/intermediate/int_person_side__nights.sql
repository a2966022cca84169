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
)

select
    event_night.person_id,
    night.period_id,
    night.on_date,
    night.night_before,
    night.latest_resident_extract_date
from event_night
inner join night on night.on_date = event_night.on_date
