-- distinct: a stay is seen in many runs, and under several numbers of its person. Not int_register__sightings: a stay counts
-- also where another row of the person was the one to take.
select distinct
    number.person_id,
    entry.registered_on
from {{ ref('stg_ber__register_entries') }} as entry
inner join {{ ref('int_person__numbers') }} as number
    on number.pseudonym = entry.pseudonym
