{{ config(meta={'dagster': {'ref': {'name': 'target_group_summary'}}}) }}
-- If this breaks, somebody stands twice on the keepers' worklist, or on a side that no page knows.
{{ broken_rules([
    has_one_row_per('int_differing_person__nights', ['person_id', 'on_date']),
    has_one_row_per('int_differing_person__open', ['person_id', 'side']),
    has_one_row_per('int_differing_person__runs', ['person_id', 'side', 'since_date']),
    has_one_row_per('target_group_change', ['person_id', 'side']),
    has_one_row_per('target_group_difference', ['person_id']),
    has_one_row_per('target_group_summary', ['on_date', 'breakdown', 'side', 'code']),
    has_only('target_group_change', 'change', ['new', 'still_open', 'closed']),
    has_only('target_group_difference', 'side', ['eligible_not_in_register', 'in_register_not_eligible']),
]) }}
