{#
    How a model is made. A night builds into a new file that nobody reads before all is built (pipelines/warehouse/dbt.py), so a model
    is made under its own name at once: dbt-duckdb's own way, under another name and then by renaming, takes as long again for most
    models. What is there already (dbt was called by hand) is dropped in the same transaction.
#}

{%- materialization table, adapter='duckdb', supported_languages=['sql'] -%}
    {%- set relation = this.incorporate(type='table') -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {%- call statement('main') -%}
        {{ get_create_table_as_sql(false, relation, sql) }}
    {%- endcall -%}
    {{ adapter.commit() }}
    {{ return({'relations': [relation]}) }}
{%- endmaterialization -%}

{%- materialization view, adapter='duckdb' -%}
    {%- set relation = this.incorporate(type='view') -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {%- call statement('main') -%}
        {{ get_create_view_as_sql(relation, sql) }}
    {%- endcall -%}
    {{ adapter.commit() }}
    {{ return({'relations': [relation]}) }}
{%- endmaterialization -%}

{#-
    A data test: each row that its query finds is a broken rule and how many rows break it (rules.sql). None is stored, for rows
    are about persons. Which rules they are is said in the message, where the program reads it (dbt_failure in
    pipelines/warehouse/dbt.py).
-#}
{%- materialization test, adapter='duckdb' -%}
    {%- call statement('main', fetch_result=True) -%}
        {{ get_test_sql(sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
    {%- endcall -%}
    {%- if load_result('main')['data'][0][0] -%}
        {%- call statement('rules', fetch_result=True) -%}
            {{ sql }}
        {%- endcall -%}
        {%- set broken = [] -%}
        {%- for rule, broken_by in load_result('rules')['data'] -%}
            {%- do broken.append(rule ~ ' (broken by ' ~ broken_by ~ ')') -%}
        {%- endfor -%}
        {%- do exceptions.raise_compiler_error(broken | join('; ')) -%}
    {%- endif -%}
    {{ return({'relations': []}) }}
{%- endmaterialization -%}
