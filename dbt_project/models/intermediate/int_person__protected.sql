with

-- Links as known now: an answer as known on an earlier day is silent about the same persons.
number_now as (
    {{ person_numbers(ref('stg_history__numbers'), ref('stg_folkbokforing__residents_of_any_date')) | indent(4) }}
),

marked as (
    select number_now.person_id
    from number_now
    inner join {{ ref('stg_folkbokforing__residents_of_any_date') }} as resident
        on resident.pseudonym = number_now.pseudonym
    where resident.protection_code is not null
)

-- distinct: a person may have several numbers
select distinct number.person_id
from {{ ref('int_person__numbers') }} as number
inner join number_now
    on number_now.pseudonym = number.pseudonym
where number_now.person_id in (select marked.person_id from marked)
