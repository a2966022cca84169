with current_version as (
    select *
    from {{ ref('stg_skolslussen__visits') }}
    qualify {{ is_current_version(['visit_id']) }}
)

select
    version.visit_id,
    number.person_id,
    version.visited_on,
    version.visit_type_code
from current_version as version
inner join {{ ref('int_person__numbers') }} as number
    on number.pseudonym = version.pseudonym
