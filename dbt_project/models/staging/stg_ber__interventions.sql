select
    run.insats_id as intervention_id,
    run.inskrivning_id as enrolment_id,
    run.insats as intervention_code,
    run.startdatum as started_on,
    run.slutdatum as ended_on,
    run.avslutsorsak as end_reason_code,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('ber', 'insatser') }}
