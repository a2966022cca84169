select
    run.pseudonym,
    run.bevis as certificate_code,
    run.datum as issued_on,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('beda', 'bevis') }}
