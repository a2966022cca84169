select
    run.period_fran as starts_on,
    run.period_till as ends_on,
    run.jobbtorg as job_centre_code,
    run.kon as gender_code,
    run.matt as quantity_code,
    run.orsak as end_reason_code,
    run.antal as youths,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('jobbtorg_unga', 'antal') }}
