{{ figure(
    id='consented_participants',
    mart='participation_period',
    category='activity_code',
    measures={
        'participants': count_persons(),
        'new': count_persons('mart.is_new'),
        'ended': count_persons('mart.is_ended')
    }
) }}
