with

night as (
    select * from {{ ref('int_night__extracts') }}
    where is_in_window
),

-- distinct: one may be on a side on both nights
differing as (
    select distinct person_id
    from {{ ref('int_person_night__compared') }}
    where side is not null and (is_latest or is_previous)
),

judged as (
    {{ target_group_on_nights('night', 'differing') | indent(4) }}
),

stretch as (
    select
        judged.person_id,
        judged.side,
        judged.on_date,
        night.is_latest,
        night.is_previous,
        -- Constant while the person is on that side one night after the other.
        night.night_number - row_number() over (
            partition by judged.person_id, judged.side
            order by night.night_number
        ) as stretch
    from judged
    inner join night on night.on_date = judged.on_date
    where judged.side is not null
)

select
    person_id,
    side,
    min(on_date) as since_date,
    max(on_date) as last_date,
    min(on_date) = (select min(on_date) from night) as is_from_before_window,
    bool_or(is_latest) as is_on_latest,
    bool_or(is_previous) as is_on_previous
from stretch
group by person_id, side, stretch
