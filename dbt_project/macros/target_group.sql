{#
    Who belongs to the target group by law, against who is in the register (figures.md section 4), in one set of words for
    single days and for the nights of the worklist. Each macro is a whole query, to be wrapped as a CTE. What is asked is always
    a relation with one row per person and day: person_id, period_id, on_date.
#}

{#-
    What studies and diplomas say about each person on each day that is asked about, by the versions that extracts up to the
    day show. A person of whom they say nothing has no row.
-#}
{%- macro education_on_days(person_days) -%}
with

study_period as (
    {{ current_on_days(ref('stg_skolregister__study_periods'), ['study_period_id'], person_days) | indent(4) }}
),

certificate as (
    {{ current_on_days(ref('stg_beda__certificates'), ['pseudonym', 'certificate_code'], person_days) | indent(4) }}
),

school_fact as (
    select
        period_id,
        person_id,
        study_period_id,
        null as certificate,
        case
            when is_running and is_upper_secondary and is_excepted then 'INTRODUCTION_BEFORE_REFORM'
            when is_running and is_upper_secondary then 'UPPER_SECONDARY'
            when is_running then 'OTHER_SCHOOL_FORM'
        end as study_fact,
        case
            when ended_on > on_date or ended_on is null then null
            when end_code in ('EXAMEN', 'GYMNASIEBEVIS_ANP') then 'DIPLOMA'
            when end_code = 'STUDIEBEVIS' then 'STUDY_CERTIFICATE'
        end as completion_fact
    from (
        select
            study_period.*,
            started_on <= on_date and coalesce(ended_on, on_date) >= on_date as is_running,
            school_form_code in ('GY', 'ANPGY') as is_upper_secondary,
            -- Introduction programmes did not end the duty before lag (2018:749).
            on_date <= date '2018-06-30' and starts_with(study_path_code, 'IM') as is_excepted
        from study_period
    ) as judged

    union all

    select
        period_id,
        person_id,
        null,
        concat(pseudonym, '/', certificate_code),
        null,
        case
            when certificate_code in ('GYMNASIEEXAMEN', 'GYMNASIEBEVIS_ANP', 'MOTSVARANDE') then 'DIPLOMA'
            when certificate_code = 'STUDIEBEVIS' then 'STUDY_CERTIFICATE'
        end
    from certificate
    where issued_on <= on_date
)

select
    person_id,
    period_id,
    coalesce(bool_or(study_fact = 'UPPER_SECONDARY'), false) as is_in_upper_secondary,
    coalesce(bool_or(completion_fact = 'DIPLOMA'), false) as has_diploma,
    coalesce(bool_or(study_fact = 'INTRODUCTION_BEFORE_REFORM'), false) as is_in_introduction_before_reform,
    coalesce(bool_or(study_fact = 'OTHER_SCHOOL_FORM'), false) as is_in_other_school_form,
    coalesce(bool_or(completion_fact = 'STUDY_CERTIFICATE'), false) as has_study_certificate,
    -- What decides, for a trace: of several any one.
    min(study_period_id) filter (where study_fact = 'UPPER_SECONDARY') as upper_secondary_study_period_id,
    min(study_period_id) filter (where completion_fact = 'DIPLOMA') as diploma_study_period_id,
    min(certificate) filter (where completion_fact = 'DIPLOMA') as diploma_certificate
from school_fact
group by person_id, period_id
{%- endmacro -%}

{#- The records of each person in the version that was current on the day. -#}
{%- macro current_on_days(versions, key, person_days) -%}
select
    day.period_id,
    day.on_date,
    number.person_id,
    version.*
from ({{ versions_with_next(versions, key) | indent(4) }}) as version
inner join {{ ref('int_person__numbers') }} as number
    on number.pseudonym = version.pseudonym
inner join {{ person_days }} as day
    on day.person_id = number.person_id
    and {{ is_current_on('day.on_date') }}
{%- endmacro -%}

{#-
    One row per person and day in one of the two registers: rule by rule, both sides, and the reasons of who is on one only.
    A model takes from it the columns that it promises.

    residents    persons in the population register: period_id, on_date, person_id, district_code, job_centre_code,
                 is_immigrated_after_compulsory_school, has_protected_registration
    entries      persons in the case register: period_id, on_date, person_id, district_code, job_centre_code
    education    what education_on_days gives for those days
-#}
{%- macro target_group(residents, entries, education) -%}
with

fact as (
    select
        coalesce(resident.person_id, entry.person_id) as person_id,
        coalesce(resident.period_id, entry.period_id) as period_id,
        coalesce(resident.on_date, entry.on_date) as on_date,
        -- From the population register; from the case register for who is not there.
        coalesce(resident.district_code, entry.district_code) as district_code,
        coalesce(resident.job_centre_code, entry.job_centre_code) as job_centre_code,
        resident.person_id is not null as is_resident,
        coalesce(resident.has_protected_registration, false) as has_protected_registration,
        coalesce(resident.is_immigrated_after_compulsory_school, false) as is_immigrated_after_compulsory_school,
        entry.person_id is not null as is_in_register
    from {{ residents }} as resident
    full outer join {{ entries }} as entry
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
        fact.is_resident and not fact.has_protected_registration as is_rule_1_resident,
        {{ age_on('person.birth_date', 'fact.on_date') }} < 20 as is_rule_2_under_20,
        fact.on_date >= {{ past_compulsory_school_from('person.birth_date') }} as has_reached_july_of_16,
        fact.on_date >= {{ past_compulsory_school_from('person.birth_date') }}
        or fact.is_immigrated_after_compulsory_school as is_rule_3_past_compulsory_school,
        not coalesce(education.is_in_upper_secondary, false) as is_rule_4_not_studying,
        not coalesce(education.has_diploma, false) as is_rule_5_no_diploma,
        coalesce(education.is_in_introduction_before_reform, false) as is_in_introduction_before_reform,
        coalesce(education.is_in_other_school_form, false) as is_in_other_school_form,
        coalesce(education.has_study_certificate, false) as has_study_certificate,
        education.upper_secondary_study_period_id,
        education.diploma_study_period_id,
        education.diploma_certificate
    from fact
    inner join {{ ref('int_person__numbers') }} as person
        on person.pseudonym = fact.person_id
    left join {{ education }} as education
        on education.person_id = fact.person_id
        and education.period_id = fact.period_id
),

decided as (
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
    decided.*,
    is_rule_1_resident and is_rule_2_under_20 and is_rule_3_past_compulsory_school as is_decided_by_education,
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
from decided
{%- endmacro -%}

{#-
    The same for nights (int_night__extracts), each row with the side it is on. District and job-centre come from the row's
    own code: a worklist goes to the unit that the register names.

    person_nights    as person_days, with latest_resident_extract_date
-#}
{%- macro target_group_on_nights(person_nights) -%}
with

resident as (
    select
        night.period_id,
        night.on_date,
        run.person_id,
        {{ or_saknas('run.district_code') }} as district_code,
        {{ or_saknas('district.job_centre_code') }} as job_centre_code,
        run.is_immigrated_after_compulsory_school,
        coalesce(run.protection_code = 'SKYDDAD', false) as has_protected_registration
    from {{ ref('int_resident__sightings') }} as run
    inner join {{ person_nights }} as night
        on night.person_id = run.person_id
        and night.latest_resident_extract_date between run.first_extract_date and run.last_extract_date
    left join {{ ref('stg_input__districts') }} as district
        on district.district_code = run.district_code
),

entry as (
    select
        night.period_id,
        night.on_date,
        run.person_id,
        {{ or_saknas('run.district_code') }} as district_code,
        {{ or_saknas('district.job_centre_code') }} as job_centre_code
    from {{ ref('int_register__sightings') }} as run
    inner join {{ person_nights }} as night
        on night.person_id = run.person_id
        and night.on_date between run.first_extract_date and run.last_extract_date
    left join {{ ref('stg_input__districts') }} as district
        on district.district_code = run.district_code
),

education as (
    {{ education_on_days(person_nights) | indent(4) }}
),

decided_night as (
    {{ target_group('resident', 'entry', 'education') | indent(4) }}
)

select
    decided_night.*,
    case
        when is_eligible and not is_in_register then 'eligible_not_in_register'
        when is_in_register and not is_eligible then 'in_register_not_eligible'
    end as side
from decided_night
{%- endmacro -%}

{#- All persons that the history knows, on each of a few days. -#}
{%- macro all_persons_on(days) -%}
select
    day.*,
    number.person_id
from {{ ref('int_person__numbers') }} as number
cross join {{ days }} as day
where number.pseudonym = number.person_id
{%- endmacro -%}
