"""The published file as pages see it: read once, read-only, then plain Python objects.

No wording and no layout belong here, and no knowledge of which figure stands where.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

#: What figures.md calls a person or event without district or job-centre.
MISSING = "SAKNAS"
ALL = "*"

#: Kinds of period that are a year and are known by the year's number.
YEARS = ("verksamhetsar", "kalenderar")


#: Every published figure, those that figures.md does not know too: a number is looked up without knowing which it is.
ALL_FIGURES = "(from figures union all by name from own_figures)"


class NoReport(Exception):
    """There is no report for what was asked; the text is one Swedish sentence for a person."""


class NotPublished(Exception):
    """A number was asked for that was never read, so that nobody may say that it is zero; the text is one Swedish sentence."""


@dataclass(frozen=True)
class Period:
    """A period that figures are published for, or the year before one (then perhaps without figures)."""

    id: str
    kind: str
    title: str
    starts_on: date | None = None
    ends_on: date | None = None
    previous_id: str | None = None
    available: bool = True

    @property
    def is_year(self) -> bool:
        return self.kind in YEARS

    @property
    def label(self) -> str:
        """What a column is headed with: ``2023``, or the title where the period is no year."""
        return self.id.partition("-")[2] if self.is_year else self.title


@dataclass(frozen=True)
class District:
    code: str
    name: str
    valid_from: date | None
    valid_to: date | None
    successor: str | None

    def in_force(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Measure:
    """One counted thing of a figure, as the catalogue describes it."""

    id: str
    title: str
    definition: str


@dataclass(frozen=True)
class Figure:
    """One figure of the catalogue."""

    id: str
    title: str
    definition: str
    unit: str
    source: str
    legal_ground: str
    since: str | None
    warnings: tuple[str, ...]
    model: str
    #: Of a single day, not of a period.
    of_one_day: bool
    #: Whether a row that is not there is zero; else nobody reported it, or it is a median of nothing.
    absent_is_zero: bool
    has_dimensions: bool
    category_title: str | None
    category_list: str | None
    #: What the number for all categories together is: given, meaningless (a sum of different things) or none.
    category_total: str | None
    subcategory_title: str | None
    subcategory_list: str | None
    subcategory_total: str | None
    measures: tuple[Measure, ...]

    @property
    def absent_value(self) -> Decimal | None:
        """What a number is that was read and has no row; None: unknown."""
        return Decimal(0) if self.absent_is_zero else None


@dataclass(frozen=True)
class Publication:
    version: int
    published_at: datetime
    program_version: str
    municipality_code: str
    municipality_name: str
    report_year_kind: str
    first_extract_date: date | None
    last_extract_date: date | None
    accepted_deliveries: int
    loaded_rows: int | None


@dataclass(frozen=True)
class OwnMeasure:
    """A measure that the municipality's report shows by itself, and the chapter that shows it."""

    code: str
    title: str
    chapter: str


@dataclass(frozen=True)
class ReportChapter:
    """A chapter of the municipality's report; without a title it has the usual one."""

    id: str
    title: str | None = None


@dataclass(frozen=True)
class Closed:
    """Days of each year (MM-DD, both included) on which a source delivers nothing."""

    source: str
    first: str
    last: str


@dataclass(frozen=True)
class Profile:
    """What the municipality calls its own. ``letter_months``: of the large mailing whose answers are followed; ``follow_up``:
    what its plans want followed up, a sentence."""

    chapters: tuple[ReportChapter, ...]
    own_measures: tuple[OwnMeasure, ...] = ()
    survey_questions: tuple[str, ...] = ()
    letter_months: tuple[int, ...] = ()
    follow_up: str = ""
    closed: tuple[Closed, ...] = ()


