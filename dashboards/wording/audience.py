"""For whom an output is, in the words that stand on each of its pages, sheets and files (disclosure.md)."""

INTERNAL = "Internt underlag – innehåller små tal. Får inte spridas."


def small_numbers(smallest: int) -> str:
    """How a public output treats small numbers, as a note beside ``..``."""
    return f".. betyder mindre än {smallest}, eller skyddad för att ett sådant tal annars kan räknas ut."


def audience(smallest: int | None) -> str:
    """What an output says of itself. ``smallest``: the smallest number that a public one shows; None: it is internal."""
    return INTERNAL if smallest is None else f"Öppen redovisning. {small_numbers(smallest)}"
