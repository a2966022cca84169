{{ figure(
    id='median_wait',
    mart='stay_period',
    where='mart.days_to_first_attempt is not null',
    measures={'days': median_of('mart.days_to_first_attempt')}
) }}
