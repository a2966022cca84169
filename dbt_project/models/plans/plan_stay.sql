select
    person_id,
    registered_on,
    max(last_extract_date) as last_seen_on
from {{ ref('int_register__sightings') }}
group by person_id, registered_on
