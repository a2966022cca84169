"""Pages and documents made from the published file, and from nothing else.

Read the modules in this order: ``published`` (what the file holds), ``annual_report`` (which figure stands in which table or
diagram), ``content`` (the numbers of each table and diagram, ready to show), ``charts`` and ``site`` (HTML and Plotly).

Nothing here reads deliveries, the history or the warehouse, and no figure is counted here: what a page shows is a published
number, or a sum, difference or share of published numbers.
"""
