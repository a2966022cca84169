-- If this breaks, somebody was counted in two summands or in none: sought, and neither reached nor not reached.
select term.figure, term.measure, counted.period, counted.gender, counted.district, counted.job_centre
from {{ published_counts() }} as counted
inner join {{ catalogue_sums() }} as term
    on term.other_figure = counted.figure
    and term.other_measure = counted.measure
    and term.category = counted.category
where counted.subcategory = '*'
group by term.figure, term.measure, counted.period, counted.gender, counted.district, counted.job_centre
having sum(term.sign * counted.value) <> 0
