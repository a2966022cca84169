select
    person_id,
    side,
    change,
    on_date,
    gender,
    district_code,
    job_centre_code,
    reason_codes,
    since_date,
    is_from_before_window,
    days_open
from {{ ref('int_differing_person__open') }}
where not is_protected
