select
    run.kontakt_id as contact_id,
    run.pseudonym,
    run.datum as contacted_on,
    run.riktning as direction_code,
    run.kanal as channel_code,
    run.besvarad as is_answered,
    run.besvarad_av as answered_by_code,
    run.antal_personal as staff_count,
    run.makulerad as is_annulled,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('ber', 'kontakter') }}
