with

stay as (
    select
        rule.rule_id,
        stay.person_id,
        stay.registered_on,
        {{ months_after('stay.registered_on', 'rule.within_months') }} as limit_on
    from {{ ref('plan_stay') }} as stay
    inner join {{ ref('stg_input__plan_rules') }} as rule
        on rule.rule_kind = 'begun_within'
    -- Who was gone by then was no longer the outreach's business; who was not seen so far is not due yet.
    where stay.last_seen_on >= {{ months_after('stay.registered_on', 'rule.within_months') }}
),

first_contact as (
    select
        stay.rule_id,
        stay.person_id,
        stay.registered_on,
        min(contact.contacted_on) as contacted_on
    from stay
    inner join {{ ref('int_contact__current') }} as contact
        on contact.person_id = stay.person_id
        and contact.contacted_on >= stay.registered_on
    group by stay.rule_id, stay.person_id, stay.registered_on
)

select
    stay.rule_id,
    stay.person_id,
    cast(null as varchar) as contact_id,
    stay.registered_on as case_on,
    stay.limit_on,
    cast(first_contact.contacted_on - stay.registered_on as integer) as observed,
    case when first_contact.contacted_on <= stay.limit_on then 'FOLLOWED' else 'NOT_FOLLOWED' end as outcome
from stay
left join first_contact
    on first_contact.rule_id = stay.rule_id
    and first_contact.person_id = stay.person_id
    and first_contact.registered_on = stay.registered_on
