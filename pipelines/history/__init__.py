"""What was seen in which extract, for ever: the only history there is, because the registers keep none.

``store`` opens the file and holds the ledger of deliveries; ``merge`` lays a batch of extracts into the intervals. What a
figure counts does not belong here (``dbt_project``).
"""
