"""Statistics that the municipality must hand in: SCB's half-yearly file of the youths covered and their measures.

Here a period's youths become rows in SCB's blocks (``youths``), are checked (``checks``) and written (``files``). Which columns,
codes and checks there are is data (``layout``, ``data_contracts/statistics``). Published figures and who may see a number do not
belong here: figures are dbt's, access is ``audit``'s.
"""
