"""Which publication it is, for whom, and of which periods: what every page and document says of itself."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import duckdb

from dashboards.published.file import NoReport, rows
from pipelines.configuration.delivery_calendar import Closing
from pipelines.configuration.disclosure import Disclosure, read_disclosure
from pipelines.configuration.report_document import DocumentChapter, WordTemplate, report_document

#: Kinds of period that are a year and are known by the year's number.
YEARS = ("verksamhetsar", "kalenderar")


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
    def series(self) -> str:
        """The periods that it may stand beside in one diagram: those of its kind, but the first tertials and the second ones by
        themselves, for the second is counted from the year's beginning and holds the first."""
        return self.id.partition("-")[0] if self.kind == "tertial" else self.kind

    @property
    def label(self) -> str:
        """What a column is headed with: ``2023``, or the title where the period is no year."""
        return self.id.partition("-")[2] if self.is_year else self.title


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


@dataclass(frozen=True, kw_only=True)
class Closed(Closing):
    """Days of each year on which a source delivers nothing here."""

    source: str


@dataclass(frozen=True)
class Target:
    """What a decision says that a figure should come to, from which day, and where that is written. ``category``: one, or
    several that are counted together; ``whole``: what it is a share of, of all categories; ``how``: in what the figure counts
    something else than the decision says."""

    id: str
    title: str
    figure: str
    measure: str
    category: tuple[str, ...]
    whole: str | None
    value: Decimal
    unit: Literal["procent", "antal", "dagar"]
    direction: Literal["minst", "högst"]
    valid_from: date
    valid_to: date | None
    source: str
    quote: str
    how: str | None

    def holds_in(self, period: "Period") -> bool:
        """Whether it held all of a year: what should come to be in a year says nothing of a part of it."""
        if not period.is_year or period.starts_on is None or period.ends_on is None:
            return False
        return self.valid_from <= period.starts_on and (self.valid_to is None or period.ends_on <= self.valid_to)


def _target(found: dict[str, Any]) -> Target:
    ends = found["valid_to"]
    typed = {
        "category": tuple(found["category"]),
        "value": Decimal(found["value"]),
        "valid_from": date.fromisoformat(found["valid_from"]),
        "valid_to": date.fromisoformat(ends) if ends else None,
    }
    return Target(**{**found, **typed})


@dataclass(frozen=True)
class Contact:
    """Who answers for the figures; empty is what nobody has decided."""

    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Accessibility:
    """The municipality's own assessment of the pages: when it was made, how, and what it found wanting."""

    assessed: date
    how: str
    shortcomings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """What the municipality calls its own. ``letter_months``: of the large mailing whose answers are followed; ``follow_up``:
    what its plans want followed up, a sentence. ``document``: the chapters of its report as a document."""

    chapters: tuple[ReportChapter, ...]
    document: tuple[DocumentChapter, ...] = ()
    word_template: WordTemplate | None = None
    own_measures: tuple[OwnMeasure, ...] = ()
    survey_questions: tuple[str, ...] = ()
    letter_months: tuple[int, ...] = ()
    follow_up: str = ""
    closed: tuple[Closed, ...] = ()
    targets: tuple[Target, ...] = ()
    contact: Contact = Contact()
    accessibility: Accessibility | None = None


def read_publication(connection: duckdb.DuckDBPyConnection) -> Publication:
    """Which publication this is."""
    found = rows(connection, "select * from publication")
    return Publication(**{name: found[0][name] for name in Publication.__dataclass_fields__})


def read_profile(connection: duckdb.DuckDBPyConnection) -> Profile:
    """What the municipality calls its own."""
    found = {row["name"]: json.loads(row["value"]) for row in rows(connection, "select name, value from profile")}
    chapters = tuple(ReportChapter(**item) for item in found["chapters"])
    document = [DocumentChapter.model_validate(item) for item in found["document"]]
    template = found["word_template"]
    return Profile(
        chapters=chapters,
        document=tuple(report_document(document, [chapter.id for chapter in chapters])),
        word_template=WordTemplate.model_validate(template) if template else None,
        own_measures=tuple(OwnMeasure(**item) for item in found["own_measures"]),
        survey_questions=tuple(found["survey_questions"]),
        letter_months=tuple(found["letter_months"]),
        follow_up=found["follow_up"] or "",
        closed=tuple(Closed(**item) for item in found["closed"]),
        targets=tuple(_target(item) for item in found["targets"]),
        contact=_contact(found["contact"]),
        accessibility=_accessibility(found["accessibility"]),
    )


def _contact(given: dict[str, str | None] | None) -> Contact:
    return Contact(**{name: value or "" for name, value in (given or {}).items()})


def _accessibility(given: dict[str, Any] | None) -> Accessibility | None:
    if given is None:
        return None
    return Accessibility(date.fromisoformat(given["assessed"]), given["how"], tuple(given["shortcomings"]))


@dataclass(frozen=True)
class PublicTreatment:
    """How a public output protects small numbers. ``has_told_otherwise``: it leaves out days of which earlier outputs have told
    that were protected in another way."""

    disclosure: Disclosure
    has_told_otherwise: bool = False


def read_public_output(connection: duckdb.DuckDBPyConnection) -> PublicTreatment | None:
    """What is said of a public output; None where the output is internal and shows all."""
    found = rows(connection, "select * from public_output")
    if not found:
        return None
    return PublicTreatment(read_disclosure(json.loads(found[0]["disclosure"])), found[0]["has_told_otherwise"])


def read_failed_parts(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Ids of the parts besides the figures that the nightly could not make."""
    return frozenset(row["part"] for row in rows(connection, "select part from failed_part"))


def read_period(connection: duckdb.DuckDBPyConnection, period_id: str) -> Period:
    """The period of that id."""
    found = rows(connection, "select * from period where period_id = ?", [period_id])
    if not found or found[0]["period_kind"] == "dag":
        raise NoReport(f"Det finns ingen rapport för perioden ”{period_id}” i det som är publicerat.")
    return period_of(found[0])


@dataclass(frozen=True)
class Extracts:
    """How many extracts of a source a period has, and the days of the first and the last."""

    count: int
    first: date
    last: date


def read_extracts(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Extracts]:
    """(period, source) -> the extracts of its days."""
    return {
        (row["period_id"], row["source"]): Extracts(
            row["extracts"], row["first_extract_date"], row["last_extract_date"]
        )
        for row in rows(connection, "select * from period_extracts")
    }


def read_periods(
    connection: duckdb.DuckDBPyConnection, kinds: Iterable[str], until: date = date.max
) -> tuple[Period, ...]:
    """The periods of these kinds that had ended by a day, oldest first."""
    query = "select * from period where list_contains(?, period_kind) and ends_on <= ? order by ends_on, starts_on"
    return tuple(period_of(row) for row in rows(connection, query, [list(kinds), until]))


def read_all_periods(connection: duckdb.DuckDBPyConnection) -> tuple[Period, ...]:
    """Every published period, in the order in which they end."""
    return tuple(
        period_of(row) for row in rows(connection, "select * from period order by ends_on, starts_on, period_id")
    )


def period_of(row: dict[str, Any]) -> Period:
    """A row of the table of periods."""
    return Period(
        row["period_id"], row["period_kind"], row["title"], row["starts_on"], row["ends_on"], row["previous_period_id"]
    )
