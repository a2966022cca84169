{#
    One row per person and extract (figures.md section 1): runs of a dataset that holds persons, with at most one run of a
    person at any extract. A person with one number keeps the runs as they are. Where several numbers of a person have runs,
    the row to take is chosen wherever one of them begins or has ended, and the choices are joined to runs again; both ends stay
    extract dates.

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

extract as (
    select
        extract_date,
        row_number() over (order by extract_date) as extract_number
    from {{ ref('stg_history__extracts') }}
    where source = '{{ source }}'
),

several_numbers as (
    select person_id
    from run
    group by person_id
    having count(distinct pseudonym) > 1
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
    where run.person_id in (select several_numbers.person_id from several_numbers)
),

spanned as (
    select
        preferred.person_id,
        preferred.preference,
        first.extract_number as first_number,
        last.extract_number as last_number
    from preferred
    inner join extract as first on first.extract_date = preferred.first_extract_date
    inner join extract as last on last.extract_date = preferred.last_extract_date
),

-- The extracts at which the choice may become another one; between two of them it stands.
turn as (
    select person_id, first_number as extract_number from spanned
    union
    select person_id, last_number + 1 from spanned
),

chosen as (
    select
        turn.person_id,
        turn.extract_number,
        min(spanned.preference) as preference  -- empty where no run goes on
    from turn
    left join spanned
        on spanned.person_id = turn.person_id
        and turn.extract_number between spanned.first_number and spanned.last_number
    group by turn.person_id, turn.extract_number
),

changed as (
    select *
    from chosen
    qualify preference is distinct from lag(preference) over (partition by person_id order by extract_number)
),

stretch as (
    select
        person_id,
        preference,
        extract_number as first_number,
        lead(extract_number) over (partition by person_id order by extract_number) - 1 as last_number
    from changed
),

joined as (
    select
        stretch.person_id,
        stretch.preference,
        first.extract_date as first_extract_date,
        last.extract_date as last_extract_date
    from stretch
    inner join extract as first on first.extract_number = stretch.first_number
    inner join extract as last on last.extract_number = stretch.last_number
    where stretch.preference is not null
)

select
    run.person_id,
    {% for column in columns -%}
    run.{{ column }},
    {% endfor -%}
    run.first_extract_date,
    run.last_extract_date
from run
where run.person_id not in (select several_numbers.person_id from several_numbers)

union all

select
    joined.person_id,
    {% for column in columns -%}
    preferred.{{ column }},
    {% endfor -%}
    joined.first_extract_date,
    joined.last_extract_date
from joined
inner join preferred
    on preferred.person_id = joined.person_id
    and preferred.preference = joined.preference
{%- endmacro -%}
