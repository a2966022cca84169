"""Which published numbers stand where, ready to show: tables of cells, diagrams and sentences, with Swedish texts.

``annual_report`` says which number stands in which table, ``report`` fills the tables; the others each make what one page shows.
Pages and documents show the same content: no HTML, no Plotly and no file format belong here.
"""
