select
    run.besok_id as visit_id,
    run.pseudonym,
    run.datum as visited_on,
    run.besokstyp as visit_type_code,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('skolslussen', 'besok') }}
