-- A view: youths times periods are millions of rows, and the figure is the only one to count them.
{{ config(materialized='view') }}

select
    run.person_id,
    period.period_id,
    run.gender,
    {{ or_missing('district.district_in_force_code') }} as district_code,
    {{ or_missing('district.job_centre_code') }} as job_centre_code,
    period.latest_resident_extract_date as extract_date,
    {{ age_on('run.birth_date', 'period.latest_resident_extract_date') }} as age,
    -- Not a join: the two sides are as large, and DuckDB would keep this one in memory.
    (run.person_id, period.period_id) in (
        select (located.person_id, located.period_id)
        from {{ ref('int_person_period__located') }} as located
        where located.is_in_register
    ) as is_in_register
from {{ ref('int_period__extracts') }} as period
inner join {{ ref('int_resident__sightings') }} as run
    on period.latest_resident_extract_date between run.first_extract_date and run.last_extract_date
left join {{ ref('int_district__in_force') }} as district
    on district.district_code = run.district_code
    and district.on_date = period.ends_on
where not period.is_day
    and age between 16 and 19
