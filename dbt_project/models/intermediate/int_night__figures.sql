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
    {{ versions_with_next(ref('stg_ber__contacts'), ['contact_id']) | indent(4) }}
),

enrolment_version as (
    {{ versions_with_next(ref('stg_ber__enrolments'), ['enrolment_id']) | indent(4) }}
),

happened as (
    -- The four weeks up to the night: a sum from the start of a year would always differ from last night's.
    select
        night.on_date,
        'contacts' as figure,
        'attempts' as measure,
        version.contact_id as event_id,
        version.pseudonym
    from (select on_date from night group by on_date) as night
    inner join contact_version as version
        on {{ is_current_on('night.on_date') }}
        and version.contacted_on > night.on_date - 28
        and version.contacted_on <= night.on_date
    where version.direction_code = 'UT' and not version.is_annulled

    union all

    select night.on_date, 'participants', 'enrolled', null, version.pseudonym
    from (select on_date from night group by on_date) as night
    inner join enrolment_version as version
        on {{ is_current_on('night.on_date') }}
        and version.enrolled_on <= night.on_date
        and coalesce(version.ended_on >= night.on_date, true)
),

fact as (
    select on_date, 'status' as figure, 'in_register' as measure, gender, job_centre_code
    from {{ ref('int_person_night__compared') }}
    where is_in_register

    union all

    select on_date, 'target_group', 'eligible', gender, job_centre_code
    from {{ ref('int_person_night__compared') }}
    where is_eligible

    union all

    select on_date, 'target_group', side, gender, job_centre_code
    from {{ ref('int_person_night__compared') }}
    where side is not null

    union all

    -- Who has left both registers by then has no job-centre.
    select
        happened.on_date,
        happened.figure,
        happened.measure,
        max(number.gender),
        {{ or_saknas('max(person.job_centre_code)') }}
    from happened
    inner join {{ ref('int_person__numbers') }} as number
        on number.pseudonym = happened.pseudonym
    left join {{ ref('int_person_night__compared') }} as person
        on person.person_id = number.person_id
        and person.on_date = happened.on_date
    -- A contact is one, and so is a person with several enrolments; each has one gender and one job-centre.
    group by happened.on_date, happened.figure, happened.measure, happened.event_id, number.person_id
),

counted as (
    select
        on_date,
        figure,
        measure,
        case
            when grouping(gender) = 0 then 'gender'
            when grouping(job_centre_code) = 0 then 'job_centre'
            else 'all'
        end as group_kind,
        coalesce(gender, job_centre_code, '*') as group_code,
        count(*) as value
    from fact
    group by grouping sets (
        (on_date, figure, measure), (on_date, figure, measure, gender), (on_date, figure, measure, job_centre_code)
    )
)

select
    night.role,
    counted.on_date,
    counted.figure,
    counted.measure,
    counted.group_kind,
    counted.group_code,
    counted.value
from counted
inner join night on night.on_date = counted.on_date
