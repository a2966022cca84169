-- If this breaks, two pages show different numbers for one thing.
with side as (
    select figure, measure, by_category, by_place, figure as side_figure, measure as side_measure, 1 as sign
    from {{ catalogue_relations('same_as') }} as relation
    union all
    select figure, measure, by_category, by_place, other_figure, other_measure, -1
    from {{ catalogue_relations('same_as') }} as relation
)

select side.figure, side.measure, counted.period, counted.gender, counted.district, counted.job_centre, counted.category
from {{ published_counts() }} as counted
inner join side
    on side.side_figure = counted.figure
    and side.side_measure = counted.measure
where counted.subcategory = '*'
    -- By category all together need not be published on both sides.
    and (counted.category = '*') <> side.by_category
    and (side.by_place or (counted.district = '*' and counted.job_centre = '*'))
group by side.figure, side.measure, counted.period, counted.gender, counted.district, counted.job_centre, counted.category
having sum(side.sign * counted.value) <> 0
