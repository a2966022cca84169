with

night as (
    select * from {{ ref('int_night__extracts') }}
    where is_compared
),

person_night as (
    {{ all_persons_on('night') | indent(4) }}
),

judged as (
    {{ target_group_on_nights('person_night') | indent(4) }}
)

select
    judged.person_id,
    judged.on_date,
    judged.gender,
    judged.district_code,
    judged.job_centre_code,
    judged.is_eligible,
    judged.is_in_register,
    judged.reason_codes,
    judged.side,
    night.is_latest,
    night.is_previous,
    night.is_year_ago
from judged
inner join night on night.on_date = judged.on_date
