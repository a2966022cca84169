{{ figure(
    id='occupation_after_support',
    mart='enrolment_period',
    where='mart.is_last_end',
    category='occupation_after_code',
    measures={'persons': count_rows()}
) }}
