{{ figure(
    id='contacts',
    mart='contact_period',
    category='channel_code',
    measures={
        'attempts': count_rows('mart.is_attempt'),
        'answered': count_rows('mart.is_attempt and mart.is_answered'),
        'own': count_rows('not mart.is_attempt')
    }
) }}
