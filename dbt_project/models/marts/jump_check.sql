with

night as (
    select
        max(on_date) filter (where is_latest) as on_date,
        max(on_date) filter (where is_previous) as last_night,
        max(on_date) filter (where is_year_ago) as year_ago
    from {{ ref('int_night__extracts') }}
),

compared as (
    select
        threshold.*,
        night.on_date,
        case threshold.compared_with when 'last_night' then night.last_night else night.year_ago end as compared_date
    from {{ ref('jump_threshold') }} as threshold
    cross join night
),

-- Each group that either night has; what the other has not is zero there.
paired as (
    select
        compared.check_name,
        figure.group_kind,
        figure.group_code,
        coalesce(sum(figure.value) filter (where figure.role = 'latest'), 0) as value,
        coalesce(sum(figure.value) filter (where figure.role = compared.compared_with), 0) as compared_value
    from compared
    inner join {{ ref('int_night__figures') }} as figure
        on figure.figure = compared.figure
        and figure.measure = compared.measure
        and figure.role in ('latest', compared.compared_with)
    -- Without a night to compare with there is no jump.
    where compared.compared_date is not null
    group by compared.check_name, figure.group_kind, figure.group_code
),

measured as (
    select
        compared.check_name,
        compared.title,
        compared.figure,
        compared.measure,
        paired.group_kind,
        paired.group_code,
        compared.on_date,
        cast(paired.value as bigint) as value,
        compared.compared_with,
        compared.compared_date,
        cast(paired.compared_value as bigint) as compared_value,
        case
            when paired.compared_value > 0
                then cast(round(100.0 * (paired.value - paired.compared_value) / paired.compared_value) as integer)
        end as jump_percent,
        compared.threshold_percent,
        -- A gender or a job-centre is a part of the whole, so a smaller number is as telling.
        case paired.group_kind when 'all' then compared.minimum_count else compared.minimum_of_part end as minimum_count,
        compared.reason,
        compared.decided_on
    from compared
    inner join paired on paired.check_name = compared.check_name
),

judged as (
    select
        measured.*,
        100 * abs(value - compared_value) > threshold_percent * compared_value
        and abs(value - compared_value) >= minimum_count as is_warning
    from measured
)

select
    check_name,
    title,
    figure,
    measure,
    group_kind,
    group_code,
    on_date,
    value,
    compared_with,
    compared_date,
    compared_value,
    jump_percent,
    threshold_percent,
    minimum_count,
    is_warning,
    reason,
    decided_on
from judged
