{{ figure(
    id='time_to_contact',
    mart='stay_period',
    category='wait_code',
    measures={'stays': count_rows()}
) }}
