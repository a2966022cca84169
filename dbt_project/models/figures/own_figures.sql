select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_reached_by_channel') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_time_to_contact') }}
union all
select figure, measure, period, gender, district, job_centre, category, subcategory, value
from {{ ref('figure_median_wait') }}
