-- A view: it is asked of one period, when somebody draws a sample, and a night computes nothing of it.
{{ config(materialized='view') }}

with

person as (
    select
        located.person_id,
        located.period_id,
        located.gender,
        located.district_code,
        located.job_centre_code,
        period.starts_on,
        period.ends_on,
        entry.registration_reason_code
    from {{ ref('int_person_period__located') }} as located
    inner join {{ ref('int_period__extracts') }} as period on period.period_id = located.period_id
    -- Who is in the register during a period was seen last within it.
    inner join {{ ref('int_register__sightings') }} as entry
        on entry.person_id = located.person_id
        and located.last_seen_on between entry.first_extract_date and entry.last_extract_date
    where located.is_in_register
        and located.person_id not in (select protected.person_id from {{ ref('int_person__protected') }} as protected)
),

contact_version as (
    select *
    from {{ ref('stg_ber__contacts') }}
    qualify {{ is_current_version(['contact_id']) }}
),

annulled_contact as (
    select
        version.contact_id,
        number.person_id
    from contact_version as version
    inner join {{ ref('int_person__numbers') }} as number on number.pseudonym = version.pseudonym
    where version.is_annulled
),

occupation_version as (
    select *
    from {{ ref('stg_ber__occupations') }}
    qualify {{ is_current_version(['occupation_id']) }}
),

known_occupation as (
    select
        version.occupation_id,
        version.noted_on,
        number.person_id,
        annulled_contact.contact_id is not null as is_annulled,
        -- A contact of another person is nothing that this one's file shows.
        case when annulled_contact.person_id = number.person_id then annulled_contact.contact_id end as contact_id
    from occupation_version as version
    inner join {{ ref('int_person__numbers') }} as number on number.pseudonym = version.pseudonym
    left join annulled_contact on annulled_contact.contact_id = version.contact_id
    where version.occupation_code <> 'OKAND'
),

measure as (
    select
        person.person_id,
        person.period_id,
        person.ends_on,
        intervention.intervention_id,
        intervention.intervention_code,
        intervention.started_on,
        intervention.ended_on,
        intervention.end_reason_code,
        enrolment.enrolment_id,
        enrolment.enrolled_on,
        enrolment.ended_on as enrolment_ended_on
    from person
    inner join {{ ref('int_intervention__current') }} as intervention
        on intervention.person_id = person.person_id
        and intervention.started_on <= person.ends_on
        and coalesce(intervention.ended_on, person.ends_on) >= person.starts_on
    inner join {{ ref('int_enrolment__current') }} as enrolment on enrolment.enrolment_id = intervention.enrolment_id
),

-- What each item looks at, record by record; `registered` looks at the register, which has no record.
record as (
    select
        person_id,
        period_id,
        'registered' as item,
        registration_reason_code = 'OVRIGT' as is_lacking,
        false as is_contradictory,
        cast(null as varchar) as contact_id,
        cast(null as varchar) as occupation_id,
        cast(null as varchar) as enrolment_id,
        cast(null as varchar) as intervention_id
    from person

    union all

    select
        person.person_id, person.period_id, 'occupation', false, occupation.is_annulled,
        occupation.contact_id, occupation.occupation_id, null, null
    from person
    inner join known_occupation as occupation
        on occupation.person_id = person.person_id
        and occupation.noted_on between person.starts_on and person.ends_on

    union all

    select person.person_id, person.period_id, 'contact', false, false, contact.contact_id, null, null, null
    from person
    inner join {{ ref('int_contact__current') }} as contact
        on contact.person_id = person.person_id
        and contact.contacted_on between person.starts_on and person.ends_on
    where contact.direction_code = 'UT'

    union all

    select person.person_id, person.period_id, 'offer', false, false, null, null, enrolment.enrolment_id, null
    from person
    inner join {{ ref('int_enrolment__current') }} as enrolment
        on enrolment.person_id = person.person_id
        and enrolment.enrolled_on <= person.ends_on
        and coalesce(enrolment.ended_on, person.ends_on) >= person.starts_on

    union all

    select person_id, period_id, 'offer', false, false, null, null, null, intervention_id
    from measure

    union all

    select person_id, period_id, 'content', intervention_code = 'OVRIG', false, null, null, null, intervention_id
    from measure

    union all

    select person_id, period_id, 'start', false, started_on < enrolled_on, null, null, enrolment_id, intervention_id
    from measure

    union all

    select
        person_id, period_id, 'end', ended_on is null or end_reason_code = 'OKAND',
        coalesce(ended_on > enrolment_ended_on, false), null, null, enrolment_id, intervention_id
    from measure
    where ended_on <= ends_on or enrolment_ended_on <= ends_on
),

item as (
    select
        person.person_id,
        person.period_id,
        person.gender,
        person.district_code,
        person.job_centre_code,
        asked.item
    from person
    cross join unnest(['registered', 'occupation', 'contact', 'offer', 'content', 'start', 'end']) as asked(item)
),

-- Apart from the records themselves: an item's status is one, however many it looks at.
judged as (
    select
        item.person_id,
        item.period_id,
        item.gender,
        item.district_code,
        item.job_centre_code,
        item.item,
        count(record.item) as records,
        count(*) filter (where record.is_lacking) as lacking,
        count(*) filter (where record.is_contradictory) as contradictory
    from item
    left join record
        on record.person_id = item.person_id
        and record.period_id = item.period_id
        and record.item = item.item
    group by item.person_id, item.period_id, item.gender, item.district_code, item.job_centre_code, item.item
)

select
    judged.person_id,
    judged.period_id,
    judged.gender,
    judged.district_code,
    judged.job_centre_code,
    judged.item,
    case
        when judged.records = 0 and judged.item in ('content', 'start', 'end') then 'not_applicable'
        when judged.records = 0 then 'missing'
        -- An occupation is in doubt only when every one that is noted hangs on a contact that was a mistake.
        when judged.contradictory = judged.records then 'contradictory'
        when judged.contradictory > 0 and judged.item <> 'occupation' then 'contradictory'
        when judged.lacking > 0 then 'missing'
        else 'present'
    end as status_code,
    record.contact_id,
    record.occupation_id,
    record.enrolment_id,
    record.intervention_id
from judged
left join record
    on record.person_id = judged.person_id
    and record.period_id = judged.period_id
    and record.item = judged.item
