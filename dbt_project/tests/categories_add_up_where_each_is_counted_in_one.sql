-- If this breaks, a person has two occupations, two last reasons or two categories, or a contact two channels.
select figure, measure, period, gender, district, job_centre
from {{ ref('figures') }}
where figure in ('contacts', 'occupation', 'exits', 'status')
group by figure, measure, period, gender, district, job_centre
having sum(case when category = '*' then value else -value end) <> 0
