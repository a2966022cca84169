{{ figure(
    id='reached_by_channel',
    mart='contact_period',
    category='channel_code',
    measures={
        'sought': 'count(distinct cell.person_id) filter (where cell.is_attempt)',
        'reached': 'count(distinct cell.person_id) filter (where cell.is_attempt and cell.is_answered)',
        'first_reached': 'count(*) filter (where cell.is_first_reach)'
    }
) }}
