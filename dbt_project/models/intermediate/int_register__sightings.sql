{{ one_row_per_person(
    staging='stg_ber__register_entries',
    source='ber',
    columns=['pseudonym', 'registered_on', 'registration_reason_code', 'category_code', 'category_since', 'district_code'],
    as_text=[
        'cast(registered_on as varchar)', 'registration_reason_code', 'category_code', 'cast(category_since as varchar)',
        'district_code'
    ]
) }}
