"""``kaa check-report``: do the numbers of a report agree with the warehouse, and with each other?

    vocabulary   what the catalogue knows: figures, measures, their Swedish words
    names        under which name a number of the report is known, and what its terms stand for
    typed_numbers   numbers as people type them
    cells        one printed number, and whether it agrees with the published ones
    tables       the rows of a report's tables
    printed_report   the numbers of these rows
    printed_text     the numbers in its sentences
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
