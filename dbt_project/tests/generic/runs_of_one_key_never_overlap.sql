{#
    A key has at most one row in an extract. If two runs of it overlapped, its person would be counted twice, or the current
    version would be chosen by chance.
#}
{% test runs_of_one_key_never_overlap(model, key) %}
select first_extract_date
from (
    select
        first_extract_date,
        last_extract_date,
        max(last_extract_date) over (
            partition by {{ key | join(', ') }}
            order by first_extract_date, last_extract_date
            rows between unbounded preceding and 1 preceding
        ) as seen_before
    from {{ model }}
) as run
where last_extract_date < first_extract_date
    or seen_before >= first_extract_date
{% endtest %}
