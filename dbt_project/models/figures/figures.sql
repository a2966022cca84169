select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_population') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_outreach') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_contacts') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_occupation') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_participants') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_exits') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_measures') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_measure_exits') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_support_choice') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_timeliness') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_offer_90_days') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_residence_checks') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_survey') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_key_numbers') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_residents') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_status') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_target_group') }}
