{#
    One row per person and extract (figures.md section 1): runs of a dataset that holds persons, with at most one run of a
    person at any extract. A person of whom no two runs meet keeps them as they are. Where some do, of several numbers or in
    the registers of several municipalities, the row to take is chosen at each extract at which one of them begins or has ended;
    both ends stay extract dates.

    staging    the dataset's staging model
    source     the source whose extracts the runs count
    columns    columns to keep: of the staging model, and gender and birth_date of the person's newest number
    as_text    expressions of the dataset's columns that hold no personnummer, in order, as they were delivered: of rows
               whose numbers are equal in order the larger one is taken, empty being smallest
#}
{%- macro one_row_per_person(staging, source, columns, as_text) -%}
with

run as (
    select
        number.person_id,
        number.number_position,
        number.birth_date,
        number.gender,
        staged.*
    from {{ ref(staging) }} as staged
    inner join {{ ref('int_person__numbers') }} as number
        on number.pseudonym = staged.pseudonym
),

-- Extracts of the source, each with those next to it.
extract as (
    select
        extract_date,
        lag(extract_date) over (order by extract_date) as extract_before,
        lead(extract_date) over (order by extract_date) as extract_after
    from {{ ref('stg_history__extracts') }}
    where source = '{{ source }}'
),

followed as (
    select
        person_id,
        last_extract_date,
        lead(first_extract_date) over (
            partition by person_id
            order by first_extract_date, last_extract_date
        ) as next_extract_date
    from run
),

-- Of runs in order, some two meet when one begins before the one before it has ended.
several_rows as (
    -- distinct: more than one of a person's runs may meet the next
    select distinct person_id
    from followed
    where next_extract_date <= last_extract_date
),

preferred as (
    select
        run.*,
        row_number() over (
            partition by run.person_id
            order by
                run.number_position,
                {%- for expression in as_text %}
                {{ expression }} desc nulls last,
                {%- endfor %}
                run.pseudonym,
                run.first_extract_date
        ) as preference
    from run
    where run.person_id in (select several_rows.person_id from several_rows)
),

-- The extracts at which the choice may become another one; between two of them it stands.
turn as (
    select person_id, first_extract_date as extract_date from preferred
    union
    select preferred.person_id, extract.extract_after
    from preferred
    inner join extract on extract.extract_date = preferred.last_extract_date
    where extract.extract_after is not null
),

chosen as (
    select
        turn.person_id,
        turn.extract_date,
        min(preferred.preference) as preference  -- empty where no run goes on
    from turn
    left join preferred
        on preferred.person_id = turn.person_id
        and turn.extract_date between preferred.first_extract_date and preferred.last_extract_date
    group by turn.person_id, turn.extract_date
),

changed as (
    select *
    from chosen
    qualify preference is distinct from lag(preference) over (partition by person_id order by extract_date)
),

-- A choice stands until the extract before the next one.
stretch as (
    select
        changed.person_id,
        changed.preference,
        changed.extract_date as first_extract_date,
        lead(extract.extract_before) over (partition by changed.person_id order by changed.extract_date) as last_extract_date
    from changed
    inner join extract on extract.extract_date = changed.extract_date
),

sighting as (
    select
        person_id,
        {% for column in columns -%}
        {{ column }},
        {% endfor -%}
        first_extract_date,
        last_extract_date
    from run
    where person_id not in (select several_rows.person_id from several_rows)

    union all

    select
        stretch.person_id,
        {% for column in columns -%}
        preferred.{{ column }},
        {% endfor -%}
        stretch.first_extract_date,
        coalesce(stretch.last_extract_date, preferred.last_extract_date)
    from stretch
    inner join preferred
        on preferred.person_id = stretch.person_id
        and preferred.preference = stretch.preference
)

-- Which row is taken goes by what was delivered, the place too, whoever counts without one.
select
    person_id,
    {% for column in columns if column != 'district_code' -%}
    {{ column }},
    {% endfor -%}
    case
        when not coalesce(
            person_id in (select without_place.person_id from {{ ref('int_person__without_place') }} as without_place), false
        )
            then district_code
    end as district_code,
    first_extract_date,
    last_extract_date
from sighting
{%- endmacro -%}
