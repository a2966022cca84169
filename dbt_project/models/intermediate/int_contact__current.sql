with current_version as (
    select *
    from {{ ref('stg_ber__contacts') }}
    qualify {{ is_current_version(['contact_id']) }}
)

select
    version.contact_id,
    number.person_id,
    version.contacted_on,
    version.direction_code,
    version.channel_code,
    version.is_answered,
    -- Reached: the youth or a relative answered, or made contact of their own accord.
    version.is_answered or version.direction_code = 'IN' as is_reach,
    version.answered_by_code,
    version.staff_count
from current_version as version
inner join {{ ref('int_person__numbers') }} as number
    on number.pseudonym = version.pseudonym
-- Asked of the current version only: a contact that was annulled later counts nowhere, one that was restored counts.
where not version.is_annulled
