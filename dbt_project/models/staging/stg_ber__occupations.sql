select
    run.sysselsattning_id as occupation_id,
    run.pseudonym,
    run.datum as noted_on,
    run.kontakt_id as contact_id,
    run.sysselsattning as occupation_code,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('ber', 'sysselsattningar') }}
