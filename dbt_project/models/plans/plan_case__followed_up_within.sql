with

first_step as (
    select
        rule.rule_id,
        rule.follow_up_channel_code,
        contact.contact_id,
        contact.person_id,
        contact.contacted_on,
        {{ months_after('contact.contacted_on', 'rule.within_months') }} + rule.within_days as limit_on
    from {{ ref('int_contact__current') }} as contact
    inner join {{ ref('stg_input__plan_rules') }} as rule
        on rule.rule_kind = 'followed_up_within'
        and rule.channel_code = contact.channel_code
    where contact.direction_code = 'UT'
        and not contact.is_answered
),

-- Still in the register at the limit: else there was nobody to follow up.
due as (
    select first_step.*
    from first_step
    where exists (
        select 1
        from {{ ref('plan_stay') }} as stay
        where stay.person_id = first_step.person_id
            and stay.registered_on <= first_step.contacted_on
            and stay.last_seen_on >= first_step.limit_on
    )
),

next_step as (
    select
        due.rule_id,
        due.contact_id,
        min(contact.contacted_on) filter (
            where contact.direction_code = 'UT'
            and contact.channel_code = coalesce(due.follow_up_channel_code, contact.channel_code)
            and contact.contacted_on > due.contacted_on
        ) as followed_up_on,
        min(contact.contacted_on) filter (where contact.is_reach) as reached_on
    from due
    inner join {{ ref('int_contact__current') }} as contact
        on contact.person_id = due.person_id
        and contact.contacted_on >= due.contacted_on
    group by due.rule_id, due.contact_id
)

select
    due.rule_id,
    due.person_id,
    due.contact_id,
    due.contacted_on as case_on,
    due.limit_on,
    cast(next_step.followed_up_on - due.contacted_on as integer) as observed,
    case when next_step.followed_up_on <= due.limit_on then 'FOLLOWED' else 'NOT_FOLLOWED' end as outcome
from due
inner join next_step
    on next_step.rule_id = due.rule_id
    and next_step.contact_id = due.contact_id
-- Who was reached before the next step, and within the limit, needs none. On the same day it may have been that step.
where next_step.reached_on is null
    or next_step.reached_on > due.limit_on
    or next_step.reached_on >= next_step.followed_up_on
