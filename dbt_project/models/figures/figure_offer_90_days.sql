{{ figure(
    id='offer_90_days',
    mart='enrolment_period',
    where='cell.is_offer_due',
    measures={
        'enrolments': 'count(*)',
        'offered': 'count(*) filter (where cell.is_offered)'
    }
) }}
