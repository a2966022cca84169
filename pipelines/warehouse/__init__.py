"""Between the history and the figures: the parameters that dbt's models read, the run of dbt, and questions for other days.

``periods`` knows what a period id means, ``inputs`` writes the parameters as tables, ``dbt`` calls dbt once a night, which
runs in ``dbt_child``, ``compiled`` runs the same models' SQL without dbt, and ``ask`` so for another day of knowledge, another
period or a single day. What is counted, and how, belongs in ``dbt_project``.
"""
