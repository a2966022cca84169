select
    compared.person_id,
    compared.on_date,
    compared.side,
    compared.gender,
    compared.district_code,
    compared.job_centre_code,
    compared.reason_codes,
    run.since_date,
    run.is_from_before_window,
    cast(compared.on_date - run.since_date as integer) as days_open,
    not run.is_on_previous and not run.is_from_before_window as is_new_since_last_night
from {{ ref('int_person_night__compared') }} as compared
inner join {{ ref('int_differing_person__runs') }} as run
    on run.person_id = compared.person_id
    and run.side = compared.side
    and run.is_on_latest
where compared.is_latest
