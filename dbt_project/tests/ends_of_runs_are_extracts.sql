-- If this breaks, "in the register during a period" is wrong: it relies on both ends of a run being extract dates.
with run as (
    select 'ber' as source, first_extract_date, last_extract_date
    from {{ ref('stg_ber__register_entries') }}
    union all
    select 'folkbokforing', first_extract_date, last_extract_date
    from {{ ref('stg_folkbokforing__residents') }}
),

run_end as (
    select source, first_extract_date as extract_date from run
    union
    select source, last_extract_date from run
)

select run_end.source, run_end.extract_date
from run_end
left join {{ ref('stg_history__extracts') }} as extract
    on extract.source = run_end.source
    and extract.extract_date = run_end.extract_date
where extract.extract_date is null
