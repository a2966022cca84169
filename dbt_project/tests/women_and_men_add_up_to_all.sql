-- If this breaks, somebody has two genders or none, or was counted in one grouping only.
select figure, measure, period, district, job_centre, category, subcategory
from {{ published_counts() }} as figure
where figure not in ('survey', 'key_numbers')
group by figure, measure, period, district, job_centre, category, subcategory
having sum(case when gender = '*' then value else -value end) <> 0
