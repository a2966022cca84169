with

judged as (
    {% for kind in ['begun_within', 'waited', 'attempts_before', 'staff_at_least', 'letter_after_day', 'followed_up_within'] -%}
    select rule_id, person_id, contact_id, case_on, limit_on, observed, outcome
    from {{ ref('plan_case__' ~ kind) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

valid as (
    select
        judged.*,
        -- The dimensions are those of the day on which the case could be judged.
        least(greatest(judged.case_on, coalesce(judged.limit_on, judged.case_on)), date '9999-12-31') as judged_on
    from judged
    inner join {{ ref('stg_input__plan_rules') }} as rule
        on rule.rule_id = judged.rule_id
        and judged.case_on >= rule.valid_from
        and judged.case_on <= coalesce(rule.valid_to, judged.case_on)
    -- Of a day before the first extract only those are known who stayed until it.
    where judged.case_on >= (
        select min(extract.extract_date)
        from {{ ref('stg_history__extracts') }} as extract
        where extract.source = 'ber'
    )
),

sighting as (
    select
        person_id,
        district_code,
        first_extract_date,
        coalesce(
            lead(first_extract_date) over (partition by person_id order by first_extract_date) - 1, date '9999-12-31'
        ) as latest_until
    from {{ ref('int_register__sightings') }}
),

located as (
    select
        valid.*,
        sighting.district_code
    from valid
    left join sighting
        on sighting.person_id = valid.person_id
        and valid.judged_on between sighting.first_extract_date and sighting.latest_until
)

select
    located.rule_id,
    located.person_id,
    located.contact_id,
    located.case_on,
    located.limit_on,
    located.observed,
    located.outcome,
    person.gender,
    {{ or_saknas('district.job_centre_code') }} as job_centre_code,
    coalesce(located.person_id in (select protected.person_id from {{ ref('int_person__protected') }} as protected), false)
        as is_protected
from located
inner join {{ ref('int_person__numbers') }} as person
    on person.pseudonym = located.person_id
left join {{ ref('stg_input__districts') }} as district
    on district.district_code = located.district_code
