with

offer as (
    -- Several interventions of an enrolment may each be an offer: the earliest is named.
    select
        enrolment.enrolment_id,
        intervention.intervention_id
    from {{ ref('int_enrolment__current') }} as enrolment
    inner join {{ ref('int_intervention__current') }} as intervention
        on intervention.enrolment_id = enrolment.enrolment_id
    where intervention.intervention_code in ('PRAKTIK', 'UNGDOMSANSTALLNING', 'STUDIESTEG1', 'UNGVUX', 'SLUSSPLATS')
        and intervention.started_on between enrolment.enrolled_on and enrolment.enrolled_on + 90
    qualify row_number() over (
        partition by enrolment.enrolment_id
        order by intervention.started_on, intervention.intervention_id
    ) = 1
),

-- What the person did in the half-year after the end, also after the period.
occupation_after as (
    select
        enrolment.enrolment_id,
        occupation.occupation_id,
        occupation.occupation_code
    from {{ ref('int_enrolment__current') }} as enrolment
    inner join {{ ref('int_occupation__current') }} as occupation
        on occupation.person_id = enrolment.person_id
        and occupation.noted_on between enrolment.ended_on + 1 and enrolment.ended_on + 180
    qualify row_number() over (
        partition by enrolment.enrolment_id
        order by occupation.noted_on, occupation.occupation_id
    ) = 1
),

enrolment as (
    select
        enrolment.*,
        occupation_after.occupation_id as occupation_after_id,
        case
            when enrolment.ended_on is not null then coalesce(occupation_after.occupation_code, 'OKAND')
        end as occupation_after_code,
        offer.intervention_id as offered_intervention_id,
        coalesce(
            enrolment.end_reason_code in ('STUDIER', 'ARBETE')
            and enrolment.ended_on <= enrolment.enrolled_on + 90,
            false
        ) as is_ended_by_offer
    from {{ ref('int_enrolment__current') }} as enrolment
    left join offer on offer.enrolment_id = enrolment.enrolment_id
    left join occupation_after on occupation_after.enrolment_id = enrolment.enrolment_id
),

overlap as (
    select
        enrolment.*,
        period.period_id,
        enrolment.enrolled_on >= period.starts_on as is_new,
        coalesce(enrolment.ended_on <= period.ends_on, false) as is_ended,
        enrolment.enrolled_on >= period.starts_on and enrolment.enrolled_on <= period.ends_on - 90 as is_offer_due
    from enrolment
    inner join {{ ref('int_period__extracts') }} as period
        on enrolment.enrolled_on <= period.ends_on
        and coalesce(enrolment.ended_on, period.ends_on) >= period.starts_on
        and not period.is_day
)

select
    overlap.enrolment_id,
    overlap.period_id,
    located.person_id,
    located.gender,
    located.district_code,
    located.job_centre_code,
    overlap.administration_code,
    overlap.enrolled_on,
    overlap.ended_on,
    overlap.end_reason_code,
    overlap.is_new,
    overlap.is_ended,
    overlap.is_ended and row_number() over (
        partition by overlap.person_id, overlap.period_id, overlap.is_ended
        order by overlap.ended_on desc, overlap.enrolment_id desc
    ) = 1 as is_last_end,
    overlap.is_new
    and coalesce(overlap.enrolled_on >= first_reach.contacted_on, false) as is_after_first_reach,
    overlap.is_offer_due,
    overlap.is_offer_due and (overlap.offered_intervention_id is not null or overlap.is_ended_by_offer) as is_offered,
    overlap.offered_intervention_id,
    case when overlap.is_ended_by_offer then overlap.enrolment_id end as offering_enrolment_id,
    first_reach.contact_id as first_reach_contact_id,
    overlap.occupation_after_code,
    overlap.occupation_after_id
from overlap
inner join {{ ref('int_person_period__located') }} as located
    on located.person_id = overlap.person_id
    and located.period_id = overlap.period_id
left join {{ ref('contact_period') }} as first_reach
    on first_reach.person_id = overlap.person_id
    and first_reach.period_id = overlap.period_id
    and first_reach.is_first_reach
