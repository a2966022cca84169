select
    contact.contact_id,
    located.period_id,
    located.person_id,
    located.gender,
    located.district_code,
    located.job_centre_code,
    contact.contacted_on,
    contact.channel_code,
    contact.direction_code = 'UT' as is_attempt,
    contact.is_answered,
    contact.is_reach,
    row_number() over (
        partition by located.person_id, located.period_id
        order by contact.contacted_on, contact.contact_id
    ) = 1 as is_first_contact,
    contact.is_reach and row_number() over (
        partition by located.person_id, located.period_id, contact.is_reach
        order by contact.contacted_on, contact.contact_id
    ) = 1 as is_first_reach
from {{ ref('int_contact__current') }} as contact
inner join {{ ref('int_period__days') }} as day
    on day.on_date = contact.contacted_on
inner join {{ ref('int_person_period__located') }} as located
    on located.person_id = contact.person_id
    and located.period_id = day.period_id
where located.is_in_register
