{{ config(meta={'dagster': {'ref': {'name': 'target_group_difference'}}}) }}
-- If this breaks, the keepers' list, with the protected identities that it leaves out, and the published figure tell of different
-- persons: both judge the latest night.
with latest as (
    select period_id, on_date
    from {{ ref('int_night__extracts') }}
    where is_latest
),

open_now as (
    select difference.side, count(*) as persons
    from {{ ref('target_group_difference') }} as difference
    group by difference.side

    union all

    select summary.side, summary.persons
    from {{ ref('target_group_summary') }} as summary
    where summary.breakdown = 'protected' and summary.code <> 'closed'
),

side as (
    select open_now.side as measure, sum(open_now.persons) as persons
    from open_now
    group by open_now.side
),

counted as (
    select figure.measure, figure.value
    from {{ ref('figures') }} as figure
    inner join latest on latest.period_id = figure.period
    where figure.figure = 'target_group'
        and figure.gender = '*'
        and figure.district = '*'
        and figure.job_centre = '*'
        and figure.measure in ('eligible_not_in_register', 'in_register_not_eligible')
),

the_worklist_is_what_the_figure_counts as (
    select coalesce(side.measure, counted.measure) as measure, side.persons, counted.value
    from side
    full outer join counted on counted.measure = side.measure
    where side.persons is distinct from counted.value
        -- Only where the latest night is among the periods: a single question for another day need not have it.
        and exists (select 1 from {{ source('input', 'period') }} as period inner join latest on latest.period_id = period.period_id)
)

{{ broken_rules([rule('the_worklist_is_what_the_figure_counts')]) }}
