with

resident as (
    select
        period.period_id,
        period.ends_on as on_date,
        run.person_id,
        run.district_code,
        run.is_immigrated_after_compulsory_school,
        coalesce(run.protection_code = 'SKYDDAD', false) as is_protected
    from {{ ref('int_period__extracts') }} as period
    inner join {{ ref('int_resident__sightings') }} as run
        on period.latest_resident_extract_date between run.first_extract_date and run.last_extract_date
    where period.is_day
),

located_resident as (
    select
        resident.period_id,
        resident.on_date,
        resident.person_id,
        {{ or_missing('district.district_in_force_code') }} as district_code,
        {{ or_missing('district.job_centre_code') }} as job_centre_code,
        resident.is_immigrated_after_compulsory_school,
        resident.is_protected
    from resident
    left join {{ ref('int_district__in_force') }} as district
        on district.district_code = resident.district_code
        and district.on_date = resident.on_date
),

fact as (
    select
        coalesce(resident.person_id, entry.person_id) as person_id,
        coalesce(resident.period_id, entry.period_id) as period_id,
        coalesce(resident.on_date, entry.on_date) as on_date,
        -- From the population register; from the case register for who is not there.
        coalesce(resident.district_code, entry.district_code) as district_code,
        coalesce(resident.job_centre_code, entry.job_centre_code) as job_centre_code,
        resident.person_id is not null as is_resident,
        coalesce(resident.is_protected, false) as is_protected,
        coalesce(resident.is_immigrated_after_compulsory_school, false) as is_immigrated_after_compulsory_school,
        entry.person_id is not null as is_in_register
    from located_resident as resident
    full outer join {{ ref('register_day') }} as entry
        on entry.person_id = resident.person_id
        and entry.period_id = resident.period_id
),

-- One column per rule of figures.md section 4; true when the rule does not stand in the way.
ruled as (
    select
        fact.person_id,
        fact.period_id,
        fact.on_date,
        person.gender,
        fact.district_code,
        fact.job_centre_code,
        fact.is_resident,
        fact.is_in_register,
        fact.is_resident and not fact.is_protected as is_rule_1_resident,
        {{ age_on('person.birth_date', 'fact.on_date') }} < 20 as is_rule_2_under_20,
        fact.on_date >= make_date(year(person.birth_date) + 16, 7, 1) as has_reached_july_of_16,
        has_reached_july_of_16 or fact.is_immigrated_after_compulsory_school as is_rule_3_past_compulsory_school,
        not coalesce(education.is_in_upper_secondary, false) as is_rule_4_not_studying,
        not coalesce(education.has_diploma, false) as is_rule_5_no_diploma,
        coalesce(education.is_in_introduction_before_reform, false) as is_in_introduction_before_reform,
        coalesce(education.is_in_other_school_form, false) as is_in_other_school_form,
        coalesce(education.has_study_certificate, false) as has_study_certificate
    from fact
    inner join {{ ref('int_person__numbers') }} as person
        on person.pseudonym = fact.person_id
    left join {{ ref('int_person_day__education') }} as education
        on education.person_id = fact.person_id
        and education.period_id = fact.period_id
),

judged as (
    select
        ruled.*,
        is_rule_1_resident
        and is_rule_2_under_20
        and is_rule_3_past_compulsory_school
        and is_rule_4_not_studying
        and is_rule_5_no_diploma as is_eligible
    from ruled
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
        -- In the register but not by law: the rules that are not met.
        when is_in_register and not is_eligible then concat_ws(
            ' ',
            case when not is_resident then '1_EJ_FOLKBOKFORD' when not is_rule_1_resident then '1_SKYDDAD' end,
            case when not is_rule_2_under_20 then '2_FYLLT_20' end,
            case when not is_rule_3_past_compulsory_school then '3_SKOLPLIKT' end,
            case when not is_rule_4_not_studying then '4_STUDERAR' end,
            case when not is_rule_5_no_diploma then '5_EXAMEN' end
        )
        -- By law but not in the register: all rules are met; which of them the register may have seen otherwise.
        when is_eligible and not is_in_register then concat_ws(
            ' ',
            'ALLA_VILLKOR',
            case when not has_reached_july_of_16 then '3_INVANDRAD' end,
            case when is_in_introduction_before_reform then '4_INTRODUKTIONSPROGRAM' end,
            case when is_in_other_school_form then '4_ANNAN_SKOLFORM' end,
            case when has_study_certificate then '5_STUDIEBEVIS' end
        )
    end as reason_codes
from judged
