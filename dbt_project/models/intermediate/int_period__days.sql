select
    period_id,
    ends_on,
    cast(unnest(generate_series(starts_on, ends_on, interval 1 day)) as date) as on_date
from {{ ref('stg_input__periods') }}
where not is_day
