with

resident as (
    select
        period.period_id,
        period.ends_on,
        period.latest_resident_extract_date as extract_date,
        run.person_id,
        run.gender,
        run.district_code,
        {{ age_on('run.birth_date', 'period.latest_resident_extract_date') }} as age
    from {{ ref('int_period__extracts') }} as period
    inner join {{ ref('int_resident__sightings') }} as run
        on period.latest_resident_extract_date between run.first_extract_date and run.last_extract_date
    where not period.is_day
        and {{ age_on('run.birth_date', 'period.latest_resident_extract_date') }} between 16 and 19
)

select
    resident.person_id,
    resident.period_id,
    resident.gender,
    {{ or_missing('district.district_in_force_code') }} as district_code,
    {{ or_missing('district.job_centre_code') }} as job_centre_code,
    resident.extract_date,
    resident.age,
    coalesce(located.is_in_register, false) as is_in_register
from resident
left join {{ ref('int_district__in_force') }} as district
    on district.district_code = resident.district_code
    and district.on_date = resident.ends_on
left join {{ ref('int_person_period__located') }} as located
    on located.person_id = resident.person_id
    and located.period_id = resident.period_id
