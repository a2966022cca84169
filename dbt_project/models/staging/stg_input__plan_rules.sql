select
    rule.rule_id,
    rule.rule_kind,
    rule.valid_from,
    rule.valid_to,
    max(parameter.value) filter (where parameter.name = 'channel') as channel_code,
    max(parameter.value) filter (where parameter.name = 'before_channel') as before_channel_code,
    max(parameter.value) filter (where parameter.name = 'follow_up_channel') as follow_up_channel_code,
    cast(max(parameter.value) filter (where parameter.name = 'at_least') as integer) as at_least,
    cast(max(parameter.value) filter (where parameter.name = 'wait_days') as integer) as wait_days,
    coalesce(cast(max(parameter.value) filter (where parameter.name = 'within_days') as integer), 0) as within_days,
    coalesce(cast(max(parameter.value) filter (where parameter.name = 'within_months') as integer), 0) as within_months,
    cast(max(parameter.value) filter (where parameter.name = 'after_month') as integer) as after_month,
    cast(max(parameter.value) filter (where parameter.name = 'after_day') as integer) as after_day
from {{ source('input', 'plan_rule') }} as rule
left join {{ source('input', 'plan_parameter') }} as parameter
    on parameter.rule_id = rule.rule_id
-- A rule without a kind is one that the deliveries cannot answer.
where rule.rule_kind is not null
group by rule.rule_id, rule.rule_kind, rule.valid_from, rule.valid_to
