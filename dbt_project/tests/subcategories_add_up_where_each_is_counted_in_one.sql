-- If this breaks, an intervention of a person ended for two reasons, or an answer was counted twice.
select figure.figure, figure.measure, figure.period, figure.gender, figure.district, figure.job_centre, figure.category
from {{ published_counts() }} as figure
inner join {{ catalogue_measures() }} as catalogue
    on catalogue.figure = figure.figure
    and catalogue.measure = figure.measure
where catalogue.subcategory_counted_in = 'one'
    and (
        catalogue.subcategory_only_in = '[]'
        or catalogue.subcategory_only_in like concat('%"', figure.category, '"%')
    )
group by figure.figure, figure.measure, figure.period, figure.gender, figure.district, figure.job_centre, figure.category
having sum(case when figure.subcategory = '*' then figure.value else -figure.value end) <> 0
