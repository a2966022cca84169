with

run as (
    select
        number.person_id,
        number.number_position,
        entry.*
    from {{ ref('stg_ber__register_entries') }} as entry
    inner join {{ ref('int_person__numbers') }} as number
        on number.pseudonym = entry.pseudonym
),

{{ one_row_per_person(
    runs='run',
    source='ber',
    columns=['registered_on', 'registration_reason_code', 'category_code', 'category_since', 'district_code'],
    as_text=[
        'cast(registered_on as varchar)', 'registration_reason_code', 'category_code', 'cast(category_since as varchar)',
        'district_code'
    ]
) }}
