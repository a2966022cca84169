{{ figure(
    id='outreach',
    mart='person_period',
    where='cell.is_sought',
    measures={
        'sought': 'count(*)',
        'reached': 'count(*) filter (where cell.is_reached)',
        'not_reached': 'count(*) filter (where not cell.is_reached)'
    }
) }}
