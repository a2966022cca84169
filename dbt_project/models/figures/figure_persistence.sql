{{ figure(
    id='persistence',
    mart='person_period',
    where='mart.is_in_register_again',
    measures={'again': count_rows()}
) }}
