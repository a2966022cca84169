with

reason as (
    select
        compared.on_date,
        compared.side,
        each.reason_code
    from {{ ref('int_person_night__compared') }} as compared
    cross join unnest(string_split(compared.reason_codes, ' ')) as each(reason_code)
    where compared.side is not null
),

length as (
    select
        on_date,
        side,
        case
            when is_from_before_window then 'BEFORE_WINDOW'
            when days_open <= 14 then '0_14'
            when days_open <= 30 then '15_30'
            when days_open <= 90 then '31_90'
            when days_open <= 365 then '91_365'
            else 'OVER_365'
        end as length_code
    from {{ ref('int_differing_person__open') }}
    where change <> 'closed'
),

counted as (
    select on_date, '*' as side, 'size' as breakdown, 'eligible' as code, count(*) as persons
    from {{ ref('int_person_night__compared') }}
    where is_eligible
    group by on_date

    union all

    select on_date, '*', 'size', 'in_register', count(*)
    from {{ ref('int_person_night__compared') }}
    where is_in_register
    group by on_date

    union all

    select on_date, side, 'all', '*', count(*)
    from {{ ref('int_person_night__compared') }}
    where side is not null
    group by on_date, side

    union all

    select on_date, side, 'gender', gender, count(*)
    from {{ ref('int_person_night__compared') }}
    where side is not null
    group by on_date, side, gender

    union all

    select on_date, side, 'job_centre', job_centre_code, count(*)
    from {{ ref('int_person_night__compared') }}
    where side is not null
    group by on_date, side, job_centre_code

    union all

    select on_date, side, 'reason', reason_code, count(*)
    from reason
    group by on_date, side, reason_code

    union all

    select on_date, side, 'length', length_code, count(*)
    from length
    group by on_date, side, length_code

    union all

    select on_date, side, 'change', change, count(*)
    from {{ ref('int_differing_person__open') }}
    group by on_date, side, change

    union all

    -- Whom the worklist leaves out.
    select on_date, side, 'protected', change, count(*)
    from {{ ref('int_differing_person__open') }}
    where is_protected
    group by on_date, side, change
)

select
    on_date,
    breakdown,
    side,
    code,
    persons
from counted
