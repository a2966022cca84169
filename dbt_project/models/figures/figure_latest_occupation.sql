{{ figure(
    id='latest_occupation',
    mart='person_period',
    where='mart.is_in_register',
    category='latest_occupation_code',
    measures={'persons': count_rows()}
) }}
