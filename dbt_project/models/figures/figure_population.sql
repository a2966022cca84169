{{ figure(
    id='population',
    mart='person_period',
    where='cell.is_in_register',
    measures={'in_register': 'count(*)'}
) }}
