"""From the drop folder to typed, pseudonymised rows.

``find`` sees the folders, ``trouble`` says what cannot be read here, ``clock`` whether the machine's clock can be believed,
``manifest`` reads what the sender says, ``reading`` takes the files apart into records, ``lines`` knows which of them stood in
the file before, ``rows`` types and judges the records, ``pseudonym`` replaces every personnummer, ``archive`` keeps what came
as it came, ``judging`` decides the delivery's status, ``take_in`` runs these in
order. What is remembered of the rows belongs in ``pipelines.history``.
"""
