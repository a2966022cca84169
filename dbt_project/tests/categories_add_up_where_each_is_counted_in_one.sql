-- If this breaks, a person has two occupations, two last reasons or two categories, or a contact two channels.
select figure.figure, figure.measure, figure.period, figure.gender, figure.district, figure.job_centre
from {{ published_counts() }} as figure
inner join {{ catalogue_measures() }} as catalogue
    on catalogue.figure = figure.figure
    and catalogue.measure = figure.measure
where catalogue.counted_in = 'one' and catalogue.category_total <> 'none' and figure.subcategory = '*'
group by figure.figure, figure.measure, figure.period, figure.gender, figure.district, figure.job_centre
having sum(case when figure.category = '*' then figure.value else -figure.value end) <> 0
