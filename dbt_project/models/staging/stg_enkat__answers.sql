select
    run.svar_id as answer_id,
    run.datum as answered_on,
    run.fraga as question,
    run.svar as answer,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('enkat', 'svar') }}
