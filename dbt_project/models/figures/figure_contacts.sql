{{ figure(
    id='contacts',
    mart='contact_period',
    category='channel_code',
    measures={
        'attempts': 'count(*) filter (where mart.is_attempt)',
        'answered': 'count(*) filter (where mart.is_attempt and mart.is_answered)',
        'own': 'count(*) filter (where not mart.is_attempt)'
    }
) }}
