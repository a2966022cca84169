{{ figure(
    id='school_entry_visits',
    mart='school_entry_visit_period',
    category='visit_type_code',
    measures={
        'visits': count_rows(),
        'visitors': count_persons(),
        'before_term': count_persons('mart.is_before_term')
    }
) }}
