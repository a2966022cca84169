{{ figure(
    id='measure_exits',
    mart='intervention_period',
    where='mart.is_last_end_of_kind',
    category='intervention_code',
    category_total=false,
    subcategory='end_reason_code',
    measures={'ended': count_rows()}
) }}