@dataclass(frozen=True)
class Purged:
    """A line of the protocol of gallring: whom a nightly removed, why, and the first and last day of which figures may have
    counted one of them. ``data_year`` is the year of the latest extract then."""

    version: int
    data_year: int
    persons: int
    reason: str
    first_date: date
    last_date: date

    def touches(self, period: Period) -> bool:
        """Whether one of them may have been counted in the period."""
        if period.starts_on is None or period.ends_on is None:
            return False
        return self.first_date <= period.ends_on and period.starts_on <= self.last_date


@dataclass(frozen=True)
class Changed:
    """A loaded extract that changed what answers ”as known on” its date or later may use, after they could have been given.

    ``kind``: revised, released or late. ``version``: the publication that first used it, where that is known.
    """

    source: str
    extract_date: date
    revision: int
    version: int | None
    kind: str


@dataclass(frozen=True)
class Address:
    """One published number."""

    figure: str
    measure: str
    period: str
    gender: str = ALL
    district: str = ALL
    job_centre: str = ALL
    category: str = ALL
    subcategory: str = ALL


@dataclass(frozen=True)
class Numbers:
    """The published numbers of some figures and periods. Zeros are left out of the file, so within these a row that is not
    there is zero; outside them nothing is known, and to ask is an error."""

    catalogue: Mapping[str, Figure]
    #: Code list -> its codes.
    codes: Mapping[str, frozenset[str]]
    periods: frozenset[str]
    _values: Mapping[Address, Decimal] = field(repr=False)
    #: Dimensions of which only the total was read.
    totals_only: frozenset[str] = frozenset()

    def value(self, address: Address) -> Decimal | None:
        """A published number; None: nobody reported it. Raises NotPublished for one that was never read."""
        why = self.why_not_read(address)
        if why:
            raise NotPublished(why)
        return self._values.get(address, self.catalogue[address.figure].absent_value)

    def why_not_read(self, address: Address) -> str | None:
        """A sentence that says why nothing can be said of a number; None: it was read."""
        why = why_not_in_catalogue(self.catalogue, address)
        if why:
            return why
        if address.period not in self.periods:
            return f"Perioden ”{address.period}” är inte inläst."
        for name in self.totals_only:
            if getattr(address, name) != ALL:
                return f"Figuren {address.figure} är inte inläst per {name}."
        figure = self.catalogue[address.figure]
        for code_list, code in (
            (figure.category_list, address.category),
            (figure.subcategory_list, address.subcategory),
        ):
            listed = self.codes.get(code_list, frozenset()) if code_list else None
            if listed is not None and code not in listed | {ALL} and (address.figure, code) not in self._occurring:
                return f"Koden ”{code}” finns inte i listan {code_list}."
        return None

    @cached_property
    def _occurring(self) -> frozenset[tuple[str, str]]:
        """The categories and subcategories that were read, of each figure."""
        return frozenset(
            (address.figure, code) for address in self._values for code in (address.category, address.subcategory)
        )

    def used(self, column: str, figure: str | None = None, period: str | None = None) -> list[str]:
        """The values of a dimension that occur, sorted as text; `*` is none.

        Raises NotPublished for a figure, period or dimension that was never read.
        """
        if figure is not None and figure not in self.catalogue:
            raise NotPublished(_no_figure(figure))
        if column in self.totals_only or (period is not None and period not in self.periods):
            raise NotPublished(f"{column} för perioden ”{period}” är inte inläst.")
        found = {
            getattr(address, column)
            for address in self._values
            if (figure is None or address.figure == figure) and (period is None or address.period == period)
        }
        return sorted(found - {ALL})


