with first_decision as (
    -- Anybody's, whatever came of it: from then on it is known who has no place.
    select
        admission_year,
        min(decided_on) as decided_on
    from {{ ref('int_admission__current') }}
    group by admission_year
)

select
    visit.visit_id,
    located.period_id,
    located.person_id,
    located.gender,
    located.district_code,
    located.job_centre_code,
    visit.visited_on,
    visit.visit_type_code,
    coalesce(
        visit.visited_on >= first_decision.decided_on
        and visit.visited_on < make_date(first_decision.admission_year, 8, 20),
        false
    ) as is_before_term
from {{ ref('int_school_entry_visit__current') }} as visit
inner join {{ ref('int_period__days') }} as day
    on day.on_date = visit.visited_on
inner join {{ ref('int_person_period__located') }} as located
    on located.person_id = visit.person_id
    and located.period_id = day.period_id
left join first_decision
    on first_decision.admission_year = year(visit.visited_on)
