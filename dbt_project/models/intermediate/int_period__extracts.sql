select
    period.period_id,
    period.period_kind,
    period.starts_on,
    period.ends_on,
    period.is_day,
    min(extract.extract_date) filter (
        where extract.source = 'ber' and extract.extract_date >= period.starts_on
    ) as first_register_extract_in_period,
    max(extract.extract_date) filter (
        where extract.source = 'ber' and extract.extract_date >= period.starts_on
    ) as last_register_extract_in_period,
    min(extract.extract_date) filter (
        where extract.source = 'ber'
            and extract.extract_date between period.year_before_starts_on and period.year_before_ends_on
    ) as first_register_extract_year_before,
    max(extract.extract_date) filter (
        where extract.source = 'ber'
            and extract.extract_date between period.year_before_starts_on and period.year_before_ends_on
    ) as last_register_extract_year_before,
    max(extract.extract_date) filter (where extract.source = 'ber') as latest_register_extract_date,
    max(extract.extract_date) filter (where extract.source = 'folkbokforing') as latest_resident_extract_date
from {{ ref('stg_input__periods') }} as period
left join {{ ref('stg_history__extracts') }} as extract
    on extract.extract_date <= period.ends_on
group by period.period_id, period.period_kind, period.starts_on, period.ends_on, period.is_day