def why_not_in_catalogue(catalogue: Mapping[str, Figure], address: Address) -> str | None:
    """A sentence that says what a number lacks in the published catalogue; None: nothing."""
    figure = catalogue.get(address.figure)
    if figure is None:
        return _no_figure(address.figure)
    if address.measure not in {measure.id for measure in figure.measures}:
        return f"Figuren {address.figure} har inget mått ”{address.measure}” i det som är publicerat."
    if figure.of_one_day != address.period.startswith("dag-"):
        return (
            f"Figuren {address.figure} gäller {'en dag' if figure.of_one_day else 'en period'}, inte {address.period}."
        )
    if figure.category_total == "none" and address.category == ALL:
        return f"Figuren {address.figure} är bara publicerad per kategori."
    dimensions = (address.gender, address.district, address.job_centre)
    if not figure.has_dimensions and dimensions != (ALL, ALL, ALL):
        return f"Figuren {address.figure} är inte publicerad per kön, stadsdel eller jobbtorg."
    for title, code, level in (
        (figure.category_title, address.category, "kategori"),
        (figure.subcategory_title, address.subcategory, "underkategori"),
    ):
        if title is None and code != ALL:
            return f"Figuren {address.figure} är inte publicerad per {level}."
    return None


def _no_figure(figure: str) -> str:
    return f"Figuren ”{figure}” finns inte i det som är publicerat: kör kaa nightly, om den är ny."


@dataclass(frozen=True)
class Published:
    """What one report needs of the published file."""

    publication: Publication
    profile: Profile
    period: Period
    before: Period
    districts: tuple[District, ...]
    job_centres: tuple[tuple[str, str], ...]
    labels: dict[tuple[str, str], str]
    catalogue: dict[str, Figure]
    #: Whom the figures lack, of any period.
    purged: tuple[Purged, ...]
    #: Ids of the parts besides the figures that could not be made; of them the file has no table.
    failed_parts: frozenset[str]
    #: Of all figures, in the period and the year before.
    numbers: Numbers = field(repr=False)

    def value(self, address: Address) -> Decimal | None:
        """A published number; None where the year before has no figures, or nobody reported it.

        Raises NotPublished for a number of another period or figure than the report's.
        """
        why = why_not_in_catalogue(self.catalogue, address)
        if not why and address.period == self.before.id and not self.before.available:
            return None
        return self.numbers.value(address)

    def used(self, column: str, figure: str | None = None, period: str | None = None) -> list[str]:
        """The values of a dimension that occur, sorted as text; `*` is none. Raises NotPublished as ``value`` does."""
        if period == self.before.id and not self.before.available:
            return []
        return self.numbers.used(column, figure, period)

    def codes(self, code_list: str) -> list[str]:
        """The codes of a list, in the list's order."""
        return [code for name, code in self.labels if name == code_list]


@dataclass(frozen=True)
class Series:
    """Some figures over several periods, for the whole municipality and per job-centre."""

    periods: tuple[Period, ...]
    numbers: Numbers = field(repr=False)

    def of_kind(self, kind: str) -> tuple[Period, ...]:
        return tuple(period for period in self.periods if period.kind == kind)


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """The published file, which nobody who makes pages may write to."""
    return duckdb.connect(str(path), read_only=True)


