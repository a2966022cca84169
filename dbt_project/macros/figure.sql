{#
    A figure: a mart filtered and counted in all groupings of figures.md section 2, as rows of the figures' shape.

    id                the figure
    mart              name of the mart; called `mart` in where and measures
    measures          measure -> how it counts: `count_rows`, `count_persons`, `sum_of` or `median_of` below
    where             which rows of the mart belong to the figure
    category,         columns of the mart, where the figure has such levels; each is also given as `*`, except category
    subcategory       where category_total is false. A row without a subcategory is in `*` only
    dimensions        which of gender, district and job_centre the figure has; none: grouping () only

    Zero rows are left out. Values are counted as integers and made decimal last.

    The query begins with `unit`: the rows of the mart that belong to the figure, each with its groups and, per measure, whether
    it is counted (counts_<measure>) and as what (amount_<measure>; 1 where things are counted). What is counted is nothing but
    these rows, so a trace asks for them by themselves (pipelines/audit/units.py).
#}
{%- macro figure(
    id, mart, measures, where='true', category=none, subcategory=none, category_total=true,
    dimensions=['gender', 'district', 'job_centre']
) -%}
{%- set columns_of = {'gender': 'gender', 'district': 'district_code', 'job_centre': 'job_centre_code'} -%}
{%- set groupings = [] -%}
{#- By place or for all places, never by two of them; each also by gender. -#}
{%- for place in [[]] + [['district_code']] * ('district' in dimensions) + [['job_centre_code']] * ('job_centre' in dimensions) -%}
    {%- do groupings.append(place) -%}
    {%- if 'gender' in dimensions -%}
        {%- do groupings.append(place + ['gender']) -%}
    {%- endif -%}
{%- endfor -%}
{%- set levels = [[]] -%}
{%- if category -%}
    {%- set levels = ([[]] if category_total else []) + [['unit_category']] -%}
{%- endif -%}
{%- if subcategory -%}
    {%- set levels = levels + ([['unit_subcategory']] if category_total else []) + [['unit_category', 'unit_subcategory']] -%}
{%- endif -%}
{%- set sets = [] -%}
{%- for grouping in groupings -%}
    {%- for level in levels -%}
        {%- do sets.append((['period_id'] + grouping + level)) -%}
    {%- endfor -%}
{%- endfor -%}
with unit as (
    select
        mart.*,
        {{ 'mart.' ~ category if category else "'*'" }} as unit_category,
        {{ 'mart.' ~ subcategory if subcategory else "'*'" }} as unit_subcategory
        {%- for measure, how in measures.items() %},
        coalesce({{ how.where }}, false) as counts_{{ measure }},
        {{ how.amount }} as amount_{{ measure }}
        {%- endfor %}
    from {{ ref(mart) }} as mart
    where {{ where }}
),

counted as (
    select
        mart.period_id,
        {%- for dimension, column in columns_of.items() %}
        {{ group_or_all(column if dimension in dimensions) }} as {{ dimension }}_group,
        {%- endfor %}
        {{ group_or_all('unit_category' if category) }} as category_group,
        {{ group_or_all('unit_subcategory' if subcategory) }} as subcategory_group
        {%- for measure, how in measures.items() %},
        {{ counting(how, measure) }} as {{ measure }}
        {%- endfor %}
    from unit as mart
    group by grouping sets (
        {%- for columns in sets %}
        (mart.{{ columns | join(', mart.') }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
)
{% for measure in measures %}
select
    '{{ id }}' as figure,
    '{{ measure }}' as measure,
    period_id as period,
    gender_group as gender,
    district_group as district,
    job_centre_group as job_centre,
    category_group as category,
    subcategory_group as subcategory,
    cast({{ measure }} as decimal(38, 18)) as value
from counted
where {{ measure }} <> 0{{ ' and subcategory_group is not null' if subcategory }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro -%}

{#- How a measure counts: rows of the mart that each are one thing, or one person. -#}
{%- macro count_rows(where='true') -%}
{{ return({'by': 'rows', 'where': where, 'amount': '1'}) }}
{%- endmacro -%}

{#- Persons, over rows that are no persons: every `*` counts a person once. -#}
{%- macro count_persons(where='true') -%}
{{ return({'by': 'persons', 'where': where, 'amount': '1'}) }}
{%- endmacro -%}

{#- Delivered numbers, added. -#}
{%- macro sum_of(amount) -%}
{{ return({'by': 'sum', 'where': 'true', 'amount': amount}) }}
{%- endmacro -%}

{#- The middle one of a number of each row, of two the lower. -#}
{%- macro median_of(amount) -%}
{{ return({'by': 'median', 'where': 'true', 'amount': amount}) }}
{%- endmacro -%}

{%- macro counting(how, measure) -%}
{%- if how.by == 'median' -%}
{{ lower_median('mart.amount_' ~ measure) }}
{%- else -%}
{{ {'rows': 'count(*)', 'persons': 'count(distinct mart.person_id)', 'sum': 'sum(mart.amount_' ~ measure ~ ')'}[how.by] }} filter (where mart.counts_{{ measure }})
{%- endif -%}
{%- endmacro -%}

{%- macro group_or_all(column) -%}
{%- if column -%}
case when grouping(mart.{{ column }}) = 1 then '*' else mart.{{ column }} end
{%- else -%}
'*'
{%- endif -%}
{%- endmacro -%}

{#-
    The rows of these figures' models, one name after the other: which there are stands in the catalogue, and the program names them
    when it calls dbt (`dbt_environment` in pipelines/warehouse/dbt.py), as dbt knows no model before it has read those that ask.
-#}
{%- macro union_of_figures(models) -%}
{%- for model in models.split() %}
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref(model) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro -%}

{#- Every published count, our own figures' too: what the checks of sums look at. What does not add up (a median) is left out. -#}
{%- macro published_counts() -%}
(
    select counted.*
    from (select * from {{ ref('figures') }} union all select * from {{ ref('own_figures') }}) as counted
    where counted.figure in (select adding.figure from {{ catalogue_measures() }} as adding where adding.adds_up)
)
{%- endmacro -%}
