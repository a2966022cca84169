{{ figure(
    id='offer_90_days',
    mart='enrolment_period',
    where='mart.is_offer_due',
    measures={
        'enrolments': 'count(*)',
        'offered': 'count(*) filter (where mart.is_offered)'
    }
) }}
