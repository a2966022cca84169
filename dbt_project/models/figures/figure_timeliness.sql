{{ figure(
    id='timeliness',
    mart='stay_period',
    measures={
        'registered': 'count(*)',
        'contacted_in_14_days': 'count(*) filter (where mart.is_contacted_in_14_days)',
        'contacted_in_30_days': 'count(*) filter (where mart.is_contacted_in_30_days)'
    }
) }}
