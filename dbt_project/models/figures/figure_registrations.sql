{{ figure(
    id='registrations',
    mart='stay_period',
    category='registration_reason_code',
    measures={
        'stays': count_rows(),
        'first': count_rows('mart.is_first')
    }
) }}
