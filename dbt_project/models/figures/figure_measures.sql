{{ figure(
    id='measures',
    mart='intervention_period',
    category='intervention_code',
    measures={
        'participants': count_persons(),
        'new': count_persons('mart.is_new'),
        'ended': count_persons('mart.is_ended')
    }
) }}
