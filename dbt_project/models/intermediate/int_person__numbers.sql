with recursive

link as (
    -- distinct: a link is repeated in every run of its row
    select distinct
        pseudonym,
        earlier_pseudonym
    from {{ ref('stg_folkbokforing__residents') }}
    where earlier_pseudonym <> pseudonym  -- a number that names itself links nothing
),

neighbour as (
    select pseudonym, earlier_pseudonym as other_pseudonym from link
    union
    select earlier_pseudonym, pseudonym from link
),

connected as (
    select pseudonym, other_pseudonym from neighbour
    union
    select
        connected.pseudonym,
        neighbour.other_pseudonym
    from connected
    inner join neighbour on neighbour.pseudonym = connected.other_pseudonym
),

-- A linked number also reaches itself, over any neighbour and back.
linked_group as (
    select
        pseudonym,
        min(other_pseudonym) as group_id
    from connected
    group by pseudonym
),

earlier as (
    -- distinct: several numbers may name the same earlier one
    select distinct earlier_pseudonym as pseudonym from link
),

grouped as (
    select
        number.pseudonym,
        coalesce(linked_group.group_id, number.pseudonym) as group_id,
        number.birth_date,
        number.gender,
        earlier.pseudonym is not null as is_named_as_earlier
    from {{ ref('stg_history__numbers') }} as number
    left join linked_group on linked_group.pseudonym = number.pseudonym
    left join earlier on earlier.pseudonym = number.pseudonym
),

-- The order of "newest number"; numbers that remain equal share a position.
positioned as (
    select
        pseudonym,
        group_id,
        birth_date,
        gender,
        dense_rank() over (
            partition by group_id
            order by is_named_as_earlier, birth_date desc, gender = 'man' desc
        ) as number_position
    from grouped
),

person as (
    select
        group_id,
        min(pseudonym) as person_id,
        any_value(birth_date) as birth_date,  -- equal for all numbers in the first position
        any_value(gender) as gender
    from positioned
    where number_position = 1
    group by group_id
)

select
    positioned.pseudonym,
    person.person_id,
    positioned.number_position,
    person.birth_date,
    person.gender
from positioned
inner join person on person.group_id = positioned.group_id
