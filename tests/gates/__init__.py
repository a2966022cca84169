"""Which of a night's checks pay: faults of every kind are planted, and each check says whether it finds them.

``catalogue`` plants the faults, ``models`` those of the SQL, ``cost`` says what the checks take of a night, ``report`` puts it
into docs/quality-gates.md. That a check judges rightly is tested where it stands (tests/dbt, quality, delivery, guard); here is
asked what a night would lose without it.
"""
