{{ figure(
    id='occupation',
    mart='person_period',
    where='cell.is_reached',
    category='first_reach_occupation_code',
    measures={
        'reached': 'count(*)',
        'occupied': "count(*) filter (where cell.first_reach_occupation_code not in ('INGEN', 'OKAND'))"
    }
) }}
