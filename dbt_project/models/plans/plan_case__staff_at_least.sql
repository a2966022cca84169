select
    rule.rule_id,
    contact.person_id,
    contact.contact_id,
    contact.contacted_on as case_on,
    cast(null as date) as limit_on,
    cast(contact.staff_count as integer) as observed,
    case
        when contact.staff_count is null then 'UNKNOWN'
        when contact.staff_count >= rule.at_least then 'FOLLOWED'
        else 'NOT_FOLLOWED'
    end as outcome
from {{ ref('int_contact__current') }} as contact
inner join {{ ref('stg_input__plan_rules') }} as rule
    on rule.rule_kind = 'staff_at_least'
    and rule.channel_code = contact.channel_code
where contact.direction_code = 'UT'
