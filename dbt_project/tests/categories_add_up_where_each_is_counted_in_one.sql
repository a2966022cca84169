-- If this breaks, a person has two occupations, two last reasons or two categories, or a contact two channels.
select figure, measure, period, gender, district, job_centre
from {{ published_counts() }} as figure
where figure in ('contacts', 'occupation', 'exits', 'status', 'time_to_contact') or measure = 'first_reached'
group by figure, measure, period, gender, district, job_centre
having sum(case when category = '*' then value else -value end) <> 0