def rows(connection: duckdb.DuckDBPyConnection, query: str, values: Iterable[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query by column name."""
    result = connection.execute(query, list(values))
    names = [str(column[0]) for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def read_publication(connection: duckdb.DuckDBPyConnection) -> Publication:
    """Which publication this is."""
    found = rows(connection, "select * from publication")
    return Publication(**{name: found[0][name] for name in Publication.__dataclass_fields__})


def read_profile(connection: duckdb.DuckDBPyConnection) -> Profile:
    """What the municipality calls its own."""
    found = {row["name"]: json.loads(row["value"]) for row in rows(connection, "select name, value from profile")}
    return Profile(
        chapters=tuple(ReportChapter(**item) for item in found["chapters"]),
        own_measures=tuple(OwnMeasure(**item) for item in found["own_measures"]),
        survey_questions=tuple(found["survey_questions"]),
        letter_months=tuple(found["letter_months"]),
        follow_up=found["follow_up"] or "",
        closed=tuple(Closed(**item) for item in found["closed"]),
    )


def read_catalogue(connection: duckdb.DuckDBPyConnection) -> dict[str, Figure]:
    """All figures by id, in the catalogue's order. Raises NotPublished where another program wrote the file."""
    try:
        return _read_catalogue(connection)
    except KeyError as error:
        raise NotPublished(
            f"Det som är publicerat är skrivet av en annan version av programmet ({error} saknas): kör kaa nightly."
        ) from error


def _read_catalogue(connection: duckdb.DuckDBPyConnection) -> dict[str, Figure]:
    measures: dict[str, list[Measure]] = {}
    for row in rows(connection, "select * from catalogue_measure order by figure, position"):
        measures.setdefault(row["figure"], []).append(Measure(row["measure"], row["title"], row["definition"] or ""))
    catalogue = {}
    for row in rows(connection, "select * from catalogue order by position, figure"):
        catalogue[row["figure"]] = Figure(
            id=row["figure"],
            title=row["title"],
            definition=row["definition"] or "",
            unit=row["unit"] or "",
            source=row["source"] or "",
            legal_ground=row["legal_ground"] or "",
            since=row["since"],
            warnings=tuple(row["warnings"] or ()),
            model=row["model"] or "",
            of_one_day=row["period"] == "day",
            absent_is_zero=row["absent"] == "zero",
            has_dimensions=row["has_dimensions"],
            category_title=row["category_title"],
            category_list=row["category_list"],
            category_total=row["category_total"],
            subcategory_title=row["subcategory_title"],
            subcategory_list=row["subcategory_list"],
            subcategory_total=row["subcategory_total"],
            measures=tuple(measures.get(row["figure"], ())),
        )
    return catalogue


def read_purged(connection: duckdb.DuckDBPyConnection) -> tuple[Purged, ...]:
    """Who has been purged whom figures may have counted, oldest first."""
    query = (
        "select * from purge_protocol where first_date is not null and last_date is not null order by version, reason"
    )
    return tuple(Purged(**{name: row[name] for name in Purged.__dataclass_fields__}) for row in rows(connection, query))


def read_failed_parts(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Ids of the parts besides the figures that the nightly could not make."""
    return frozenset(row["part"] for row in rows(connection, "select part from failed_part"))


#: Extracts that changed what answers for past days may use: a source sent a higher revision of what an earlier publication
#: had used (what was held then and never used looks the same), a person released a held one, or it came late.
_CHANGED = """
with nights as (
    select judged_in, max(max(extract_date)) over (order by judged_in rows between unbounded preceding and 1 preceding) as latest
    from delivery
    where status in ('accepted', 'superseded')
    group by judged_in
),

loaded as (
    select source, extract_date, revision,
        case when decided = 'release' then null else judged_in end as version,
        case
            when exists (
                select 1 from delivery as lower
                where lower.status = 'superseded' and lower.source = delivery.source
                    and lower.extract_date = delivery.extract_date and lower.revision < delivery.revision
                    and lower.judged_in < delivery.judged_in
            ) then 'revised'
            when decided = 'release' then 'released'
            when extract_date < nights.latest then 'late'
        end as kind
    from delivery inner join nights using (judged_in)
    where status = 'accepted'
)

from loaded
where kind is not null and extract_date <= ?
order by kind = 'late', extract_date desc, source
"""


def read_changed(connection: duckdb.DuckDBPyConnection, known_to: date = date.max) -> tuple[Changed, ...]:
    """The extracts, with a date up to that day, that came in or were replaced when later days were published already: those
    revised and released first, then those that came late, newest first."""
    return tuple(Changed(**row) for row in rows(connection, _CHANGED, [known_to]))


def read_period(connection: duckdb.DuckDBPyConnection, period_id: str) -> Period:
    """The period of that id."""
    found = rows(connection, "select * from period where period_id = ?", [period_id])
    if not found or found[0]["period_kind"] == "dag":
        raise NoReport(f"Det finns ingen rapport för perioden ”{period_id}” i det som är publicerat.")
    row = found[0]
    return Period(
        id=row["period_id"],
        kind=row["period_kind"],
        title=row["title"],
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        previous_id=row["previous_period_id"],
    )


def _year_before(connection: duckdb.DuckDBPyConnection, period: Period, first_extract: date | None) -> Period:
    """The same kind of period one year earlier. It is not available where the file has no such period, or where
    the deliveries began after it had ended: its zeros would be no observations."""
    if period.previous_id:
        try:
            before = read_period(connection, period.previous_id)
        except NoReport:
            pass
        else:
            began_too_late = bool(first_extract and before.ends_on and first_extract > before.ends_on)
            return Period(**{**before.__dict__, "available": not began_too_late})
    year = period.label
    if period.is_year and year.isdigit():
        return Period(f"{period.kind}-{int(year) - 1}", period.kind, f"år {int(year) - 1}", available=False)
    return Period("", period.kind, "året före", available=False)


def read(path: Path, period_id: str) -> Published:
    """Everything that the report of one period shows."""
    with connect(path) as connection:
        publication = read_publication(connection)
        period = read_period(connection, period_id)
        before = _year_before(connection, period, publication.first_extract_date)
        catalogue = read_catalogue(connection)
        return Published(
            publication=publication,
            profile=read_profile(connection),
            period=period,
            before=before,
            districts=tuple(
                District(row["code"], row["name"], row["valid_from"], row["valid_to"], row["successor_code"])
                for row in rows(connection, "select * from district order by code")
            ),
            job_centres=tuple(
                (row["code"], row["name"])
                for row in rows(connection, "select * from job_centre order by position, code")
            ),
            labels={
                (row["code_list"], row["code"]): row["label"]
                for row in rows(connection, "select * from code order by code_list, position, code")
            },
            catalogue=catalogue,
            purged=read_purged(connection),
            failed_parts=read_failed_parts(connection),
            numbers=read_numbers(connection, catalogue, {period.id, before.id}),
        )


def read_numbers(
    connection: duckdb.DuckDBPyConnection,
    catalogue: Mapping[str, Figure],
    periods: Iterable[str],
    totals_only: frozenset[str] = frozenset(),
) -> Numbers:
    """The numbers of these figures and of those of these periods that are published. ``totals_only``: dimensions that are
    left out."""
    published = {str(row["period_id"]) for row in rows(connection, "select period_id from period")}
    read = frozenset(periods) & published
    totals = "".join(f" and {name} = '{ALL}'" for name in sorted(totals_only))
    found = connection.execute(
        "select figure, measure, period, gender, district, job_centre, category, subcategory, value"
        f" from {ALL_FIGURES} where list_contains(?, figure) and list_contains(?, period){totals}",
        [list(catalogue), sorted(read)],
    ).fetchall()
    codes: dict[str, set[str]] = {}
    for row in rows(connection, "select code_list, code from code"):
        codes.setdefault(row["code_list"], set()).add(row["code"])
    return Numbers(
        catalogue,
        {name: frozenset(found_codes) for name, found_codes in codes.items()},
        read,
        {Address(*row[:8]): row[8] for row in found},
        totals_only,
    )


def read_series(path: Path, kinds: Iterable[str], figures: Iterable[str], until: date) -> Series:
    """Figures of every period of these kinds that had ended by a day, oldest first, our own figures too; districts are left
    out."""
    kinds, figures = list(kinds), set(figures)
    with connect(path) as connection:
        periods = tuple(
            Period(row["period_id"], row["period_kind"], row["title"], row["starts_on"], row["ends_on"])
            for row in rows(
                connection,
                "select * from period where list_contains(?, period_kind) and ends_on <= ? order by ends_on, starts_on",
                [kinds, until],
            )
        )
        catalogue = {name: figure for name, figure in read_catalogue(connection).items() if name in figures}
        numbers = read_numbers(connection, catalogue, (period.id for period in periods), frozenset({"district"}))
    return Series(periods, numbers)
