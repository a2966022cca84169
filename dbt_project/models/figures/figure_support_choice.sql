{{ figure(
    id='support_choice',
    mart='enrolment_period',
    where='mart.is_after_first_reach',
    category='administration_code',
    measures={'reached_then_enrolled': count_persons()}
) }}
