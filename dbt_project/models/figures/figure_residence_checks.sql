{{ figure(
    id='residence_checks',
    mart='residence_check_period',
    measures={'reported': count_rows()}
) }}
