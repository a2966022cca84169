{{ figure(
    id='residents',
    mart='resident_period',
    measures={
        'aged_16_19': 'count(*)',
        'in_register_16_19': 'count(*) filter (where mart.is_in_register)'
    }
) }}
