"""What leaves the house gives nobody away (docs/spec/disclosure.md): which numbers the public output shows as ``..``.

``relations`` says which sums and bounds an outsider knows, ``linked`` puts all outputs into one system of them, ``sensitive``
which numbers are too small, ``outsider`` what can be found out about a number that is not shown (linear
programming), ``suppression`` chooses what else is not shown so that nothing can be, and ``public`` puts these together.
What a number means belongs in the catalogue, how ``..`` looks in ``dashboards.wording``.
"""
