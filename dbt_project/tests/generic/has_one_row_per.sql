{# The grain. A test, never a key or a constraint: those make an index, and DuckDB's indexes have lost rows. #}
{% test has_one_row_per(model, key) %}
select {{ key | join(', ') }}
from {{ model }}
group by {{ key | join(', ') }}
having count(*) > 1
{% endtest %}
