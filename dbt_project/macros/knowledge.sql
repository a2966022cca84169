{#
    Reading the history within the knowledge (figures.md section 1): only extracts up to input.knowledge.known_to exist.

    A run of the history is the unbroken stretch of a source's extracts in which a key had exactly one content. A run that
    began later is not known yet; a run that went on longer is seen up to the latest extract that is known.
#}

{#- One row: the source's latest extract within the knowledge; null, and thus no rows below, where there is none. -#}
{%- macro latest_extract(source_name) -%}
(
    select max(extract_date) as extract_date
    from {{ ref('stg_history__extracts') }}
    where source = '{{ source_name }}'
)
{%- endmacro -%}

{#- `from` of a staging model: the dataset's runs that began within the knowledge. -#}
{%- macro runs_within_knowledge(source_name, dataset) -%}
from {{ source('history', source_name ~ '_' ~ dataset) }} as run
inner join {{ latest_extract(source_name) }} as latest
    on run.first_extract_date <= latest.extract_date
{%- endmacro -%}

{#- Last column of a staging model: the run's last extract that is known; an open run reaches the latest one. -#}
{%- macro last_known_extract_date() -%}
least(coalesce(run.last_extract_date, latest.extract_date), latest.extract_date)
{%- endmacro -%}

{#- The versions of a record, each with the extract date from which the key's next one was current (null: still). -#}
{%- macro versions_with_next(versions, key) -%}
select
    version.*,
    lead(version.first_extract_date) over (
        partition by {{ key | join(', ') }}
        order by version.first_extract_date
    ) as next_extract_date
from {{ versions }} as version
{%- endmacro -%}

{#- Of versions_with_next as `version`: the one that was current among the extracts up to a day. -#}
{%- macro is_current_on(day) -%}
version.first_extract_date <= {{ day }}
        and coalesce(version.next_extract_date > {{ day }}, true)
{%- endmacro -%}

{#- `qualify` of the current version of a record: runs of one key never overlap, so the one that began last is it. -#}
{%- macro is_current_version(key) -%}
row_number() over (partition by {{ key | join(', ') }} order by first_extract_date desc) = 1
{%- endmacro -%}
