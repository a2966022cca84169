{#
    The one place that says which numbers are one person (figures.md section 1): those that the links of some rows of the population
    register join, directly or through others. The purge runs this very text over the history (pipelines/history/purge.py), so it
    calls nothing and reads only the two relations that it is given.

    numbers      pseudonym, birth_date, gender
    residents    pseudonym, earlier_pseudonym
#}
{%- macro person_numbers(numbers, residents) -%}
with recursive

link as (
    -- distinct: a link is repeated in every run of its row
    select distinct
        pseudonym,
        earlier_pseudonym
    from {{ residents }}
    where earlier_pseudonym <> pseudonym  -- a number that names itself links nothing
),

neighbour as (
    select pseudonym, earlier_pseudonym as other_pseudonym from link
    union
    select earlier_pseudonym, pseudonym from link
),

-- Each number begins with the least of its neighbours and itself, and takes over a neighbour's as long as that is smaller: in the
-- end all that are linked, directly or through others, have the same. Every number keeps only that (using key): the pairs of all
-- numbers of a group would be as many as its square.
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

-- The order of "newest number"; numbers that remain equal share a position.
positioned as (
    select
        number.pseudonym,
        coalesce(linked_group.group_id, number.pseudonym) as group_id,
        number.birth_date,
        number.gender,
        dense_rank() over (
            partition by coalesce(linked_group.group_id, number.pseudonym)
            order by
                coalesce(number.pseudonym in (select link.earlier_pseudonym from link), false),
                number.birth_date desc,
                number.gender = 'man' desc
        ) as number_position
    from {{ numbers }} as number
    left join linked_group on linked_group.pseudonym = number.pseudonym
)

select
    pseudonym,
    first_value(pseudonym) over (partition by group_id order by number_position, pseudonym) as person_id,
    number_position,
    first_value(birth_date) over (partition by group_id order by number_position, pseudonym) as birth_date,
    first_value(gender) over (partition by group_id order by number_position, pseudonym) as gender
from positioned
{%- endmacro -%}
