with

resident as (
    select
        period.period_id,
        period.ends_on as on_date,
        run.person_id,
        {{ or_saknas('district.district_in_force_code') }} as district_code,
        {{ or_saknas('district.job_centre_code') }} as job_centre_code,
        run.is_immigrated_after_compulsory_school,
        coalesce(run.protection_code = 'SKYDDAD', false) as has_protected_registration
    from {{ ref('int_period__extracts') }} as period
    inner join {{ ref('int_resident__sightings') }} as run
        on period.latest_resident_extract_date between run.first_extract_date and run.last_extract_date
    left join {{ ref('int_district__in_force') }} as district
        on district.district_code = run.district_code
        and district.on_date = period.ends_on
    where period.is_day
),

judged as (
    {{ target_group('resident', ref('register_day'), ref('int_person_day__education')) | indent(4) }}
)

select
    person_id,
    period_id,
    on_date,
    gender,
    district_code,
    job_centre_code,
    is_rule_1_resident,
    is_rule_2_under_20,
    is_rule_3_past_compulsory_school,
    is_rule_4_not_studying,
    is_rule_5_no_diploma,
    is_eligible,
    is_in_register,
    case
        when not is_decided_by_education or not (is_rule_4_not_studying or is_rule_5_no_diploma) then null
        when not is_rule_4_not_studying then upper_secondary_study_period_id
        else diploma_study_period_id
    end as deciding_study_period_id,
    case
        when is_decided_by_education and is_rule_4_not_studying then string_split(diploma_certificate, '/')[1]
    end as deciding_certificate_pseudonym,
    case
        when is_decided_by_education and is_rule_4_not_studying then string_split(diploma_certificate, '/')[2]
    end as deciding_certificate_code,
    reason_codes
from judged
