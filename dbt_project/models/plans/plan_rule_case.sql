select
    rule_id,
    person_id,
    contact_id,
    case_on,
    limit_on,
    observed,
    outcome,
    gender,
    job_centre_code
from {{ ref('plan_rule_case_counted') }}
where not is_protected
