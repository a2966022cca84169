-- If this breaks, a district has two job-centres, or somebody without one was dropped instead of being SAKNAS.
select figure, measure, period, gender, category, subcategory
from {{ published_counts() }} as figure
where figure not in ('survey', 'key_numbers') and district = '*'
group by figure, measure, period, gender, category, subcategory
having sum(case when job_centre = '*' then value else -value end) <> 0
