select
    compared.person_id,
    compared.side,
    case
        when run.is_on_latest and run.is_on_previous then 'still_open'
        when run.is_on_previous then 'closed'
        -- On the first night there is none to be new since: what is found then was there before.
        when run.is_from_before_window then 'still_open'
        else 'new'
    end as change,
    latest.on_date,
    compared.gender,
    compared.district_code,
    compared.job_centre_code,
    compared.reason_codes,
    run.since_date,
    run.is_from_before_window,
    cast(latest.on_date - run.since_date as integer) as days_open,
    coalesce(run.person_id in (select protected.person_id from {{ ref('int_person__protected') }} as protected), false)
        as is_protected
from {{ ref('int_differing_person__runs') }} as run
inner join {{ ref('int_person_night__compared') }} as compared
    on compared.person_id = run.person_id
    and compared.side = run.side
cross join {{ ref('int_night__extracts') }} as latest
where latest.is_latest
    and (run.is_on_latest or run.is_on_previous)
    -- The reasons of the latest night; of the last night that had the difference for what is closed.
    and (compared.is_latest and run.is_on_latest or compared.is_previous and not run.is_on_latest)
