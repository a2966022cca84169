with

night as (
    select
        on_date,
        case when is_latest then 'latest' when is_previous then 'last_night' else 'year_ago' end as role
    from {{ ref('int_night__extracts') }}
    where is_latest or is_previous or is_year_ago
    -- Where nights are few, the one before is also the one a year ago.
    union
    select on_date, 'year_ago' from {{ ref('int_night__extracts') }}
    where is_year_ago
),

contact_version as (
    select
        contact.*,
        lead(first_extract_date) over (partition by contact_id order by first_extract_date) as next_extract_date
    from {{ ref('stg_ber__contacts') }} as contact
),

enrolment_version as (
    select
        enrolment.*,
        lead(first_extract_date) over (partition by enrolment_id order by first_extract_date) as next_extract_date
    from {{ ref('stg_ber__enrolments') }} as enrolment
),

counted as (
    select on_date, 'status' as figure, 'in_register' as measure, '*' as group_code, count(*) as value
    from {{ ref('int_person_night__compared') }}
    where is_in_register
    group by on_date

    union all

    select on_date, 'status', 'in_register', job_centre_code, count(*)
    from {{ ref('int_person_night__compared') }}
    where is_in_register
    group by on_date, job_centre_code

    union all

    select on_date, 'target_group', 'eligible', '*', count(*)
    from {{ ref('int_person_night__compared') }}
    where is_eligible
    group by on_date

    union all

    select on_date, 'target_group', side, '*', count(*)
    from {{ ref('int_person_night__compared') }}
    where side is not null
    group by on_date, side

    union all

    -- The four weeks up to the night: a sum from the start of a year would always differ from last night's.
    select night.on_date, 'contacts', 'attempts', '*', count(*)
    from (select on_date from night group by on_date) as night
    inner join contact_version as version
        on version.first_extract_date <= night.on_date
        and coalesce(version.next_extract_date > night.on_date, true)
        and version.contacted_on > night.on_date - 28
        and version.contacted_on <= night.on_date
    where version.direction_code = 'UT' and not version.is_annulled
    group by night.on_date

    union all

    select night.on_date, 'participants', 'enrolled', '*', count(distinct number.person_id)
    from (select on_date from night group by on_date) as night
    inner join enrolment_version as version
        on version.first_extract_date <= night.on_date
        and coalesce(version.next_extract_date > night.on_date, true)
        and version.enrolled_on <= night.on_date
        and coalesce(version.ended_on >= night.on_date, true)
    inner join {{ ref('int_person__numbers') }} as number
        on number.pseudonym = version.pseudonym
    group by night.on_date
)

select
    night.role,
    counted.on_date,
    counted.figure,
    counted.measure,
    counted.group_code,
    counted.value
from counted
inner join night on night.on_date = counted.on_date
