with first_attempt as (
    select
        contact.contact_id,
        contact.person_id,
        contact.contacted_on,
        stay.registered_on
    from {{ ref('int_contact__current') }} as contact
    inner join {{ ref('plan_stay') }} as stay
        on stay.person_id = contact.person_id
        and stay.registered_on <= contact.contacted_on
    where contact.direction_code = 'UT'
    -- A contact belongs to the stay that began last, and the first contact of a stay begins its outreach.
    qualify row_number() over (partition by contact.contact_id order by stay.registered_on desc) = 1
)

select
    rule.rule_id,
    first_attempt.person_id,
    first_attempt.contact_id,
    first_attempt.contacted_on as case_on,
    first_attempt.registered_on + rule.wait_days as limit_on,
    cast(first_attempt.contacted_on - first_attempt.registered_on as integer) as observed,
    case
        when first_attempt.contacted_on >= first_attempt.registered_on + rule.wait_days then 'FOLLOWED' else 'NOT_FOLLOWED'
    end as outcome
from first_attempt
inner join {{ ref('stg_input__plan_rules') }} as rule
    on rule.rule_kind = 'waited'
qualify row_number() over (
    partition by rule.rule_id, first_attempt.person_id, first_attempt.registered_on
    order by first_attempt.contacted_on, first_attempt.contact_id
) = 1
