{{ figure(
    id='outreach',
    mart='person_period',
    where='mart.is_sought',
    measures={
        'sought': count_rows(),
        'reached': count_rows('mart.is_reached'),
        'not_reached': count_rows('not mart.is_reached')
    }
) }}
