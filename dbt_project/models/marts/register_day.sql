select
    run.person_id,
    period.period_id,
    period.ends_on as on_date,
    person.gender,
    {{ or_saknas('district.district_in_force_code') }} as district_code,
    {{ or_saknas('district.job_centre_code') }} as job_centre_code,
    period.latest_register_extract_date as extract_date,
    run.registered_on,
    run.registration_reason_code,
    run.category_code,
    run.category_since
from {{ ref('int_period__extracts') }} as period
inner join {{ ref('int_register__sightings') }} as run
    on period.latest_register_extract_date between run.first_extract_date and run.last_extract_date
inner join {{ ref('int_person__numbers') }} as person
    on person.pseudonym = run.person_id
left join {{ ref('int_district__in_force') }} as district
    on district.district_code = run.district_code
    and district.on_date = period.ends_on
where period.is_day
