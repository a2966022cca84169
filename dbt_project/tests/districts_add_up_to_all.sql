-- If this breaks, somebody is in two districts in one period, or was dropped for want of one instead of being SAKNAS.
select figure, measure, period, gender, category, subcategory
from {{ published_counts() }} as figure
where figure not in ('survey', 'key_numbers') and job_centre = '*'
group by figure, measure, period, gender, category, subcategory
having sum(case when district = '*' then value else -value end) <> 0
