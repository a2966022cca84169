"""How numbers came about, in words for everybody: the registers and datasets that they are counted from, the extracts that this
publication had of them, and the command that gives them. What a figure means is in the catalogue; which delivered rows a
number counts is asked in ``traces``.
"""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from dashboards.content.tables import Definition
from dashboards.published.catalogue import Figure, Source
from dashboards.published.publication import Period
from dashboards.published.report import Published
from dashboards.wording import numbers
from dashboards.wording.letters import lower_first


@dataclass(frozen=True)
class Provenance:
    """``extracts``: a sentence for each period and register; ``commands``: one for each period and figure."""

    extracts: tuple[str, ...]
    commands: tuple[str, ...]


def provenance(
    data: Published, used: Sequence[Definition], periods: Sequence[Period], options: Sequence[str] = ()
) -> Provenance:
    """Of the numbers of these definitions and periods; without periods, of the report's own. ``options``: see ``command``."""
    shown = tuple(period for period in reversed(periods) if period.available) or (data.period,)
    sources = {each.source: each.source_title for entry in used for each in entry.sources}
    has_a_day = any(period.kind == "dag" for period in shown)
    return Provenance(
        tuple(
            sentence
            for period in shown
            for source, title in sources.items()
            if (sentence := _extracts(data, period, source, title))
        ),
        tuple(
            command(entry.figure, period, options)
            for period in shown
            for entry in used
            if not has_a_day or entry.figure.of_one_day == (period.kind == "dag")
        ),
    )


def command(figure: Figure, period: Period, options: Sequence[str] = ()) -> str:
    """What gives all numbers of a figure in a period. ``options``: what is to be said besides, such as of which lake."""
    return shlex.join(["kaa", "figures", *options, "--period", period.id, "--figure", figure.id])


def sources_in_words(sources: Iterable[Source]) -> list[str]:
    """``Barn- och elevregistret (BER): registret och kontakter``, a line for each register."""
    listed = sorted(
        dict.fromkeys((each.source_title, each.dataset_title) for each in sources), key=lambda each: each[0]
    )
    return [
        f"{title}: {numbers.listed([lower_first(dataset) for _, dataset in found])}"
        for title, found in groupby(listed, key=lambda each: each[0])
    ]


def _extracts(data: Published, period: Period, source: str, title: str) -> str | None:
    found = data.extracts.get((period.id, source))
    if found is None:
        return None
    days = numbers.long_date(found.first)
    if found.last != found.first:
        days = numbers.interval(found.first, found.last)
    return f"{numbers.number(found.count)} uttag ur {title} under {period.title}, {days}."
