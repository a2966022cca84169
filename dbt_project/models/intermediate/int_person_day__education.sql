with

day as (
    select period_id, ends_on as on_date
    from {{ ref('int_period__extracts') }}
    where is_day
),

-- Current versions among the extracts up to the day: the key's latest run that had begun by then.
study_period as (
    select
        day.period_id,
        day.on_date,
        version.*
    from {{ ref('stg_skolregister__study_periods') }} as version
    inner join day on version.first_extract_date <= day.on_date
    qualify row_number() over (
        partition by day.period_id, version.study_period_id
        order by version.first_extract_date desc
    ) = 1
),

certificate as (
    select
        day.period_id,
        day.on_date,
        version.*
    from {{ ref('stg_beda__certificates') }} as version
    inner join day on version.first_extract_date <= day.on_date
    qualify row_number() over (
        partition by day.period_id, version.pseudonym, version.certificate_code
        order by version.first_extract_date desc
    ) = 1
),

fact as (
    select
        period_id,
        pseudonym,
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
        pseudonym,
        null,
        case
            when certificate_code in ('GYMNASIEEXAMEN', 'GYMNASIEBEVIS_ANP', 'MOTSVARANDE') then 'DIPLOMA'
            when certificate_code = 'STUDIEBEVIS' then 'STUDY_CERTIFICATE'
        end
    from certificate
    where issued_on <= on_date
)

select
    number.person_id,
    fact.period_id,
    coalesce(bool_or(study_fact = 'UPPER_SECONDARY'), false) as is_in_upper_secondary,
    coalesce(bool_or(completion_fact = 'DIPLOMA'), false) as has_diploma,
    coalesce(bool_or(study_fact = 'INTRODUCTION_BEFORE_REFORM'), false) as is_in_introduction_before_reform,
    coalesce(bool_or(study_fact = 'OTHER_SCHOOL_FORM'), false) as is_in_other_school_form,
    coalesce(bool_or(completion_fact = 'STUDY_CERTIFICATE'), false) as has_study_certificate
from fact
inner join {{ ref('int_person__numbers') }} as number
    on number.pseudonym = fact.pseudonym
group by number.person_id, fact.period_id
