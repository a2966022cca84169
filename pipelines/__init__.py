"""The way from a delivery to a published figure.

Read the packages in the order in which the data goes through them:

1. ``contract``, ``municipality`` and ``plans``: what a delivery must look like, and what differs between municipalities (data
   files, read by ``yaml_file`` where people write them).
2. ``delivery``: find, check, archive and read what the source systems have put in the drop folder.
3. ``history``: which content was seen in which extracts, for ever (DuckDB).
4. ``quality``: the contracts' promises, checked by Great Expectations.
5. ``warehouse``: dbt builds staging, intermediate, marts and figures from the history.
6. ``publish``: copies the figures and their definitions, nothing about persons, to the published file.
7. ``orchestration``: puts the steps together as one Dagster job; ``cli`` is the program ``kaa``, and ``loading``
   lets the libraries of 4 and 5 load while 2 goes on.

``notices`` is the one place that words what happened for people, from codes and parameters. ``surroundings`` and ``output``
stand between the program and its caller, ``os_errors`` words what the operating system refuses, ``files`` writes a file in one
step, ``report_folder`` puts a report where people work in it.

Pages and documents are made from the published file by ``dashboards`` and do not belong here; how a figure is counted
belongs in ``dbt_project``.
"""
