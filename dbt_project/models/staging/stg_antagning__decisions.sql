select
    run.antagning_id as decision_id,
    run.pseudonym,
    run.antagningsar as admission_year,
    run.omgang as round_code,
    run.beskedsdatum as decided_on,
    run.utfall as outcome_code,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('antagning', 'antagningar') }}
