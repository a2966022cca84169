"""The public output of a period: which numbers it shows, which of them are hidden, and what is told of that.

output = public_output(published_file, "verksamhetsar-2023", earlier=[...], smallest=5)
output = changed_output(published_file, "verksamhetsar-2023", choice)        # by the Cell Key Method

``told_otherwise``: periods of whose days earlier outputs have told that were protected in another way. Two ways of protecting the
same numbers together say more than each, so nothing is shown of these.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dashboards.content.shown_numbers import ShownNumbers, shown_numbers
from dashboards.disclosure.linked import Snapshot
from dashboards.disclosure.public import Protection, protect
from dashboards.disclosure.relations import DIVIDED, Known, order
from dashboards.published.file import ALL, MISSING, PUBLIC_FIGURES, connect, rows
from dashboards.published.numbers import DIMENSIONS, NumberKey, Numbers, read_numbers
from dashboards.published.publication import period_of
from dashboards.published.report import Published, read_report
from dashboards.wording.numbers import plain
from pipelines.configuration.catalogue import Counted, read_catalogue
from pipelines.configuration.disclosure import CellKey

HIDDEN = ".."


@dataclass(frozen=True)
class PublicOutput:
    """The numbers of an output with their values, zeros too, and which of them are hidden."""

    values: Mapping[NumberKey, int | str]
    protection: Protection

    @property
    def snapshot(self) -> Snapshot:
        """What is remembered of it, so that later outputs give nothing of it away."""
        untold = self.protection.told_otherwise
        counts = {key: value for key, value in self.values.items() if isinstance(value, int) and key not in untold}
        return Snapshot(counts, self.protection.hidden - untold)

    def cells(self) -> str:
        """``cells.csv``: every number of the output, in the shape of figures.md section 2."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*DIMENSIONS, "value"])
        for key in sorted(self.values, key=order):
            writer.writerow([*order(key), HIDDEN if key in self.protection.hidden else self.values[key]])
        return text.getvalue()


@dataclass(frozen=True)
class _Asked:
    """What an output would show: counts, and numbers as they were delivered, which are not protected. ``untold``: counts of
    periods that are told otherwise."""

    counts: Mapping[NumberKey, int]
    untold: Mapping[NumberKey, int]
    delivered: Mapping[NumberKey, str]
    in_tables: frozenset[NumberKey]
    costs: Mapping[NumberKey, float]


#: Which numbers an output would show, of a published file, given its numbers as public output counts them, the smallest number
#: that is shown, and the periods that earlier outputs have told of otherwise.
Shown = Callable[[Path, Published, int, Collection[str]], ShownNumbers]


def public_output(
    path: Path,
    period_id: str,
    earlier: Sequence[Snapshot],
    smallest: int,
    told_otherwise: Collection[str] = (),
    shown: Shown = shown_numbers,
    also: Collection[str] = (),
) -> PublicOutput:
    """Chooses what the public output of a period shows and what it hides. ``shown``: which numbers it would show, by default
    those of the annual report; ``also``: days that it tells of besides. Raises CannotPublish."""
    data = read_report(path, period_id, PUBLIC_FIGURES, also)
    numbers, known = _everything(path, data, also)
    asked = _asked(path, data, numbers, smallest, told_otherwise, shown)
    current = lambda key: int(numbers.value(key) or 0)  # noqa: E731
    protection = protect(asked.counts, earlier, known, smallest, current, asked.in_tables, asked.costs)
    kept = {key: value for key, value in asked.counts.items() if key not in protection.given_away}
    return PublicOutput(
        {**kept, **asked.untold, **asked.delivered}, replace(protection, told_otherwise=frozenset(asked.untold))
    )


def changed_output(
    path: Path,
    period_id: str,
    choice: CellKey,
    told_otherwise: Collection[str] = (),
    shown: Shown = shown_numbers,
    also: Collection[str] = (),
) -> PublicOutput:
    """What the public output of a period shows by the Cell Key Method: the counts as they have been changed. Only of these is it
    asked which there are: a row whose only person is changed to none must not stand there. ``shown``, ``also``: as for
    ``public_output``."""
    data = read_report(path, period_id, PUBLIC_FIGURES, also)
    numbers, _ = _everything(path, data, also)
    asked = _asked(path, data, numbers, choice.js + 1, told_otherwise, shown)
    # What others have counted has no persons whose keys would change it, and so is not shown at all.
    unchanged = frozenset(key for key in asked.counts if read_catalogue()[key.figure].counted is Counted.ROW)
    protection = Protection(unchanged, frozenset(), told_otherwise=frozenset(asked.untold))
    return PublicOutput({**asked.counts, **asked.untold, **asked.delivered}, protection)


def _asked(
    path: Path, data: Published, numbers: Numbers, smallest: int, told_otherwise: Collection[str], asking: Shown
) -> _Asked:
    shown = asking(path, data, smallest, told_otherwise)
    counts: dict[NumberKey, int] = {}
    delivered: dict[NumberKey, str] = {}
    for key in shown.keys:
        value = numbers.value(key)
        if data.catalogue[key.figure].absent_is_zero:
            counts[key] = int(value or 0)
        elif value is not None:
            delivered[key] = plain(value)
    untold = {key: count for key, count in counts.items() if key.period in told_otherwise}
    told = {key: count for key, count in counts.items() if key not in untold}
    return _Asked(told, untold, delivered, shown.in_tables, shown.costs)


def _everything(path: Path, data: Published, days: Collection[str]) -> tuple[Numbers, Known]:
    """All numbers of all periods, and of these days, as public output counts them, and what an outsider knows besides."""
    with connect(path) as connection:
        wanted = "select * from period where period_kind <> 'dag' or list_contains(?, period_id)"
        periods = [period_of(row) for row in rows(connection, wanted, [list(days)])]
        numbers = read_numbers(connection, data.catalogue, [period.id for period in periods], table=PUBLIC_FIGURES)
        (profile,) = rows(connection, "select value from profile where name = 'job_centres'")
    reach = {period.id: (period.starts_on, period.ends_on) for period in periods if period.starts_on and period.ends_on}
    occurring: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for key in numbers.values:
        for name in DIVIDED:
            occurring[_scope(key.figure, key.period, name)].add(getattr(key, name))
    in_force = {
        period: {district.code for district in data.districts if district.in_force(last)}
        for period, (_, last) in reach.items()
    }

    def codes(figure: str, period: str, name: str) -> frozenset[str]:
        found = set(occurring[_scope(figure, period, name)])
        if name == "district":
            found |= in_force.get(period, set())
        elif name == "gender":
            found |= {"kvinna", "man"}
        elif name in ("category", "subcategory"):
            entry = data.catalogue[figure]
            code_list = entry.category_list if name == "category" else entry.subcategory_list
            found |= set(data.codes(code_list)) if code_list else set()
        return frozenset(found - {ALL})

    covered = {centre["code"]: frozenset(centre["districts"]) for centre in json.loads(profile["value"])}

    def districts_of(job_centre: str, period: str) -> frozenset[str]:
        if job_centre == MISSING:
            return frozenset({MISSING}) | (in_force.get(period, set()) - frozenset().union(*covered.values()))
        return covered.get(job_centre, frozenset()) & in_force.get(period, set())

    return numbers, Known(reach, codes, districts_of)


def _scope(figure: str, period: str, name: str) -> tuple[str, str, str]:
    """Places occur in a period whatever is counted; categories in a figure, whatever the period."""
    return (figure, "", name) if name in ("category", "subcategory") else ("", period, name)
