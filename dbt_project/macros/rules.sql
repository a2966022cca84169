{#
    What the data tests assert. A test asks many rules at once, for one node more costs dbt and Dagster more than most rules do: each
    row that it finds is a broken rule and how many rows break it. So nothing is told about anybody, and what failed is still
    named (materializations.sql).
#}

{#- The rules that are broken; each is made by a macro below. -#}
{%- macro broken_rules(rules) -%}
{% for rule in rules %}
select
    '{{ rule.says }}' as rule,
    count(*) as broken_by
from {{ rule.broken_by }}
having count(*) > 0
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro -%}

{#- A rule that is a CTE of the test: its name is the sentence, its rows are what breaks it. -#}
{%- macro rule(cte) -%}
{{ return({'says': cte, 'broken_by': cte}) }}
{%- endmacro -%}

{#- The grain. A test, never a key or a constraint: those make an index, and DuckDB's indexes have lost rows. -#}
{%- macro has_one_row_per(model, key) -%}
{%- set broken_by -%}
(
    select {{ key | join(', ') }}
    from {{ ref(model) }}
    group by {{ key | join(', ') }}
    having count(*) > 1
) as doubled
{%- endset -%}
{{ return({'says': model ~ ' has one row per ' ~ key | join(', '), 'broken_by': broken_by}) }}
{%- endmacro -%}

{#-
    A key has at most one row in an extract. If two runs of it overlapped, its person would be counted twice, or the current
    version would be chosen by chance.
-#}
{%- macro runs_never_overlap(model, key) -%}
{%- set broken_by -%}
(
    select
        first_extract_date,
        last_extract_date,
        max(last_extract_date) over (
            partition by {{ key | join(', ') }}
            order by first_extract_date, last_extract_date
            rows between unbounded preceding and 1 preceding
        ) as seen_before
    from {{ ref(model) }}
) as run
where run.last_extract_date < run.first_extract_date
    or run.seen_before >= run.first_extract_date
{%- endset -%}
{{ return({'says': 'runs of one ' ~ key | join(', ') ~ ' never overlap in ' ~ model, 'broken_by': broken_by}) }}
{%- endmacro -%}

{#-
    Each event of a person in a period has its row in person_period, with the same dimensions. Otherwise the trace of a cell
    would show other persons than the figure counted.
-#}
{%- macro belongs_to_a_person_period(model) -%}
{%- set broken_by -%}
{{ ref(model) }} as event
left join {{ ref('person_period') }} as person
    on person.person_id = event.person_id
    and person.period_id = event.period_id
    and person.gender = event.gender
    and person.district_code = event.district_code
    and person.job_centre_code = event.job_centre_code
where person.person_id is null
{%- endset -%}
{{ return({'says': 'each row of ' ~ model ~ ' belongs to one of person_period', 'broken_by': broken_by}) }}
{%- endmacro -%}

{#- A column of codes that the model itself makes. -#}
{%- macro has_only(model, column, values) -%}
{%- set broken_by -%}
{{ ref(model) }}
where {{ column }} is null or {{ column }} not in ('{{ values | join("', '") }}')
{%- endset -%}
{{ return({'says': column ~ ' of ' ~ model ~ ' is one of ' ~ values | join(', '), 'broken_by': broken_by}) }}
{%- endmacro -%}
