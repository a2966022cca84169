-- A stay is seen in many runs, and under several numbers of its person: its reason is that of the latest extract that shows it. Not
-- int_register__sightings: a stay counts also where another row of the person was the one to take.
with stay as (
    select
        number.person_id,
        entry.registered_on,
        entry.registration_reason_code
    from {{ ref('stg_ber__register_entries') }} as entry
    inner join {{ ref('int_person__numbers') }} as number
        on number.pseudonym = entry.pseudonym
    qualify row_number() over (
        partition by number.person_id, entry.registered_on
        order by
            entry.last_extract_date desc,
            number.number_position,
            entry.registration_reason_code desc nulls last,
            entry.pseudonym,
            entry.first_extract_date
    ) = 1
)

select
    stay.*,
    row_number() over (partition by stay.person_id order by stay.registered_on) = 1 as is_first
from stay
