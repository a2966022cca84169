{{ figure(
    id='residents',
    mart='resident_period',
    measures={
        'aged_16_19': count_rows(),
        'in_register_16_19': count_rows('mart.is_in_register')
    }
) }}
