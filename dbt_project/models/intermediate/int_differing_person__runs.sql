with

judged as (
    {{ target_group_on_nights(ref('int_differing_person__nights')) | indent(4) }}
),

answered as (
    select
        person_night.person_id,
        person_night.on_date,
        person_night.night_before,
        judged.side
    from {{ ref('int_differing_person__nights') }} as person_night
    -- Who is in neither register on a night is on no side.
    left join judged
        on judged.person_id = person_night.person_id
        and judged.on_date = person_night.on_date
),

turn as (
    select *
    from answered
    qualify side is distinct from lag(side) over (partition by person_id order by on_date)
),

run as (
    select
        person_id,
        side,
        on_date as since_date,
        lead(night_before) over (partition by person_id order by on_date) as last_date_before_turn
    from turn
),

bound as (
    select
        min(on_date) as first_night,
        max(on_date) as latest_night,
        max(on_date) filter (where is_previous) as previous_night
    from {{ ref('int_night__extracts') }}
    where is_in_window
)

select
    run.person_id,
    run.side,
    run.since_date,
    coalesce(run.last_date_before_turn, bound.latest_night) as last_date,
    run.since_date = bound.first_night as is_from_before_window,
    run.last_date_before_turn is null as is_on_latest,
    coalesce(
        bound.previous_night between run.since_date and coalesce(run.last_date_before_turn, bound.latest_night), false
    ) as is_on_previous
from run
cross join bound
where run.side is not null
