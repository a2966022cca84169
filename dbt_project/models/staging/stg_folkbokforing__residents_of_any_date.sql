-- Not runs_within_knowledge: whoever is protected now is so in every answer (audit.md section 4).
select
    run.pseudonym,
    run.earlier_pseudonym,
    run.skyddsmarkering as protection_code,
    run.first_extract_date
from {{ source('history', 'folkbokforing_personer') }} as run
