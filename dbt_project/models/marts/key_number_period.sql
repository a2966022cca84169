select
    period.period_id,
    key_number.starts_on,
    key_number.ends_on,
    key_number.activity,
    key_number.quantity,
    key_number.quantity_value,
    key_number.unit,
    key_number.responsible_function
from {{ ref('stg_nyckeltal__key_numbers') }} as key_number
-- Only the rows of the latest extract: a number that the keeper has taken away no longer counts.
inner join {{ latest_extract('nyckeltal') }} as latest
    on latest.extract_date = key_number.last_extract_date
inner join {{ ref('int_period__extracts') }} as period
    on period.starts_on <= key_number.starts_on
    and key_number.ends_on <= period.ends_on
    and not period.is_day
