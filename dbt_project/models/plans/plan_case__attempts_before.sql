with

later as (
    select
        rule.rule_id,
        rule.channel_code,
        rule.at_least,
        contact.contact_id,
        contact.person_id,
        contact.contacted_on,
        -- Of the same stay; of all time where no stay had begun.
        coalesce(max(stay.registered_on), date '0001-01-01') as counted_from
    from {{ ref('int_contact__current') }} as contact
    inner join {{ ref('stg_input__plan_rules') }} as rule
        on rule.rule_kind = 'attempts_before'
        and rule.before_channel_code = contact.channel_code
    left join {{ ref('plan_stay') }} as stay
        on stay.person_id = contact.person_id
        and stay.registered_on <= contact.contacted_on
    where contact.direction_code = 'UT'
    group by
        rule.rule_id, rule.channel_code, rule.at_least, contact.contact_id, contact.person_id, contact.contacted_on
)

select
    later.rule_id,
    later.person_id,
    later.contact_id,
    later.contacted_on as case_on,
    cast(null as date) as limit_on,
    cast(count(attempt.contact_id) as integer) as observed,
    case when count(attempt.contact_id) >= later.at_least then 'FOLLOWED' else 'NOT_FOLLOWED' end as outcome
from later
left join {{ ref('int_contact__current') }} as attempt
    on attempt.person_id = later.person_id
    and attempt.channel_code = later.channel_code
    and attempt.direction_code = 'UT'
    -- The log has days and no hours: one that is made on the same day may have come first.
    and attempt.contacted_on <= later.contacted_on
    and attempt.contacted_on >= later.counted_from
group by later.rule_id, later.person_id, later.contact_id, later.contacted_on, later.at_least
