{{ figure(
    id='population',
    mart='person_period',
    where='mart.is_in_register',
    measures={'in_register': count_rows()}
) }}
