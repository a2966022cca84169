"""What a reader must be told when figures lack persons who have been purged (gallring, förordning (2006:39) 7 §).

    for note in notes(data): ...    # one for the period, one for the year that it is compared with

Pages and documents show the same words. Who is purged is decided elsewhere; this only words the published protocol.
"""

from dataclasses import dataclass

from dashboards.published.publication import Period
from dashboards.published.purging import PurgeEntry
from dashboards.published.report import Published
from dashboards.wording import numbers

LAW = "7 § förordningen (2006:39)"


@dataclass(frozen=True)
class Note:
    """What figures of a period lack. ``is_own``: the period is the report's, not the year that it is compared with."""

    headline: str
    text: str
    is_own: bool

    def __str__(self) -> str:
        return f"{self.headline} {self.text}"


def _persons(count: int) -> str:
    return f"{numbers.number(count)}{numbers.BLANK}{'person' if count == 1 else 'personer'}"


def years(entries: list[PurgeEntry]) -> str:
    """``2024`` or ``2024, 2025 och 2026``: the years of gallring of some entries."""
    found = sorted({entry.data_year for entry in entries})
    return numbers.listed([str(year) for year in found])


def note(purges: tuple[PurgeEntry, ...], period: Period, is_own: bool = True) -> Note | None:
    """What figures of a period lack; None where nobody who may have been counted in it has been purged."""
    touching = [entry for entry in purges if entry.touches(period)]
    if not touching:
        return None
    aged = [entry for entry in touching if entry.has_aged]
    # Sources may go on delivering the same old rows year after year, so these persons cannot be added up over years.
    late = [entry for entry in touching if not entry.has_aged]
    sentences = []
    if aged:
        sentences.append(
            f"{_persons(sum(entry.persons for entry in aged))} som kan ha räknats då har gallrats {years(aged)}, efter det år "
            f"då de fyllde 21 ({LAW})."
        )
    if late:
        sentences.append(
            f"Uppgifter om {_persons(max(entry.persons for entry in late))} lästes först när underlaget hade nått "
            f"{years(late)}. Då hade gallringstiden gått ut, och uppgifterna får inte användas{'' if aged else f' ({LAW})'}."
        )
    sentences.append("Siffrorna är räknade utan dem och kan vara lägre än de som publicerades eller trycktes då.")
    return Note(f"Gallrade personer saknas i underlaget för {period.title}.", " ".join(sentences), is_own)


def notes(data: Published) -> tuple[Note, ...]:
    """The notes of a report: for its period, and for the year before where that is compared with."""
    found = [note(data.purges, data.period)]
    if data.before.available:
        found.append(note(data.purges, data.before, is_own=False))
    return tuple(one for one in found if one)
