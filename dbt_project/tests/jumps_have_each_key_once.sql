{{ config(meta={'dagster': {'ref': {'name': 'jump_check'}}}) }}
-- If this breaks, a comparison with another night is made twice, or with two thresholds.
{{ broken_rules([
    has_one_row_per('int_night__figures', ['role', 'figure', 'measure', 'group_kind', 'group_code']),
    has_one_row_per('jump_threshold', ['check_name']),
    has_one_row_per('jump_check', ['check_name', 'group_kind', 'group_code']),
]) }}
