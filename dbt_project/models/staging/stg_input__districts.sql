select
    district.code as district_code,
    district.valid_to as valid_to,
    district.successor_code as successor_code,
    covered.job_centre_code
from {{ source('input', 'district') }} as district
left join {{ source('input', 'job_centre_district') }} as covered
    on covered.district_code = district.code
