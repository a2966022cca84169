{#
    Each event of a person in a period has its row in person_period, with the same dimensions. Otherwise the trace of a cell
    would show other persons than the figure counted.
#}
{% test belongs_to_a_person_period(model) %}
select event.person_id
from {{ model }} as event
left join {{ ref('person_period') }} as person
    on person.person_id = event.person_id
    and person.period_id = event.period_id
    and person.gender = event.gender
    and person.district_code = event.district_code
    and person.job_centre_code = event.job_centre_code
where person.person_id is null
{% endtest %}
