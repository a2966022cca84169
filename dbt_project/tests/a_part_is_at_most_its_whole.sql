-- If this breaks, something was counted that is no part of what it is a share of, and a page would show more than 100 %.
select part.figure, part.measure, part.period, part.gender, part.district, part.job_centre, part.category
from {{ published_counts() }} as part
inner join {{ catalogue_relations('part_of') }} as relation
    on relation.figure = part.figure
    and relation.measure = part.measure
left join {{ published_counts() }} as whole
    on whole.figure = relation.other_figure
    and whole.measure = relation.other_measure
    and whole.period = part.period
    and whole.gender = part.gender
    and whole.district = part.district
    and whole.job_centre = part.job_centre
    and whole.category = case when relation.by_category then part.category else '*' end
    and whole.subcategory = '*'
where part.value > coalesce(whole.value, 0)
    and (relation.by_place or (part.district = '*' and part.job_centre = '*'))
