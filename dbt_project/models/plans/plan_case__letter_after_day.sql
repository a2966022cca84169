with

extract_year as (
    -- distinct: a year has many extracts
    select distinct year(extract_date) as extract_year
    from {{ ref('stg_history__extracts') }}
    where source = 'ber'
),

occasion as (
    select
        rule.rule_id,
        rule.channel_code,
        make_date(extract_year.extract_year, rule.after_month, rule.after_day) as on_date,
        make_date(extract_year.extract_year, rule.after_month, rule.after_day) + rule.within_days as limit_on
    from {{ ref('stg_input__plan_rules') }} as rule
    cross join extract_year
    where rule.rule_kind = 'letter_after_day'
),

-- In the register on the day and still there at the limit; of several stays that say so the last one counts.
there as (
    select
        occasion.rule_id,
        occasion.channel_code,
        occasion.on_date,
        occasion.limit_on,
        stay.person_id,
        max(stay.registered_on) as registered_on
    from {{ ref('plan_stay') }} as stay
    inner join occasion
        on stay.registered_on <= occasion.on_date
        and stay.last_seen_on >= occasion.limit_on
    group by occasion.rule_id, occasion.channel_code, occasion.on_date, occasion.limit_on, stay.person_id
),

outreach as (
    select
        there.rule_id,
        there.person_id,
        there.on_date,
        there.limit_on,
        coalesce(bool_or(contact.is_reach and contact.contacted_on <= there.on_date), false) as is_reached_before,
        min(contact.contacted_on) filter (
            where contact.contacted_on > there.on_date
            and contact.contacted_on <= there.limit_on
            and contact.direction_code = 'UT'
            and contact.channel_code = there.channel_code
        ) as letter_on
    from there
    left join {{ ref('int_contact__current') }} as contact
        on contact.person_id = there.person_id
        and contact.contacted_on >= there.registered_on
    group by there.rule_id, there.person_id, there.on_date, there.limit_on
)

select
    rule_id,
    person_id,
    cast(null as varchar) as contact_id,
    on_date as case_on,
    limit_on,
    cast(letter_on - on_date as integer) as observed,
    case when letter_on is null then 'NOT_FOLLOWED' else 'FOLLOWED' end as outcome
from outreach
where not is_reached_before
