{{ figure(
    id='participants',
    mart='enrolment_period',
    category='administration_code',
    measures={
        'enrolled': count_persons(),
        'new': count_persons('mart.is_new'),
        'ended': count_persons('mart.is_ended')
    }
) }}
