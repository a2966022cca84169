with

refusal as (
    select
        admission.*,
        make_date(admission.admission_year, 9, 15) as followed_to
    from {{ ref('int_admission__current') }} as admission
    where admission.is_final_refusal
),

-- Several visits may each be the guidance, and several study periods the place: the earliest is named.
guidance as (
    select
        refusal.decision_id,
        visit.visit_id
    from refusal
    inner join {{ ref('int_school_entry_visit__current') }} as visit
        on visit.person_id = refusal.person_id
        and visit.visited_on between refusal.decided_on and refusal.followed_to
    qualify row_number() over (
        partition by refusal.decision_id
        order by visit.visited_on, visit.visit_id
    ) = 1
),

study_period as (
    select *
    from {{ ref('stg_skolregister__study_periods') }}
    qualify {{ is_current_version(['study_period_id']) }}
),

place as (
    select
        refusal.decision_id,
        study_period.study_period_id
    from study_period
    inner join {{ ref('int_person__numbers') }} as number
        on number.pseudonym = study_period.pseudonym
    inner join refusal
        on refusal.person_id = number.person_id
        and study_period.started_on between refusal.decided_on and refusal.followed_to
    where study_period.school_form_code in ('GY', 'ANPGY')
    qualify row_number() over (
        partition by refusal.decision_id
        order by study_period.started_on, study_period.study_period_id
    ) = 1
)

select
    refusal.decision_id,
    located.period_id,
    located.person_id,
    located.gender,
    located.district_code,
    located.job_centre_code,
    refusal.admission_year,
    refusal.decided_on,
    row_number() over (
        partition by located.person_id, located.period_id
        order by refusal.decided_on desc, refusal.decision_id desc
    ) = 1 as is_last,
    guidance.visit_id is not null as is_guided,
    guidance.visit_id as guiding_visit_id,
    place.study_period_id is not null as is_placed,
    place.study_period_id as placing_study_period_id
from refusal
inner join {{ ref('int_period__days') }} as day
    on day.on_date = refusal.decided_on
inner join {{ ref('int_person_period__located') }} as located
    on located.person_id = refusal.person_id
    and located.period_id = day.period_id
left join guidance on guidance.decision_id = refusal.decision_id
left join place on place.decision_id = refusal.decision_id
