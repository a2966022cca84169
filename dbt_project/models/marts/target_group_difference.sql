select
    person_id,
    on_date,
    side,
    gender,
    district_code,
    job_centre_code,
    reason_codes,
    since_date,
    is_from_before_window,
    days_open,
    change = 'new' as is_new_since_last_night
from {{ ref('target_group_change') }}
where change <> 'closed'
