select
    run.deltagande_id as participation_id,
    run.pseudonym,
    run.flai_insats as activity_code,
    run.startdatum as started_on,
    run.slutdatum as ended_on,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('flai', 'deltaganden') }}
