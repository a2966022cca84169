{{ figure(
    id='survey',
    mart='answer_period',
    category='question',
    subcategory='answer_code',
    dimensions=[],
    measures={'answers': count_rows()}
) }}
