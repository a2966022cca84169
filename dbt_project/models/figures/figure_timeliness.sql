{{ figure(
    id='timeliness',
    mart='stay_period',
    measures={
        'registered': count_rows(),
        'contacted_in_14_days': count_rows('mart.is_contacted_in_14_days'),
        'contacted_in_30_days': count_rows('mart.is_contacted_in_30_days')
    }
) }}
