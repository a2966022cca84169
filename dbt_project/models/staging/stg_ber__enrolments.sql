select
    run.inskrivning_id as enrolment_id,
    run.pseudonym,
    run.forvaltning as administration_code,
    run.inskriven_datum as enrolled_on,
    run.avslutad_datum as ended_on,
    run.avslutsorsak as end_reason_code,
    run.first_extract_date,
    {{ last_known_extract_date() }} as last_extract_date
{{ runs_within_knowledge('ber', 'inskrivningar') }}
