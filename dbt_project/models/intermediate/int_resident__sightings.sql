with

run as (
    select
        number.person_id,
        number.number_position,
        number.birth_date,
        number.gender,
        resident.*
    from {{ ref('stg_folkbokforing__residents') }} as resident
    inner join {{ ref('int_person__numbers') }} as number
        on number.pseudonym = resident.pseudonym
),

{{ one_row_per_person(
    runs='run',
    source='folkbokforing',
    columns=['birth_date', 'gender', 'district_code', 'is_immigrated_after_compulsory_school', 'protection_code'],
    as_text=[
        'district_code', 'cast(registered_since as varchar)', as_delivered('is_immigrated_after_compulsory_school'),
        'protection_code'
    ]
) }}
