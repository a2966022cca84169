{{ figure(
    id='participants',
    mart='enrolment_period',
    category='administration_code',
    measures={
        'enrolled': 'count(distinct mart.person_id)',
        'new': 'count(distinct mart.person_id) filter (where mart.is_new)',
        'ended': 'count(distinct mart.person_id) filter (where mart.is_ended)'
    }
) }}
