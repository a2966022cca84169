select
    run.period_fran as starts_on,
    run.period_till as ends_on,
    run.verksamhet as activity,
    run.matt as quantity,
    run.varde as quantity_value,
    run.enhet as unit,
    run.uppgiftslamnare as responsible_function,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('nyckeltal', 'nyckeltal') }}
