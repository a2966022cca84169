"""``kaa check-report``: do the numbers of a report agree with the warehouse, and with each other?

    vocabulary   what can be printed: figures, measures, their Swedish words
    cells        one printed number, and whether it agrees with the published ones
    printed_report   the tables of a report
    rules        which relations hold between published numbers, each with its source
    relations    the rules applied to one report
    constraints, diagnosis   linear constraints, conflicts, the smallest sets of wrong claims; know nothing of reports
    slips        the usual mistakes that make a wrong number of a right one
    findings     which printed numbers are wrong, from the report alone
    warehouse    the published numbers, and the comparison with them
    checked      both together
    wording      the answer in Swedish

Nothing is counted here: the warehouse's numbers are read from the published file.
"""
