-- If this breaks, a district has two job-centres, or somebody without one was dropped instead of being SAKNAS.
select figure.figure, figure.measure, figure.period, figure.gender, figure.category, figure.subcategory
from {{ published_counts() }} as figure
inner join {{ catalogue_measures() }} as catalogue
    on catalogue.figure = figure.figure
    and catalogue.measure = figure.measure
where catalogue.has_job_centre and figure.district = '*'
group by figure.figure, figure.measure, figure.period, figure.gender, figure.category, figure.subcategory
having sum(case when figure.job_centre = '*' then figure.value else -figure.value end) <> 0
