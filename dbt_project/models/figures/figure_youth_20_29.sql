{{ figure(
    id='youth_20_29',
    mart='youth_count_period',
    category='quantity_code',
    category_total=false,
    subcategory='end_reason_code',
    dimensions=['gender', 'job_centre'],
    measures={'value': sum_of('mart.youths')}
) }}
