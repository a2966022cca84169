select
    period_id,
    period_kind,
    starts_on,
    ends_on,
    period_kind = 'dag' as is_day,
    year_before_starts_on,
    year_before_ends_on
from {{ source('input', 'period') }}
