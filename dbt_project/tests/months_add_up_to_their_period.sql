-- If this breaks, a page that adds months shows another number than the page of their period.
with whole as (
    select
        period.period_id,
        month.period_id as month_id,
        count(*) over (partition by period.period_id) as months,
        12 * (year(period.ends_on) - year(period.starts_on)) + month(period.ends_on) - month(period.starts_on) + 1
            as months_needed
    from {{ source('input', 'period') }} as period
    inner join {{ source('input', 'period') }} as month
        on month.starts_on >= period.starts_on
        and month.ends_on <= period.ends_on
    where month.period_kind = 'manad' and period.period_kind not in ('manad', 'dag')
),

counted as (
    select figure.*
    from {{ published_counts() }} as figure
    inner join {{ catalogue_measures() }} as catalogue
        on catalogue.figure = figure.figure
        and catalogue.measure = figure.measure
    where catalogue.adds_up_over_months and figure.district = '*' and figure.job_centre = '*'
),

side as (
    select counted.*, whole.period_id
    from whole
    inner join counted on counted.period = whole.month_id
    where whole.months = whole.months_needed

    union all

    select counted.* replace (-counted.value as value), counted.period as period_id
    from counted
    where counted.period in (select whole.period_id from whole where whole.months = whole.months_needed)
)

select figure, measure, period_id, gender, category, subcategory
from side
group by figure, measure, period_id, gender, category, subcategory
having sum(value) <> 0
