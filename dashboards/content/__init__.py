"""Which published numbers stand where, ready to show: tables of cells, diagrams and sentences, with Swedish texts.

``annual_report`` says which number stands in which table, ``report`` fills them; ``tables`` is what all of them are made of. The
others each make what one page shows, from the query of the same name in ``published`` where the page needs more than numbers.
Pages and documents show the same content: no HTML, no Plotly and no file format belong here.
"""
