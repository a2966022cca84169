select
    period.period_id,
    period.ends_on,
    cast(day.on_date as date) as on_date
from {{ ref('stg_input__periods') }} as period
cross join unnest(generate_series(period.starts_on, period.ends_on, interval 1 day)) as day(on_date)
where not period.is_day
