-- If this breaks, somebody is in two districts in one period, or was dropped for want of one instead of being SAKNAS.
select figure.figure, figure.measure, figure.period, figure.gender, figure.category, figure.subcategory
from {{ published_counts() }} as figure
inner join {{ catalogue_measures() }} as catalogue
    on catalogue.figure = figure.figure
    and catalogue.measure = figure.measure
where catalogue.has_district and figure.job_centre = '*'
group by figure.figure, figure.measure, figure.period, figure.gender, figure.category, figure.subcategory
having sum(case when figure.district = '*' then figure.value else -figure.value end) <> 0
