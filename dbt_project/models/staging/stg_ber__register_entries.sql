select
    run.pseudonym,
    run.registrerad_datum as registered_on,
    run.registreringsorsak as registration_reason_code,
    run.kategori as category_code,
    run.kategori_fran as category_since,
    run.stadsdelsomrade as district_code,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('ber', 'register') }}
