"""How numbers, dates, lists and first letters are written in Swedish. What they say about anything belongs in ``dashboards.content``."""
