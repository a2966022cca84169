with

-- Looked back on in order, not joined: nights with all extracts before them would be their square.
extract as (
    select
        source,
        extract_date,
        max(case when source = 'folkbokforing' then extract_date end) over (order by extract_date)
            as latest_resident_extract_date
    from {{ ref('stg_history__extracts') }}
),

night as (
    select
        extract_date,
        latest_resident_extract_date,
        row_number() over (order by extract_date) as night_number,
        max(extract_date) over () as latest_date
    from extract
    where source = 'ber'
),

-- The night of a year ago is the last one by that day: nights are missed, and then there was no newer register.
compared as (
    select max(extract_date) as extract_date from night
    union
    select max(extract_date) from night where extract_date < latest_date
    union
    select max(extract_date) from night where extract_date <= latest_date - interval 1 year
    union
    -- The ends of years, as long as everybody of that night is still here: who turns 20 in a year is purged with the next.
    select period.last_register_extract_in_period
    from {{ ref('int_period__extracts') }} as period
    inner join night
        on night.extract_date = night.latest_date
        and year(period.last_register_extract_in_period) >= year(night.latest_date) - 1
    where period.period_kind in ('verksamhetsar', 'kalenderar')
)

select
    'dag-' || cast(night.extract_date as varchar) as period_id,
    night.extract_date as on_date,
    night.night_number,
    night.latest_resident_extract_date,
    night.extract_date = night.latest_date as is_latest,
    coalesce(
        night.extract_date = max(case when night.extract_date < night.latest_date then night.extract_date end) over (),
        false
    ) as is_previous,
    coalesce(
        night.extract_date
        = max(case when night.extract_date <= night.latest_date - interval 1 year then night.extract_date end) over (),
        false
    ) as is_year_ago,
    coalesce(night.extract_date in (select compared.extract_date from compared), false) as is_compared,
    -- Older differences stand as old as the window: it holds the year that is compared with, and a month to spare.
    night.extract_date > night.latest_date - 400 as is_in_window
from night
