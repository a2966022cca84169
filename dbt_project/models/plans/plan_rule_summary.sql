select
    rule_case.rule_id,
    period.period_id,
    case when grouping(rule_case.gender) = 1 then '*' else rule_case.gender end as gender_group,
    case when grouping(rule_case.job_centre_code) = 1 then '*' else rule_case.job_centre_code end as job_centre_group,
    count(*) as cases,
    count(*) filter (where rule_case.outcome = 'FOLLOWED') as followed,
    count(*) filter (where rule_case.outcome = 'NOT_FOLLOWED') as not_followed,
    count(*) filter (where rule_case.outcome = 'UNKNOWN') as undecided,
    count(*) filter (where rule_case.is_protected) as protected
from {{ ref('plan_rule_case_counted') }} as rule_case
inner join {{ ref('stg_input__periods') }} as period
    on rule_case.case_on between period.starts_on and period.ends_on
where not period.is_day
group by grouping sets (
    (rule_case.rule_id, period.period_id),
    (rule_case.rule_id, period.period_id, rule_case.gender),
    (rule_case.rule_id, period.period_id, rule_case.job_centre_code),
    (rule_case.rule_id, period.period_id, rule_case.job_centre_code, rule_case.gender)
)
