{{ figure(
    id='measure_exits',
    mart='measure_period',
    where='cell.is_last_end_of_kind',
    category='measure_code',
    category_total=false,
    subcategory='end_reason_code',
    measures={'ended': 'count(*)'}
) }}
