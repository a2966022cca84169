"""The sentences of figures.md, each with a small example that the program has to answer as the sentence says.

``cases/*.yaml`` are the examples, written for a statistician; ``cases`` reads them, ``test_cases`` asks the program,
``manual`` prints them as docs/sa-raknas-det.md. Random worlds and their oracle belong in tests/property and tests/model.
"""
