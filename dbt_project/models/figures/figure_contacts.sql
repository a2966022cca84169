{{ figure(
    id='contacts',
    mart='contact_period',
    category='channel_code',
    measures={
        'attempts': 'count(*) filter (where cell.is_attempt)',
        'answered': 'count(*) filter (where cell.is_attempt and cell.is_answered)',
        'own': 'count(*) filter (where not cell.is_attempt)'
    }
) }}
