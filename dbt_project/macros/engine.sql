{#
    What engines write each in their own way: here once, in a form that DuckDB takes and that means the same when it is translated
    for another engine.
#}

{#- The day so many months later; the last of its month where it has no such day. -#}
{%- macro months_after(day, months) -%}
cast({{ day }} + interval 1 month * {{ months }} as date)
{%- endmacro -%}

{#- The middle value, of two the lower. Not percentile_disc: translated it becomes an approximation. -#}
{%- macro lower_median(value) -%}
list_sort(array_agg({{ value }}) filter (where {{ value }} is not null))[(count({{ value }}) + 1) // 2]
{%- endmacro -%}
