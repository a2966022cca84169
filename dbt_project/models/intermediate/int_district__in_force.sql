with recursive

day as (
    -- distinct: several periods may end on one day
    select distinct ends_on as on_date from {{ ref('stg_input__periods') }}
),

carried as (
    select
        day.on_date,
        district.district_code,
        district.job_centre_code,
        district.district_code as carried_code,
        [district.district_code] as codes_so_far
    from day
    cross join {{ ref('stg_input__districts') }} as district

    union all

    select
        carried.on_date,
        carried.district_code,
        carried.job_centre_code,
        district.successor_code,
        array_append(carried.codes_so_far, district.successor_code)
    from carried
    inner join {{ ref('stg_input__districts') }} as district
        on district.district_code = carried.carried_code
        and district.valid_to < carried.on_date
        and district.successor_code is not null
    -- A circle of successors ends where it comes back to itself.
    where not array_contains(carried.codes_so_far, district.successor_code)
)

select
    carried.on_date,
    carried.district_code,
    carried.carried_code as district_in_force_code,
    -- The job-centre is the one of the row's own code, whatever district it has become.
    {{ or_saknas('carried.job_centre_code') }} as job_centre_code
from carried
left join {{ ref('stg_input__districts') }} as district
    on district.district_code = carried.carried_code
    and district.valid_to < carried.on_date
    and district.successor_code is not null
where district.district_code is null
