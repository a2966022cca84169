{{ figure(
    id='support_choice',
    mart='enrolment_period',
    where='cell.is_after_first_reach',
    category='administration_code',
    measures={'reached_then_enrolled': 'count(distinct cell.person_id)'}
) }}
