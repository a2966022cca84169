{#
    What the catalogue (meta.figure of each figure's model) says, as rows: what the tests of sums and parts look at. It is read
    from dbt's own graph, which knows no model before all are parsed; then there are no rows.
#}

{#- One row per figure and measure. counted_in: in `one` category each unit, in `each` that applies; empty: no categories.
    subcategory_only_in: the categories that have subcategories, as JSON; an empty list: all. -#}
{%- macro catalogue_measures() -%}
{%- set rows = [] -%}
{%- for figure in catalogue_figures() -%}
    {%- for name, measure in figure.measures.items() -%}
        {%- set category = figure.category or {} -%}
        {%- set subcategory = figure.subcategory or {} -%}
        {%- do rows.append([
            figure.id, name, figure.period, 'gender' in figure.dimensions, 'district' in figure.dimensions,
            'job_centre' in figure.dimensions, figure.adds_up, measure.get('adds_up_over_months', figure.adds_up_over_months),
            measure.counted_in or category.counted_in or '', category.total or '', subcategory.counted_in or '',
            subcategory.get('only_in', []) | tojson
        ]) -%}
    {%- endfor -%}
{%- endfor -%}
{{ as_rows(
    ['figure', 'measure', 'period', 'has_gender', 'has_district', 'has_job_centre', 'adds_up', 'adds_up_over_months',
     'counted_in', 'category_total', 'subcategory_counted_in', 'subcategory_only_in'],
    rows, ['', '', '', false, false, false, false, false, '', '', '', '']
) }}
{%- endmacro -%}

{#-
    One row per pair of measures that the catalogue relates: `part_of` or `same_as`. by_category: both have the same categories,
    else the other's `*` is meant; by_place: both take district and job-centre from the same register.
-#}
{%- macro catalogue_relations(kind) -%}
{%- set rows = [] -%}
{%- set levels = {} -%}
{%- for figure in catalogue_figures() -%}
    {%- do levels.update({figure.id: figure.category}) -%}
{%- endfor -%}
{%- for figure in catalogue_figures() -%}
    {%- for name, measure in figure.measures.items() -%}
        {%- for relation in measure.get(kind) or [] -%}
            {%- set other = relation.to.split('/') -%}
            {%- set mine, theirs = levels[figure.id], levels[other[0]] -%}
            {%- set is_same_list = mine and theirs and mine.code_list and mine.code_list == theirs.code_list -%}
            {%- set by_category = true if figure.id == other[0] or is_same_list else false -%}
            {%- set by_place = relation.get('groupings', 'all') == 'all' -%}
            {%- do rows.append([figure.id, name, other[0], other[1], by_category, by_place]) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}
{{ as_rows(
    ['figure', 'measure', 'other_figure', 'other_measure', 'by_category', 'by_place'], rows, ['', '', '', '', false, false]
) }}
{%- endmacro -%}

{#- One row per measure that the catalogue says is a sum (sign 1), and per summand (sign -1): the number to look at. -#}
{%- macro catalogue_sums() -%}
{%- set rows = [] -%}
{%- for figure in catalogue_figures() -%}
    {%- for name, measure in figure.measures.items() if measure.sum_of -%}
        {%- do rows.append([figure.id, name, figure.id, name, '*', 1]) -%}
        {%- for summand in measure.sum_of -%}
            {%- do rows.append([figure.id, name] + summand.to.split('/') + [summand.category or '*', -1]) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}
{{ as_rows(
    ['figure', 'measure', 'other_figure', 'other_measure', 'category', 'sign'], rows, ['', '', '', '', '', 0]
) }}
{%- endmacro -%}

{%- macro catalogue_figures() -%}
{%- set found = [] -%}
{%- for node in graph.get('nodes', {}).values() -%}
    {%- if node.resource_type == 'model' and node.config.meta.figure -%}
        {%- do found.append(node.config.meta.figure) -%}
    {%- endif -%}
{%- endfor -%}
{{ return(found | sort(attribute='id')) }}
{%- endmacro -%}

{#- Rows of a relation with these columns; `example` is a row of the columns' types, for a relation without rows. -#}
{%- macro as_rows(columns, rows, example) -%}
(
    select *
    from (
        values
        {%- for row in [example] + rows %}
        (
            {%- for value in [not loop.first] + row -%}
            {{ "'" ~ value ~ "'" if value is string else value | lower }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as catalogue(is_row, {{ columns | join(', ') }})
    where is_row
)
{%- endmacro -%}
