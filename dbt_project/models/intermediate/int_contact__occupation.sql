select
    contact_id,
    occupation_id,
    occupation_code
from {{ ref('int_occupation__current') }}
where contact_id is not null
qualify row_number() over (partition by contact_id order by occupation_id desc) = 1
