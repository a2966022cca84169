"""The way from a delivery to a published figure: each package may use those above it in this list, never those below.

1. ``runtime``: what the program needs of the machine it runs on (memory, files, environment, errors of the system).
2. ``configuration``: what people have written down in data files: contracts, profiles, plans, the catalogue of figures.
3. ``state``: what lies below KAA_HOME: which versions there are, which one counts, what people have decided.
4. ``delivery``: one delivery: find, check, read, type, pseudonymise, archive.
5. ``sending``: the sender's side: a delivery made of what a municipality has, and judged before it is sent.
6. ``history``: which content was seen in which extracts, for ever (DuckDB).
7. ``intake``: a night's deliveries, one after the other, into the history.
8. ``quality``: the contracts' promises, checked by Great Expectations.
9. ``warehouse``: dbt builds staging, intermediate, marts and figures from the history.
10. ``publication``: the file that everybody may read, and what is asked before it is published.
11. ``audit``: which rows and files a number rests on, why it changed, what a report was.
12. ``orchestration``: the steps as one Dagster job.
14. ``commands``: the program ``kaa``.

``notices`` is the one place that words what happened for people, from codes and parameters.

Pages and documents are made from the published file by ``dashboards`` and do not belong here; how a figure is counted
belongs in ``dbt_project``.
"""
