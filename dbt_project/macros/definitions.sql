{# Words of figures.md section 1 that several models need in the same sense. #}

{#- Whole years. Month and day are compared as numbers, so who is born on 29 February is a year older on 1 March. -#}
{%- macro age_on(birth_date, day) -%}
cast(
    year({{ day }}) - year({{ birth_date }}) - case
        when month({{ day }}) * 100 + day({{ day }}) < month({{ birth_date }}) * 100 + day({{ birth_date }}) then 1
        else 0
    end as integer
)
{%- endmacro -%}

{#- The day from which compulsory school is behind one who was born on a day. -#}
{%- macro past_compulsory_school_from(birth_date) -%}
make_date(year({{ birth_date }}) + 16, 7, 1)
{%- endmacro -%}

{#- A yes/no as it was delivered: rows are compared as text, and there N is larger than J. -#}
{%- macro as_delivered(yes_no) -%}
case when {{ yes_no }} then 'J' else 'N' end
{%- endmacro -%}

{#- The dimensions of one who has no district, or was never seen. -#}
{%- macro or_saknas(code) -%}
coalesce({{ code }}, 'SAKNAS')
{%- endmacro -%}
