{{ figure(
    id='measures',
    mart='intervention_period',
    category='intervention_code',
    measures={
        'participants': 'count(distinct mart.person_id)',
        'new': 'count(distinct mart.person_id) filter (where mart.is_new)',
        'ended': 'count(distinct mart.person_id) filter (where mart.is_ended)'
    }
) }}
