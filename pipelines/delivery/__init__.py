"""One delivery, from the drop folder to typed, pseudonymised rows.

``find`` sees the folders, ``trouble`` says what cannot be read here, ``manifest`` reads what the sender says, ``parsing``
takes the files apart into records, ``distinct_records`` knows which of them stood in the file before, ``values`` types them,
``rows`` judges them, ``runs`` holds in which extracts each was seen, ``pseudonym`` replaces every personnummer, ``consent`` says
by what a record is known whose consent is withdrawn, ``archive`` keeps what came as it came, ``judging`` decides the delivery's
status. Running these for a whole night belongs in
``pipelines.intake``; what is remembered of the rows in ``pipelines.history``.
"""
