{{ figure(
    id='status',
    mart='register_day',
    category='category_code',
    measures={'in_register': count_rows()}
) }}
