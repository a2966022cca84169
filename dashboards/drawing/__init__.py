"""How content is drawn: ``charts`` makes Plotly diagrams of it, ``theme`` is the one place where a colour is chosen."""
