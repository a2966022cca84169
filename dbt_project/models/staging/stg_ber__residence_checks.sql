select
    run.kontroll_id as residence_check_id,
    run.pseudonym,
    run.anmald_datum as reported_on,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('ber', 'bosattningskontroller') }}
