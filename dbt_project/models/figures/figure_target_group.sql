{{ figure(
    id='target_group',
    mart='target_group_day',
    where='cell.is_eligible or cell.is_in_register',
    measures={
        'eligible': 'count(*) filter (where cell.is_eligible)',
        'in_register': 'count(*) filter (where cell.is_in_register)',
        'eligible_not_in_register': 'count(*) filter (where cell.is_eligible and not cell.is_in_register)',
        'in_register_not_eligible': 'count(*) filter (where cell.is_in_register and not cell.is_eligible)'
    }
) }}
