select
    residence_check.residence_check_id,
    located.period_id,
    located.person_id,
    located.gender,
    located.district_code,
    located.job_centre_code,
    residence_check.reported_on
from {{ ref('int_residence_check__current') }} as residence_check
inner join {{ ref('int_period__days') }} as day
    on day.on_date = residence_check.reported_on
inner join {{ ref('int_person_period__located') }} as located
    on located.person_id = residence_check.person_id
    and located.period_id = day.period_id
