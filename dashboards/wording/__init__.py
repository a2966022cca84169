"""How numbers, dates and lists are written in Swedish. What they say about anything belongs in ``dashboards.content``."""
