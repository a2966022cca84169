{{ config(meta={'dagster': {'ref': {'name': 'int_person_night__compared'}}}) }}
-- If this breaks, a night or a person of a night is compared twice, in the worklist and in the comparison with other nights.
{{ broken_rules([
    has_one_row_per('int_night__extracts', ['on_date']),
    has_one_row_per('int_person_night__compared', ['person_id', 'on_date']),
]) }}
