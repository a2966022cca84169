-- If this breaks, somebody sought is neither reached nor not reached, or both.
select period, gender, district, job_centre
from {{ ref('figures') }}
where figure = 'outreach'
group by period, gender, district, job_centre
having sum(case when measure = 'sought' then value else -value end) <> 0
