{{ figure(
    id='reached_by_channel',
    mart='contact_period',
    category='channel_code',
    measures={
        'sought': count_persons('mart.is_attempt'),
        'reached': count_persons('mart.is_attempt and mart.is_answered'),
        'first_reached': count_rows('mart.is_first_reach')
    }
) }}
