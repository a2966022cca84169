with day as (
    select period_id, ends_on as on_date
    from {{ ref('int_period__extracts') }}
    where is_day
),

person_day as (
    {{ all_persons_on('day') | indent(4) }}
),

education as (
    {{ education_on_days('person_day') | indent(4) }}
)

select * from education
