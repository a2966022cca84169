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

-- Of all numbers that are linked, directly or through others, each learns the least. Every number keeps only that: the pairs of
-- all numbers of a group would be as many as its square.
linked_group(pseudonym, group_id) using key (pseudonym) as (
    select
        pseudonym,
        min(least(pseudonym, other_pseudonym)) as group_id
    from neighbour
    group by pseudonym

    union

    select
        neighbour.pseudonym,
        min(linked_group.group_id) as group_id
    from linked_group
    inner join neighbour on neighbour.other_pseudonym = linked_group.pseudonym
    inner join recurring.linked_group as known on known.pseudonym = neighbour.pseudonym
    where linked_group.group_id < known.group_id
    group by neighbour.pseudonym
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
        min(birth_date) as birth_date,  -- equal for all numbers in the first position
        min(gender) as gender
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
