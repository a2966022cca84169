{{ figure(
    id='reached_by_channel',
    mart='contact_period',
    category='channel_code',
    measures={
        'sought': 'count(distinct mart.person_id) filter (where mart.is_attempt)',
        'reached': 'count(distinct mart.person_id) filter (where mart.is_attempt and mart.is_answered)',
        'first_reached': 'count(*) filter (where mart.is_first_reach)'
    }
) }}
