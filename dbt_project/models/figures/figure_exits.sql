{{ figure(
    id='exits',
    mart='enrolment_period',
    where='mart.is_last_end',
    category='end_reason_code',
    measures={'ended': count_rows()}
) }}
