"""How numbers, dates, lists and first letters are written in Swedish. What they say of anything belongs in ``content``."""
