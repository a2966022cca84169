"""For whom an output is, in the words that stand on each of its pages, sheets and files (disclosure.md)."""

from dashboards.published.publication import PublicTreatment
from pipelines.configuration.disclosure import CellKey, CellSuppression, Disclosure

INTERNAL = "Internt underlag – innehåller små tal. Får inte spridas."
TOLD_OTHERWISE = " Dagar som redan har redovisats på annat sätt visas med .."

#: Short, as a sheet's header holds no more than 255 letters.
CHANGED = (
    "För att skydda enskilda är varje antal över noll slumpmässigt ändrat med högst {D}, lika för samma personer. Summan av "
    "delar är inte alltid helheten."
)
NONE_SMALL = " Inget antal är {small}."


def audience(public: PublicTreatment | None) -> str:
    """What an output says of itself. ``public``: how a public one protects small numbers; None: it is internal."""
    if public is None:
        return INTERNAL
    return (
        f"Öppen redovisning. {_small_numbers(public.disclosure)}{TOLD_OTHERWISE if public.has_told_otherwise else ''}"
    )


def of_hidden(public: PublicTreatment) -> str:
    """What a ``..`` of a public output is, as a note at the number itself."""
    small = _small_numbers(public.disclosure) if isinstance(public.disclosure, CellSuppression) else ""
    return f"{small}{TOLD_OTHERWISE if public.has_told_otherwise else ''}".strip()


def of_changed(public: PublicTreatment) -> str:
    """What has been done to the numbers of a public output, as a note at the number itself; nothing where it shows them as they
    are."""
    return "" if isinstance(public.disclosure, CellSuppression) else _changed_numbers(public.disclosure)


def _small_numbers(disclosure: Disclosure) -> str:
    """How small numbers are treated, as a note beside every table."""
    if isinstance(disclosure, CellSuppression):
        return f".. betyder mindre än {disclosure.smallest}, eller skyddad för att ett sådant tal annars kan räknas ut."
    return _changed_numbers(disclosure)


def _changed_numbers(choice: CellKey) -> str:
    small = "1" if choice.js == 1 else f"1–{choice.js}"
    return CHANGED.format(D=choice.D) + (NONE_SMALL.format(small=small) if choice.js else "")


def not_available(public: PublicTreatment) -> str:
    """What ``..`` is where the reader chooses the fineness."""
    of_small = "små tal, tal som skulle röja dem, och " if isinstance(public.disclosure, CellSuppression) else ""
    return f"”..” är {of_small}det som är för fint för en öppen redovisning: välj längre perioder eller större grupper."
