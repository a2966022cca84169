{{ figure(
    id='median_wait',
    mart='stay_period',
    where='cell.days_to_first_attempt is not null',
    measures={'days': lower_median('cell.days_to_first_attempt')}
) }}
