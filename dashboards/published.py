"""The published file as pages see it: read once, read-only, then plain Python objects.

No wording and no layout belong here, and no knowledge of which figure stands where.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

#: What figures.md calls a person or event without district or job-centre.
MISSING = "SAKNAS"
ALL = "*"

#: Kinds of period that are a year and are known by the year's number.
YEARS = ("verksamhetsar", "kalenderar")


class NoReport(Exception):
    """There is no report for what was asked; the text is one Swedish sentence for a person."""


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
    has_dimensions: bool
    category_title: str | None
    category_list: str | None
    subcategory_title: str | None
    subcategory_list: str | None
    measures: tuple[Measure, ...]


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
    _values: dict[Address, Decimal] = field(repr=False)

    def value(self, address: Address) -> Decimal | None:
        """A published number. Zero rows may be left out of the file, so a row that is not there is zero
        where the period has figures, and unknown where it has not."""
        for period in (self.period, self.before):
            if address.period == period.id and period.available:
                return self._values.get(address, Decimal(0))
        return None

    def has(self, address: Address) -> bool:
        """Whether the file has a row for it."""
        return address in self._values

    def codes(self, code_list: str) -> list[str]:
        """The codes of a list, in the list's order."""
        return [code for name, code in self.labels if name == code_list]

    def used(self, column: str, figure: str | None = None, period: str | None = None) -> list[str]:
        """The values of a dimension that occur, sorted as text; `*` is none."""
        found = {
            getattr(address, column)
            for address in self._values
            if (figure is None or address.figure == figure) and (period is None or address.period == period)
        }
        return sorted(found - {ALL})


@dataclass(frozen=True)
class Series:
    """Some figures over several periods, for the whole municipality and per job-centre."""

    periods: tuple[Period, ...]
    _values: dict[Address, Decimal] = field(repr=False)

    def of_kind(self, kind: str) -> tuple[Period, ...]:
        return tuple(period for period in self.periods if period.kind == kind)

    def value(self, address: Address) -> Decimal:
        """A published number; zero rows may be left out of the file."""
        return self._values.get(address, Decimal(0))

    def used(self, column: str, figure: str) -> list[str]:
        """The values of a dimension that occur with a figure, sorted as text; `*` is none."""
        return sorted({getattr(address, column) for address in self._values if address.figure == figure} - {ALL})


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
    """All figures by id, in the catalogue's order."""
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
            has_dimensions=row["has_dimensions"],
            category_title=row["category_title"],
            category_list=row["category_list"],
            subcategory_title=row["subcategory_title"],
            subcategory_list=row["subcategory_list"],
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
        figures = connection.execute(
            "select figure, measure, period, gender, district, job_centre, category, subcategory, value"
            " from figures where period in (?, ?)",
            [period.id, before.id],
        ).fetchall()
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
            catalogue=read_catalogue(connection),
            purged=read_purged(connection),
            failed_parts=read_failed_parts(connection),
            _values={Address(*row[:8]): row[8] for row in figures},
        )


def read_series(path: Path, kinds: Iterable[str], figures: Iterable[str], until: date) -> Series:
    """Figures of every period of these kinds that had ended by a day, oldest first, our own figures too; districts are left
    out."""
    kinds, figures = list(kinds), list(figures)
    with connect(path) as connection:
        periods = tuple(
            Period(row["period_id"], row["period_kind"], row["title"], row["starts_on"], row["ends_on"])
            for row in rows(
                connection,
                "select * from period where list_contains(?, period_kind) and ends_on <= ? order by ends_on, starts_on",
                [kinds, until],
            )
        )
        values = connection.execute(
            "select figure, measure, period, gender, district, job_centre, category, subcategory, value"
            " from (from figures union all from own_figures)"
            " where district = '*' and list_contains(?, figure) and list_contains(?, period)",
            [figures, [period.id for period in periods]],
        ).fetchall()
    return Series(periods, {Address(*row[:8]): row[8] for row in values})
