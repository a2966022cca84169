{{ figure(
    id='key_numbers',
    mart='key_number_period',
    category='activity',
    subcategory='quantity',
    dimensions=[],
    measures={'value': sum_of('mart.quantity_value')}
) }}
