-- If this breaks, somebody has two genders or none, or was counted in one grouping only.
select figure.figure, figure.measure, figure.period, figure.district, figure.job_centre, figure.category, figure.subcategory
from {{ published_counts() }} as figure
inner join {{ catalogue_measures() }} as catalogue
    on catalogue.figure = figure.figure
    and catalogue.measure = figure.measure
where catalogue.has_gender
group by figure.figure, figure.measure, figure.period, figure.district, figure.job_centre, figure.category, figure.subcategory
having sum(case when figure.gender = '*' then figure.value else -figure.value end) <> 0
