with

outreach as (
    select
        person_id,
        period_id,
        count(*) filter (where is_attempt) as attempts,
        max(contact_id) filter (where is_first_contact) as first_contact_id,
        max(contacted_on) filter (where is_first_reach) as first_reach_on,
        max(contact_id) filter (where is_first_reach) as first_reach_contact_id
    from {{ ref('contact_period') }}
    group by person_id, period_id
),

support as (
    select
        person_id,
        period_id,
        bool_or(is_new) as is_newly_enrolled,
        bool_or(is_ended) as is_ended,
        max(end_reason_code) filter (where is_last_end) as exit_reason_code,
        max(ended_on) filter (where is_last_end) as exited_on
    from {{ ref('enrolment_period') }}
    group by person_id, period_id
),

latest_occupation as (
    select
        occupation.person_id,
        day.period_id,
        occupation.occupation_id,
        occupation.occupation_code
    from {{ ref('int_occupation__current') }} as occupation
    inner join {{ ref('int_period__days') }} as day
        on day.on_date = occupation.noted_on
    qualify row_number() over (
        partition by occupation.person_id, day.period_id
        order by occupation.noted_on desc, occupation.occupation_id desc
    ) = 1
)

select
    located.person_id,
    located.period_id,
    located.gender,
    located.district_code,
    located.job_centre_code,
    located.last_seen_on,
    located.is_in_register,
    located.is_in_register and located.seen_year_before_on is not null as is_in_register_again,
    located.seen_year_before_on,
    outreach.person_id is not null as is_sought,
    outreach.first_reach_contact_id is not null as is_reached,
    coalesce(outreach.attempts, 0) as attempts,
    outreach.first_contact_id,
    outreach.first_reach_on,
    outreach.first_reach_contact_id,
    case
        when outreach.first_reach_contact_id is not null then coalesce(occupation.occupation_code, 'OKAND')
    end as first_reach_occupation_code,
    occupation.occupation_id as first_reach_occupation_id,
    support.person_id is not null as is_enrolled,
    coalesce(support.is_newly_enrolled, false) as is_newly_enrolled,
    coalesce(support.is_ended, false) as is_ended,
    support.exited_on,
    support.exit_reason_code,
    coalesce(latest_occupation.occupation_code, 'OKAND') as latest_occupation_code,
    latest_occupation.occupation_id as latest_occupation_id
from {{ ref('int_person_period__located') }} as located
left join outreach
    on outreach.person_id = located.person_id
    and outreach.period_id = located.period_id
-- By the contact's id alone: that is all the sentence asks for, and an occupation may be written down under an older number.
left join {{ ref('int_contact__occupation') }} as occupation
    on occupation.contact_id = outreach.first_reach_contact_id
left join support
    on support.person_id = located.person_id
    and support.period_id = located.period_id
left join latest_occupation
    on latest_occupation.person_id = located.person_id
    and latest_occupation.period_id = located.period_id
