-- If this breaks, a figure is published for a district or job-centre that the profile does not know, and has no name.
select figure, period, district, job_centre
from {{ published_counts() }} as figure
where (district not in ('*', 'SAKNAS') and district not in (select code from {{ source('input', 'district') }}))
    or (job_centre not in ('*', 'SAKNAS') and job_centre not in (select code from {{ source('input', 'job_centre') }}))
