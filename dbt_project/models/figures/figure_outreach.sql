{{ figure(
    id='outreach',
    mart='person_period',
    where='mart.is_sought',
    measures={
        'sought': 'count(*)',
        'reached': 'count(*) filter (where mart.is_reached)',
        'not_reached': 'count(*) filter (where not mart.is_reached)'
    }
) }}
