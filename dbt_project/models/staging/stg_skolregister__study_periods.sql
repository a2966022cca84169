select
    run.studieperiod_id as study_period_id,
    run.pseudonym,
    run.skolenhetskod as school_unit_code,
    run.skolform as school_form_code,
    run.studievag as study_path_code,
    run.startdatum as started_on,
    run.slutdatum as ended_on,
    run.avslut as end_code,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('skolregister', 'studieperioder') }}
