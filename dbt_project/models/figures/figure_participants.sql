{{ figure(
    id='participants',
    mart='enrolment_period',
    category='administration_code',
    measures={
        'enrolled': 'count(distinct cell.person_id)',
        'new': 'count(distinct cell.person_id) filter (where cell.is_new)',
        'ended': 'count(distinct cell.person_id) filter (where cell.is_ended)'
    }
) }}
