select
    run.pseudonym,
    run.earlier_pseudonym,
    run.stadsdelsomrade as district_code,
    run.folkbokford_fran as registered_since,
    run.invandrad_efter_skolplikt as is_immigrated_after_compulsory_school,
    run.skyddsmarkering as protection_code,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('folkbokforing', 'personer') }}
