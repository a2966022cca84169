{{ figure(
    id='exits_by_administration',
    mart='enrolment_period',
    where='mart.is_last_end',
    category='administration_code',
    subcategory='end_reason_code',
    measures={'ended': count_rows()}
) }}
