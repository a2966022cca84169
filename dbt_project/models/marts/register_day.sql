with entry as (
    select
        period.period_id,
        period.ends_on as on_date,
        period.latest_register_extract_date as extract_date,
        run.person_id,
        run.registered_on,
        run.registration_reason_code,
        run.category_code,
        run.category_since,
        run.district_code
    from {{ ref('int_period__extracts') }} as period
    inner join {{ ref('int_register__sightings') }} as run
        on period.latest_register_extract_date between run.first_extract_date and run.last_extract_date
    where period.is_day
)

select
    entry.person_id,
    entry.period_id,
    entry.on_date,
    person.gender,
    {{ or_missing('district.district_in_force_code') }} as district_code,
    {{ or_missing('district.job_centre_code') }} as job_centre_code,
    entry.extract_date,
    entry.registered_on,
    entry.registration_reason_code,
    entry.category_code,
    entry.category_since
from entry
inner join {{ ref('int_person__numbers') }} as person
    on person.pseudonym = entry.person_id
left join {{ ref('int_district__in_force') }} as district
    on district.district_code = entry.district_code
    and district.on_date = entry.on_date
