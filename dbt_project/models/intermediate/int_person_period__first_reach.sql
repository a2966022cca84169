with first_reach as (
    select
        located.person_id,
        located.period_id,
        contact.contact_id,
        contact.contacted_on
    from {{ ref('int_contact__current') }} as contact
    inner join {{ ref('int_period__days') }} as day
        on day.on_date = contact.contacted_on
    inner join {{ ref('int_person_period__located') }} as located
        on located.person_id = contact.person_id
        and located.period_id = day.period_id
    where contact.is_reach
        and located.is_in_register
    qualify row_number() over (
        partition by located.person_id, located.period_id
        order by contact.contacted_on, contact.contact_id
    ) = 1
)

select
    first_reach.person_id,
    first_reach.period_id,
    first_reach.contact_id,
    first_reach.contacted_on,
    coalesce(occupation.occupation_code, 'OKAND') as occupation_code
from first_reach
-- By the contact's id alone: that is all the sentence asks for, and an occupation may be written down under an older number.
left join {{ ref('int_contact__occupation') }} as occupation
    on occupation.contact_id = first_reach.contact_id
