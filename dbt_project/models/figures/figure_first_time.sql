{{ figure(
    id='first_time',
    mart='stay_period',
    where='mart.is_first_and_followed',
    measures={
        'persons': count_rows(),
        'reached_in_90_days': count_rows('mart.reach_in_90_days_contact_id is not null'),
        'enrolled_in_90_days': count_rows('mart.support_in_90_days_enrolment_id is not null')
    }
) }}
