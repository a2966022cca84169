"""What was seen in which extract, for ever: the only history there is, because the registers keep none.

``store`` opens the file and holds the ledger of deliveries; ``merge`` lays a batch of extracts into the intervals;
``purge`` says which persons are due and removes them, ``due_rows`` which rows are about them, ``consents`` which records go
because a consent is withdrawn, ``purge_archives`` which archived deliveries go; ``unexplained`` notices a history that changed by
itself. What a figure counts does not belong here (``dbt_project``).
"""
