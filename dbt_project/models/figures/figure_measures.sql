{{ figure(
    id='measures',
    mart='measure_period',
    category='measure_code',
    measures={
        'participants': 'count(distinct cell.person_id)',
        'new': 'count(distinct cell.person_id) filter (where cell.is_new)',
        'ended': 'count(distinct cell.person_id) filter (where cell.is_ended)'
    }
) }}
