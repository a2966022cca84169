{{ config(meta={'dagster': {'ref': {'name': 'int_person__numbers'}}}) }}
-- If this breaks, a join with the model multiplies rows, and somebody is counted twice.
{{ broken_rules([
    has_one_row_per('int_person__numbers', ['pseudonym']),
    has_one_row_per('int_person__protected', ['person_id']),
    has_one_row_per('int_person_day__education', ['person_id', 'period_id']),
    has_one_row_per('int_person_period__located', ['person_id', 'period_id']),
    has_one_row_per('int_period__days', ['period_id', 'on_date']),
    has_one_row_per('int_period__extracts', ['period_id']),
    has_one_row_per('int_district__in_force', ['on_date', 'district_code']),
    runs_never_overlap('int_register__sightings', ['person_id']),
    runs_never_overlap('int_resident__sightings', ['person_id']),
    has_one_row_per('int_stay__registered', ['person_id', 'registered_on']),
    has_one_row_per('int_admission__current', ['decision_id']),
    has_one_row_per('int_contact__current', ['contact_id']),
    has_one_row_per('int_contact__occupation', ['contact_id']),
    has_one_row_per('int_enrolment__current', ['enrolment_id']),
    has_one_row_per('int_intervention__current', ['intervention_id']),
    has_one_row_per('int_occupation__current', ['occupation_id']),
    has_one_row_per('int_participation__current', ['participation_id']),
    has_one_row_per('int_residence_check__current', ['residence_check_id']),
    has_one_row_per('int_school_entry_visit__current', ['visit_id']),
]) }}
