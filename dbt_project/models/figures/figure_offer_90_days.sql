{{ figure(
    id='offer_90_days',
    mart='enrolment_period',
    where='mart.is_offer_due',
    measures={
        'enrolments': count_rows(),
        'offered': count_rows('mart.is_offered')
    }
) }}
