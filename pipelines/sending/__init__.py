"""The sender's side: a delivery made from what a municipality really has (interface.md, `kaa deliver`).

``personnummer_forms`` knows how numbers are written, ``ss12000`` reads an SS 12000 server. Nothing here reads KAA_HOME or
takes anything in: that belongs in ``pipelines.delivery`` and ``pipelines.intake``.
"""
