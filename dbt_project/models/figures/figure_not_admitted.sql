{{ figure(
    id='not_admitted',
    mart='admission_period',
    where='mart.is_last',
    measures={
        'persons': count_rows(),
        'guided': count_rows('mart.is_guided'),
        'placed': count_rows('mart.is_placed'),
        'guided_and_placed': count_rows('mart.is_guided and mart.is_placed')
    }
) }}
