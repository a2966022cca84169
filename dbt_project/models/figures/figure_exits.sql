{{ figure(
    id='exits',
    mart='enrolment_period',
    where='cell.is_last_end',
    category='end_reason_code',
    measures={'ended': 'count(*)'}
) }}
