select
    period.period_id,
    youth.starts_on,
    youth.ends_on,
    case youth.gender_code when 'KVINNA' then 'kvinna' when 'MAN' then 'man' end as gender,
    {{ or_saknas('youth.job_centre_code') }} as job_centre_code,
    youth.job_centre_code as delivered_job_centre_code,
    youth.gender_code,
    youth.quantity_code,
    youth.end_reason_code,
    youth.youths
from {{ ref('stg_jobbtorg_unga__counts') }} as youth
-- Only the rows of the latest extract: a number that the keeper has taken away no longer counts.
inner join {{ latest_extract('jobbtorg_unga') }} as latest
    on latest.extract_date = youth.last_extract_date
inner join {{ ref('int_period__extracts') }} as period
    on period.starts_on <= youth.starts_on
    and youth.ends_on <= period.ends_on
    and not period.is_day
