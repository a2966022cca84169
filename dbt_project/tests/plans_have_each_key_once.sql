{{ config(meta={'dagster': {'ref': {'name': 'plan_rule_summary'}}}) }}
-- If this breaks, a case is counted twice in how a plan was followed, or with an outcome that no page knows. The models of the
-- kinds of rules come together in plan_rule_case.
{{ broken_rules([
    has_one_row_per('stg_input__plan_rules', ['rule_id']),
    has_one_row_per('plan_stay', ['person_id', 'registered_on']),
    has_one_row_per('plan_rule_case', ['rule_id', 'person_id', 'contact_id', 'case_on']),
    has_one_row_per('plan_rule_case_counted', ['rule_id', 'person_id', 'contact_id', 'case_on']),
    has_one_row_per('plan_rule_summary', ['rule_id', 'period_id', 'gender_group', 'job_centre_group']),
    has_only('plan_rule_case', 'outcome', ['FOLLOWED', 'NOT_FOLLOWED', 'UNKNOWN']),
    has_only('plan_rule_case_counted', 'outcome', ['FOLLOWED', 'NOT_FOLLOWED', 'UNKNOWN']),
]) }}
