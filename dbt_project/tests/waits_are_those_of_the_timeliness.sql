-- If this breaks, the page shows another number of stays with an attempt within 14 or 30 days than the figure timeliness does.
with stay as (
    select
        period, gender, district, job_centre,
        coalesce(sum(value) filter (where measure = 'contacted_in_14_days'), 0)
        - coalesce(sum(value) filter (where category = 'D0_14'), 0) as within_14,
        coalesce(sum(value) filter (where measure = 'contacted_in_30_days'), 0)
        - coalesce(sum(value) filter (where category in ('D0_14', 'D15_30')), 0) as within_30
    from {{ published_counts() }} as figure
    where figure in ('timeliness', 'time_to_contact')
    group by period, gender, district, job_centre
)

select period, gender, district, job_centre
from stay
where within_14 <> 0 or within_30 <> 0
