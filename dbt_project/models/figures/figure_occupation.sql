{{ figure(
    id='occupation',
    mart='person_period',
    where='mart.is_reached',
    category='first_reach_occupation_code',
    measures={
        'reached': 'count(*)',
        'occupied': "count(*) filter (where mart.first_reach_occupation_code not in ('INGEN', 'OKAND'))"
    }
) }}
