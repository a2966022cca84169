with

first_attempt as (
    select
        stay.person_id,
        stay.registered_on,
        contact.contacted_on as first_attempt_on,
        contact.contact_id,
        cast(contact.contacted_on - stay.registered_on as integer) as days_waited
    from {{ ref('int_stay__registered') }} as stay
    inner join {{ ref('int_contact__current') }} as contact
        on contact.person_id = stay.person_id
        and contact.contacted_on >= stay.registered_on
    where contact.direction_code = 'UT'
    qualify row_number() over (
        partition by stay.person_id, stay.registered_on
        order by contact.contacted_on, contact.contact_id
    ) = 1
),

-- How soon the first stay of a person led to something, within the period or after it.
first_stay as (
    select
        stay.person_id,
        stay.registered_on,
        stay.registered_on + 90 as followed_to
    from {{ ref('int_stay__registered') }} as stay
    where stay.is_first
),

reach as (
    select
        first_stay.person_id,
        contact.contact_id
    from first_stay
    inner join {{ ref('int_contact__current') }} as contact
        on contact.person_id = first_stay.person_id
        and contact.contacted_on between first_stay.registered_on and first_stay.followed_to
    where contact.is_reach
    qualify row_number() over (
        partition by first_stay.person_id
        order by contact.contacted_on, contact.contact_id
    ) = 1
),

support as (
    select
        first_stay.person_id,
        enrolment.enrolment_id
    from first_stay
    inner join {{ ref('int_enrolment__current') }} as enrolment
        on enrolment.person_id = first_stay.person_id
        and enrolment.enrolled_on between first_stay.registered_on and first_stay.followed_to
    qualify row_number() over (
        partition by first_stay.person_id
        order by enrolment.enrolled_on, enrolment.enrolment_id
    ) = 1
)

select
    stay.person_id,
    stay.registered_on,
    located.period_id,
    located.gender,
    located.district_code,
    located.job_centre_code,
    first_attempt.first_attempt_on,
    first_attempt.days_waited as days_to_first_attempt,
    first_attempt.contact_id as first_attempt_contact_id,
    coalesce(first_attempt.days_waited <= 14, false) as is_contacted_in_14_days,
    coalesce(first_attempt.days_waited <= 30, false) as is_contacted_in_30_days,
    case
        when first_attempt.days_waited is null then 'INGEN'
        when first_attempt.days_waited <= 14 then 'D0_14'
        when first_attempt.days_waited <= 30 then 'D15_30'
        when first_attempt.days_waited <= 60 then 'D31_60'
        when first_attempt.days_waited <= 90 then 'D61_90'
        else 'OVER_90'
    end as wait_code,
    stay.registration_reason_code,
    stay.is_first,
    stay.is_first and stay.registered_on <= day.ends_on - 90 as is_first_and_followed,
    case when stay.is_first then reach.contact_id end as reach_in_90_days_contact_id,
    case when stay.is_first then support.enrolment_id end as support_in_90_days_enrolment_id
from {{ ref('int_stay__registered') }} as stay
inner join {{ ref('int_period__days') }} as day
    on day.on_date = stay.registered_on
inner join {{ ref('int_person_period__located') }} as located
    on located.person_id = stay.person_id
    and located.period_id = day.period_id
left join first_attempt
    on first_attempt.person_id = stay.person_id
    and first_attempt.registered_on = stay.registered_on
left join reach on reach.person_id = stay.person_id
left join support on support.person_id = stay.person_id
