with day as (
    select period_id, ends_on as on_date
    from {{ ref('int_period__extracts') }}
    where is_day
),

education as (
    {{ education_on_days('day') | indent(4) }}
)

select * from education
