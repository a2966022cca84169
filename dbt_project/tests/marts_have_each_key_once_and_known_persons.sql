{{ config(meta={'dagster': {'ref': {'name': 'person_period'}}}) }}
-- If this breaks, figures count somebody twice, or a trace shows other persons than the figure counted.
{{ broken_rules([
    has_one_row_per('person_period', ['person_id', 'period_id']),
    has_one_row_per('contact_period', ['contact_id', 'period_id']),
    has_one_row_per('enrolment_period', ['enrolment_id', 'period_id']),
    has_one_row_per('intervention_period', ['intervention_id', 'period_id']),
    has_one_row_per('stay_period', ['person_id', 'registered_on', 'period_id']),
    has_one_row_per('residence_check_period', ['residence_check_id', 'period_id']),
    has_one_row_per('answer_period', ['answer_id', 'period_id']),
    has_one_row_per('key_number_period', ['period_id', 'starts_on', 'ends_on', 'activity', 'quantity']),
    has_one_row_per('admission_period', ['decision_id', 'period_id']),
    has_one_row_per('school_entry_visit_period', ['visit_id', 'period_id']),
    has_one_row_per('participation_period', ['participation_id', 'period_id']),
    has_one_row_per(
        'youth_count_period',
        [
            'period_id', 'starts_on', 'ends_on', 'delivered_job_centre_code', 'gender_code', 'quantity_code',
            'end_reason_code'
        ]
    ),
    has_one_row_per('register_day', ['person_id', 'period_id']),
    has_one_row_per('target_group_day', ['person_id', 'period_id']),
    belongs_to_a_person_period('contact_period'),
    belongs_to_a_person_period('enrolment_period'),
    belongs_to_a_person_period('intervention_period'),
    belongs_to_a_person_period('stay_period'),
    belongs_to_a_person_period('residence_check_period'),
    belongs_to_a_person_period('admission_period'),
    belongs_to_a_person_period('school_entry_visit_period'),
    belongs_to_a_person_period('participation_period'),
]) }}
