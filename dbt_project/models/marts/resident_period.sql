-- A view: youths times periods are millions of rows, and the figure is the only one to count them.
{{ config(materialized='view') }}

with aged as (
    select
        run.person_id,
        run.gender,
        run.district_code,
        period.period_id,
        period.ends_on,
        period.latest_resident_extract_date,
        {{ age_on('run.birth_date', 'period.latest_resident_extract_date') }} as age
    from {{ ref('int_period__extracts') }} as period
    inner join {{ ref('int_resident__sightings') }} as run
        on period.latest_resident_extract_date between run.first_extract_date and run.last_extract_date
    where not period.is_day
)

select
    aged.person_id,
    aged.period_id,
    aged.gender,
    {{ or_saknas('district.district_in_force_code') }} as district_code,
    {{ or_saknas('district.job_centre_code') }} as job_centre_code,
    aged.latest_resident_extract_date as extract_date,
    aged.age,
    -- Not a join: the two sides are as large, and DuckDB would keep this one in memory.
    coalesce((aged.person_id, aged.period_id) in (
        select located.person_id, located.period_id
        from {{ ref('int_person_period__located') }} as located
        where located.is_in_register
    ), false) as is_in_register
from aged
left join {{ ref('int_district__in_force') }} as district
    on district.district_code = aged.district_code
    and district.on_date = aged.ends_on
where aged.age between 16 and 19
