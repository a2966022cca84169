"""Pages and documents made from the published file (but for the last two), and from nothing else. Read them in this order:

1. ``published``: what the file holds.
2. ``wording``: how numbers and dates are written in Swedish.
3. ``content``: which published numbers stand in which table, diagram or sentence, ready to show.
4. ``disclosure``: which of these numbers the public may not see.
5. ``drawing``: how diagrams look.
6. ``pages`` (HTML) and ``documents`` (Word, Excel, PDF, PX, CSV, DCAT): the same content in each of these forms.
7. ``report_check``: whether the numbers that somebody has printed are those that were published.
8. ``data_protection``: the data protection officer's documents, which are made from contracts and profile and hold no number.
9. ``file_review``: the working paper of a file review, which is made from a sample and holds rows about persons.

Nothing here reads deliveries, the history or the warehouse, and no figure is counted here: what a page shows is a published
number, or a sum, difference or share of published numbers.
"""
