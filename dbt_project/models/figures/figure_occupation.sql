{{ figure(
    id='occupation',
    mart='person_period',
    where='mart.is_reached',
    category='first_reach_occupation_code',
    measures={
        'reached': count_rows(),
        'occupied': count_rows("mart.first_reach_occupation_code not in ('INGEN', 'OKAND')")
    }
) }}
