with current_version as (
    select *
    from {{ ref('stg_antagning__decisions') }}
    qualify {{ is_current_version(['decision_id']) }}
)

select
    version.decision_id,
    number.person_id,
    version.admission_year,
    version.decided_on,
    version.round_code = 'SLUTLIG' and version.outcome_code = 'EJ_ANTAGEN' as is_final_refusal
from current_version as version
inner join {{ ref('int_person__numbers') }} as number
    on number.pseudonym = version.pseudonym
