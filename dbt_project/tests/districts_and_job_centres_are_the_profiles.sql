-- If this breaks, a figure is published for a district or job-centre that the profile does not know, and has no name.
select figure.figure, figure.period, figure.district, figure.job_centre
from {{ published_counts() }} as figure
where (
    figure.district not in ('*', 'SAKNAS')
    and figure.district not in (select district.code from {{ source('input', 'district') }} as district)
)
or (
    figure.job_centre not in ('*', 'SAKNAS')
    and figure.job_centre not in (select job_centre.code from {{ source('input', 'job_centre') }} as job_centre)
)
