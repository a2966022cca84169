select
    period_id,
    period_kind,
    starts_on,
    ends_on,
    period_kind = 'dag' as is_day
from {{ source('input', 'period') }}
