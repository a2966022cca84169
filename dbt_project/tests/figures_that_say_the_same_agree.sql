-- If this breaks, two pages show different numbers for one thing.
with pair(figure_a, measure_a, figure_b, measure_b, in_districts) as (
    values
        ('occupation', 'reached', 'outreach', 'reached', true),
        ('exits', 'ended', 'participants', 'ended', true),
        ('reached_by_channel', 'first_reached', 'outreach', 'reached', true),
        ('time_to_contact', 'stays', 'timeliness', 'registered', true),
        -- The target group's districts come from the population register, the status's from the case register.
        ('status', 'in_register', 'target_group', 'in_register', false)
),

total as (
    select *
    from {{ published_counts() }} as figure
    where category = '*' and subcategory = '*'
),

side as (
    select pair.figure_a, total.period, total.gender, total.district, total.job_centre, total.value
    from pair
    inner join total
        on total.figure = pair.figure_a
        and total.measure = pair.measure_a
        and (pair.in_districts or (total.district = '*' and total.job_centre = '*'))

    union all

    select pair.figure_a, total.period, total.gender, total.district, total.job_centre, -total.value
    from pair
    inner join total
        on total.figure = pair.figure_b
        and total.measure = pair.measure_b
        and (pair.in_districts or (total.district = '*' and total.job_centre = '*'))
)

select figure_a, period, gender, district, job_centre
from side
group by figure_a, period, gender, district, job_centre
having sum(value) <> 0
