"""A published number: its key, what is counted from several of them, and their values.

    reached = one("outreach", "reached")                  # a count of one published number
    others = one("exits", "ended") - to_studies - to_work  # sums and differences of counts
    Share(reached, one("outreach", "sought"))             # one count of another
    reached.at(period="verksamhetsar-2023", gender="man")  # the same of a period, of a gender, …

Whatever is shown or checked knows so of which published numbers it is made. How numbers are rounded and written belongs in
``wording``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import chain, product
from typing import NamedTuple, Self

import duckdb

from dashboards.published.catalogue import PLACE_NAMES, Figure
from dashboards.published.file import ALL, ALL_FIGURES, NotPublished, rows

#: What a key has where only the place in which it stands says which: the period of a table, the category a reader chooses.
OPEN = ""


class NumberKey(NamedTuple):
    """Which published number; the fields in the order in which figures.md writes them. ``municipality``: the one that a printed
    report says it is of; empty where it does not say."""

    figure: str
    measure: str
    period: str = OPEN
    gender: str = ALL
    district: str = ALL
    job_centre: str = ALL
    category: str = ALL
    subcategory: str = ALL
    municipality: str = ""


#: Dimensions that every figure has, or none of.
PLACES = ("gender", "district", "job_centre")

#: The names of a key's fields, as in the published file.
DIMENSIONS = NumberKey._fields[:-1]

#: The value of a published number; None where nobody reported it.
Lookup = Callable[[NumberKey], Decimal | None]


@dataclass(frozen=True)
class Count:
    """Published numbers added up, less some others; most often a single one."""

    plus: tuple[NumberKey, ...]
    minus: tuple[NumberKey, ...] = ()

    @property
    def keys(self) -> tuple[NumberKey, ...]:
        """The published numbers that it is made of."""
        return self.plus + self.minus

    @property
    def terms(self) -> tuple[tuple[int, NumberKey], ...]:
        """The same with the sign of each."""
        return (*((1, key) for key in self.plus), *((-1, key) for key in self.minus))

    def __add__(self, other: "Count") -> "Count":
        return Count(self.plus + other.plus, self.minus + other.minus)

    def __sub__(self, other: "Count") -> "Count":
        return Count(self.plus + other.minus, self.minus + other.plus)

    def at(self, **codes: str | tuple[str, ...]) -> Self:
        """The same with these codes; of several codes of one dimension the sum."""
        choices = [[code] if isinstance(code, str) else code for code in codes.values()]
        places = [dict(zip(codes, chosen, strict=True)) for chosen in product(*choices)]
        return replace(self, plus=_at(self.plus, places), minus=_at(self.minus, places))

    def value(self, lookup: Lookup) -> Decimal | None:
        """The count; None where one of its numbers is not known."""
        values = [(sign, lookup(key)) for sign, key in self.terms]
        known = [sign * value for sign, value in values if value is not None]
        return sum(known, Decimal(0)) if len(known) == len(values) else None


@dataclass(frozen=True)
class Share:
    """A count of another one, in whole per cent where it is shown."""

    part: Count
    whole: Count

    @property
    def keys(self) -> tuple[NumberKey, ...]:
        """The published numbers that it is made of."""
        return self.part.keys + self.whole.keys

    def at(self, **codes: str | tuple[str, ...]) -> Self:
        """The same with these codes in part and whole."""
        return replace(self, part=self.part.at(**codes), whole=self.whole.at(**codes))


#: What a table, a diagram or a sentence shows.
Number = Count | Share


@dataclass(frozen=True)
class Change:
    """What a number is more or less than the same of an earlier period."""

    now: Number
    before: Number

    @property
    def keys(self) -> tuple[NumberKey, ...]:
        """The published numbers that it is made of."""
        return self.now.keys + self.before.keys


def one(figure: str, measure: str, **codes: str) -> Count:
    """A single published number as a count."""
    return Count((NumberKey(figure, measure, **codes),))


def _at(keys: tuple[NumberKey, ...], places: list[dict[str, str]]) -> tuple[NumberKey, ...]:
    return tuple(key._replace(**place) for key in keys for place in places)


@dataclass(frozen=True)
class Numbers:
    """The published numbers of some figures and periods. Zeros are left out of the file, so within these a row that is not
    there is zero; outside them nothing is known, and to ask is an error."""

    catalogue: Mapping[str, Figure]
    #: Code list -> its codes.
    codes: Mapping[str, frozenset[str]]
    periods: frozenset[str]
    values: Mapping[NumberKey, Decimal] = field(repr=False)
    #: Dimensions of which only the total was read.
    totals_only: frozenset[str] = frozenset()
    #: So many of gender, district and job-centre were read at once: of one, only the numbers by each of them alone.
    most_dimensions: int = len(PLACES)
    #: Of a public output: every number in it, zeros too, and whether it is hidden. None: the output is internal.
    public: Mapping[NumberKey, bool] | None = field(default=None, repr=False)

    def value(self, key: NumberKey) -> Decimal | None:
        """A published number; None: nobody reported it, or it is hidden. Raises NotPublished for one that was never read."""
        why = self.why_not_read(key)
        if why:
            raise NotPublished(why)
        if self.public is not None and not self.is_public(key):
            return None
        return self.values.get(key, self.catalogue[key.figure].absent_value)

    def why_not_read(self, key: NumberKey) -> str | None:
        """A sentence that says why nothing can be said of a number; None: it was read."""
        why = why_not_in_catalogue(self.catalogue, key)
        if why:
            return why
        if key.period not in self.periods:
            return f"Perioden ”{key.period}” är inte inläst."
        for name in self.totals_only:
            if getattr(key, name) != ALL:
                return f"Figuren {key.figure} är inte inläst per {name}."
        if sum(getattr(key, name) != ALL for name in PLACES) > self.most_dimensions:
            return f"Figuren {key.figure} är inte inläst per {' och '.join(PLACES)} på en gång."
        figure = self.catalogue[key.figure]
        for code_list, code in (
            (figure.category_list, key.category),
            (figure.subcategory_list, key.subcategory),
        ):
            listed = self.codes.get(code_list, frozenset()) if code_list else None
            if listed is not None and code not in listed | {ALL} and (key.figure, code) not in self._occurring:
                return f"Koden ”{code}” finns inte i listan {code_list}."
        return None

    def is_public(self, key: NumberKey) -> bool:
        """Whether a public output shows a number: not where it is hidden, nor a median, which the public has none of."""
        assert self.public is not None
        if not self.catalogue[key.figure].is_public:
            return False
        if key not in self.public and self.catalogue[key.figure].absent_is_zero:
            raise NotPublished(f"{key} finns inte i den öppna redovisningen.")
        return not self.public.get(key, False)

    @property
    def listed(self) -> Iterator[tuple[NumberKey, Decimal | None]]:
        """The numbers that are there, None for a hidden one: of a public output all, else those that are not zero."""
        if self.public is None:
            yield from self.values.items()
        else:
            yield from (
                (key, None if hidden else self.values.get(key, Decimal(0))) for key, hidden in self.public.items()
            )

    @cached_property
    def _occurring(self) -> frozenset[tuple[str, str]]:
        """The categories and subcategories that were read, of each figure."""
        return frozenset((key.figure, code) for key in self.values for code in (key.category, key.subcategory))

    @cached_property
    def _by_figure(self) -> dict[str, list[NumberKey]]:
        """The keys of what is there, of each figure."""
        found: dict[str, list[NumberKey]] = {}
        for key in self.values if self.public is None else self.public:
            found.setdefault(key.figure, []).append(key)
        return found

    def used(self, column: str, figure: str | None = None, period: str | None = None) -> list[str]:
        """The values of a dimension that occur, sorted as text; `*` is none.

        Raises NotPublished for a figure, period or dimension that was never read.
        """
        if figure is not None and figure not in self.catalogue:
            raise NotPublished(_no_figure(figure))
        if column in self.totals_only or (period is not None and period not in self.periods):
            raise NotPublished(f"{column} för perioden ”{period}” är inte inläst.")
        groups = self._by_figure.values() if figure is None else [self._by_figure.get(figure, [])]
        keys = chain.from_iterable(groups)
        found = {getattr(key, column) for key in keys if period is None or key.period == period}
        return sorted(found - {ALL})


def why_not_in_catalogue(catalogue: Mapping[str, Figure], key: NumberKey) -> str | None:
    """A sentence that says what a number lacks in the published catalogue; None: nothing."""
    figure = catalogue.get(key.figure)
    if figure is None:
        return _no_figure(key.figure)
    if key.measure not in {measure.id for measure in figure.measures}:
        return f"Figuren {key.figure} har inget mått ”{key.measure}” i det som är publicerat."
    if figure.of_one_day != key.period.startswith("dag-"):
        return f"Figuren {key.figure} gäller {'en dag' if figure.of_one_day else 'en period'}, inte {key.period}."
    if figure.category_total == "none" and key.category == ALL:
        return f"Figuren {key.figure} är bara publicerad per kategori."
    if not figure.has_dimensions and any(getattr(key, name) != ALL for name in PLACES):
        return f"Figuren {key.figure} är inte publicerad per kön, stadsdel eller jobbtorg."
    for name in PLACES:
        if name not in figure.dimensions and getattr(key, name) != ALL:
            return f"Figuren {key.figure} är inte publicerad per {PLACE_NAMES[name]}."
    for title, code, level in (
        (figure.category_title, key.category, "kategori"),
        (figure.subcategory_title, key.subcategory, "underkategori"),
    ):
        if title is None and code != ALL:
            return f"Figuren {key.figure} är inte publicerad per {level}."
    return None


def _no_figure(figure: str) -> str:
    return f"Figuren ”{figure}” finns inte i det som är publicerat: kör kaa nightly, om den är ny."


def read_numbers(
    connection: duckdb.DuckDBPyConnection,
    catalogue: Mapping[str, Figure],
    periods: Iterable[str],
    totals_only: frozenset[str] = frozenset(),
    most_dimensions: int = len(PLACES),
    table: str = ALL_FIGURES,
) -> Numbers:
    """The numbers of these figures and of those of these periods that are published; see ``Numbers``."""
    published = {str(row["period_id"]) for row in rows(connection, "select period_id from period")}
    read = frozenset(periods) & published
    totals = "".join(f" and {name} = '{ALL}'" for name in sorted(totals_only))
    dimensions = " + ".join(f"({name} <> '{ALL}')::integer" for name in PLACES)
    found = connection.execute(
        f"select {', '.join(DIMENSIONS)}, value from {table}"
        f" where list_contains(?, figure) and list_contains(?, period){totals} and {dimensions} <= {most_dimensions}",
        [list(catalogue), sorted(read)],
    ).fetchall()
    codes: dict[str, set[str]] = {}
    for row in rows(connection, "select code_list, code from code"):
        codes.setdefault(row["code_list"], set()).add(row["code"])
    return Numbers(
        catalogue,
        {name: frozenset(found_codes) for name, found_codes in codes.items()},
        read,
        {NumberKey(*row[:-1]): row[-1] for row in found},
        totals_only,
        most_dimensions,
        _read_public(connection, list(catalogue), sorted(read)),
    )


def _read_public(
    connection: duckdb.DuckDBPyConnection, figures: list[str], periods: list[str]
) -> dict[NumberKey, bool] | None:
    if not connection.execute("select 1 from public_output").fetchall():
        return None
    wanted = "list_contains(?, figure) and list_contains(?, period)"
    query = f"select {', '.join(DIMENSIONS)}, is_hidden from public_number where {wanted}"
    return {NumberKey(*row[:-1]): row[-1] for row in connection.execute(query, [figures, periods]).fetchall()}
