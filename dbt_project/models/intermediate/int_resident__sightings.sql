{{ one_row_per_person(
    staging='stg_folkbokforing__residents',
    source='folkbokforing',
    columns=['pseudonym', 'birth_date', 'gender', 'district_code', 'is_immigrated_after_compulsory_school', 'protection_code'],
    as_text=[
        'district_code', 'cast(registered_since as varchar)', as_delivered('is_immigrated_after_compulsory_school'),
        'protection_code'
    ]
) }}
