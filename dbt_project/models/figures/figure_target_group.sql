{{ figure(
    id='target_group',
    mart='target_group_day',
    where='mart.is_eligible or mart.is_in_register',
    measures={
        'eligible': count_rows('mart.is_eligible'),
        'in_register': count_rows('mart.is_in_register'),
        'eligible_not_in_register': count_rows('mart.is_eligible and not mart.is_in_register'),
        'in_register_not_eligible': count_rows('mart.is_in_register and not mart.is_eligible')
    }
) }}
