{{ config(meta={'dagster': {'ref': {'name': 'stg_history__extracts'}}}) }}
-- If this breaks, the history says two things of one night, and a person is counted twice or by chance.
with run as (
    select 'ber' as source, first_extract_date, last_extract_date
    from {{ ref('stg_ber__register_entries') }}
    union all
    select 'folkbokforing', first_extract_date, last_extract_date
    from {{ ref('stg_folkbokforing__residents') }}
),

run_end as (
    select source, first_extract_date as extract_date from run
    union
    select source, last_extract_date from run
),

-- "In the register during a period" relies on both ends of a run being extract dates.
both_ends_of_a_run_are_extracts as (
    select run_end.source, run_end.extract_date
    from run_end
    left join {{ ref('stg_history__extracts') }} as extract
        on extract.source = run_end.source
        and extract.extract_date = run_end.extract_date
    where extract.extract_date is null
)

{{ broken_rules([
    has_one_row_per('stg_history__extracts', ['source', 'extract_date']),
    has_one_row_per('stg_history__numbers', ['pseudonym']),
    has_one_row_per('stg_input__disclosure', ['protected_identities']),
    has_one_row_per('stg_input__periods', ['period_id']),
    has_one_row_per('stg_input__districts', ['district_code']),
    runs_never_overlap('stg_folkbokforing__residents', ['pseudonym']),
    has_one_row_per('stg_folkbokforing__residents_of_any_date', ['pseudonym', 'first_extract_date']),
    runs_never_overlap('stg_skolregister__study_periods', ['study_period_id']),
    runs_never_overlap('stg_beda__certificates', ['pseudonym', 'certificate_code']),
    runs_never_overlap('stg_ber__register_entries', ['pseudonym']),
    runs_never_overlap('stg_ber__contacts', ['contact_id']),
    runs_never_overlap('stg_ber__occupations', ['occupation_id']),
    runs_never_overlap('stg_ber__enrolments', ['enrolment_id']),
    runs_never_overlap('stg_ber__interventions', ['intervention_id']),
    runs_never_overlap('stg_ber__residence_checks', ['residence_check_id']),
    runs_never_overlap('stg_enkat__answers', ['answer_id']),
    runs_never_overlap('stg_nyckeltal__key_numbers', ['starts_on', 'ends_on', 'activity', 'quantity']),
    runs_never_overlap('stg_antagning__decisions', ['decision_id']),
    runs_never_overlap('stg_skolslussen__visits', ['visit_id']),
    runs_never_overlap('stg_flai__participations', ['participation_id']),
    runs_never_overlap(
        'stg_jobbtorg_unga__counts',
        ['starts_on', 'ends_on', 'job_centre_code', 'gender_code', 'quantity_code', 'end_reason_code']
    ),
    rule('both_ends_of_a_run_are_extracts'),
]) }}
