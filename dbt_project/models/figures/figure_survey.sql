{{ figure(
    id='survey',
    mart='answer_period',
    category='question',
    subcategory='answer_code',
    has_dimensions=false,
    measures={'answers': count_rows()}
) }}
