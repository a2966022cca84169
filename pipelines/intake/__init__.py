"""A night's deliveries, from the drop folder into the history.

``take_in`` is the night's way, step by step, for every ``candidate`` that has not been seen: ``read_batches`` reads it,
``evidence`` archives it, ``type_batches`` types its rows, ``checked`` gathers what the verdict needs, ``withdrawals`` finds the
consents that are withdrawn; ``unforeseen`` says whose an error is that nobody foresaw. ``owner`` makes sure that the history is
this municipality's, ``clock`` that the machine's clock can be believed. What one delivery must look like belongs in ``delivery``,
how content is remembered in ``history``.
"""
