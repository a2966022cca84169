"""Published numbers of several periods, for the pages over time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from dashboards.published.catalogue import read_catalogue
from dashboards.published.file import ALL_FIGURES, connect, rows
from dashboards.published.numbers import OPEN, Count, Numbers, Share, one, read_numbers
from dashboards.published.publication import Period, read_periods


@dataclass(frozen=True)
class ChartedShare:
    """A share that is followed over time, with a sentence that says of what it is; where a category is open it is the one that
    the reader chooses."""

    id: str
    title: str
    sentence: str
    share: Share


@dataclass(frozen=True)
class Series:
    """Some figures over several periods, oldest first."""

    periods: tuple[Period, ...]
    shares: tuple[ChartedShare, ...]
    numbers: Numbers = field(repr=False)

    def of(self, series: str) -> tuple[Period, ...]:
        """The periods that may stand in one diagram (``Period.series``)."""
        return tuple(period for period in self.periods if period.series == series)


def read_series(
    path: Path,
    kinds: Iterable[str],
    until: date,
    figures: Collection[str] | None = None,
    totals_only: frozenset[str] = frozenset(),
    most_dimensions: int = 3,
    table: str = ALL_FIGURES,
) -> Series:
    """Figures (all, our own too, where none are named) of every period of these kinds that had ended by a day. For
    ``totals_only`` and ``most_dimensions`` see ``Numbers``."""
    with connect(path) as connection:
        periods = read_periods(connection, kinds, until)
        catalogue = read_catalogue(connection)
        wanted = {name: figure for name, figure in catalogue.items() if figures is None or name in figures}
        shares = tuple(
            ChartedShare(
                row["share"],
                row["title"],
                row["sentence"],
                Share(
                    _open_count(row["figure"], row["measure"], row["category"]),
                    _open_count(row["whole_figure"], row["whole_measure"], row["whole_category"]),
                ),
            )
            for row in rows(connection, "select * from catalogue_share order by position")
        )
        ids = (period.id for period in periods)
        return Series(periods, shares, read_numbers(connection, wanted, ids, totals_only, most_dimensions, table))


def _open_count(figure: str, measure: str, category: str | None) -> Count:
    return one(figure, measure, category=OPEN if category is None else category)
