"""The catalogue of figures as it is published: what each figure and measure means, and how it is divided."""

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from dashboards.published.file import NotPublished, rows

#: What figures are divided by besides categories.
PLACE_NAMES = {"gender": "kön", "district": "stadsdel", "job_centre": "jobbtorg"}


@dataclass(frozen=True)
class Measure:
    """One counted thing of a figure, as the catalogue describes it."""

    id: str
    title: str
    definition: str


@dataclass(frozen=True)
class Source:
    """A register's dataset that a measure is counted from. ``role``: what its rows have to do with what is counted."""

    measure: str
    role: str
    source: str
    source_title: str
    dataset: str
    dataset_title: str


@dataclass(frozen=True)
class PlainWords:
    """A figure in words that everybody understands."""

    counts: str
    leaves_out: str
    example: str


@dataclass(frozen=True)
class Figure:
    """One figure of the catalogue. ``source``: the documents whose words it follows; ``sources``: what it is counted from."""

    id: str
    title: str
    definition: str
    plain: PlainWords
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
    #: Whether it also asks for the same kind of period one year earlier.
    asks_year_before: bool
    #: Which of gender, district and job_centre it is given by.
    dimensions: tuple[str, ...]
    #: Whether a public output can show it: a count, or a number that was delivered as such (disclosure.md section 1).
    is_public: bool
    category_title: str | None
    category_list: str | None
    #: What the number for all categories together is: given, meaningless (a sum of different things) or none.
    category_total: str | None
    subcategory_title: str | None
    subcategory_list: str | None
    subcategory_total: str | None
    measures: tuple[Measure, ...]
    sources: tuple[Source, ...]

    @property
    def has_dimensions(self) -> bool:
        """Whether it is given for more than the whole municipality."""
        return bool(self.dimensions)

    @property
    def divided_by(self) -> tuple[str, ...]:
        """What it is divided by, in words."""
        return tuple(PLACE_NAMES[name] for name in self.dimensions)

    @property
    def absent_value(self) -> Decimal | None:
        """What a number is that was read and has no row; None: unknown."""
        return Decimal(0) if self.absent_is_zero else None


def read_catalogue(connection: duckdb.DuckDBPyConnection) -> dict[str, Figure]:
    """All figures by id, in the catalogue's order. Raises NotPublished where another program wrote the file."""
    try:
        return _read_catalogue(connection)
    except (KeyError, duckdb.CatalogException) as error:
        raise NotPublished(
            "Det som är publicerat är skrivet av en annan version av programmet: kör kaa nightly."
        ) from error


def _read_catalogue(connection: duckdb.DuckDBPyConnection) -> dict[str, Figure]:
    measures: dict[str, list[Measure]] = {}
    for row in rows(connection, "select * from catalogue_measure order by figure, position"):
        measures.setdefault(row["figure"], []).append(Measure(row["measure"], row["title"], row["definition"] or ""))
    sources: dict[str, list[Source]] = {}
    for row in rows(connection, "select * from catalogue_source order by figure, measure, position"):
        sources.setdefault(row["figure"], []).append(
            Source(**{name: row[name] for name in Source.__dataclass_fields__})
        )
    catalogue = {}
    for row in rows(connection, "select * from catalogue order by position, figure"):
        catalogue[row["figure"]] = Figure(
            id=row["figure"],
            title=row["title"],
            definition=row["definition"] or "",
            plain=PlainWords(row["plain_counts"], row["plain_leaves_out"], row["plain_example"]),
            unit=row["unit"] or "",
            source=row["source"] or "",
            legal_ground=row["legal_ground"] or "",
            since=row["since"],
            warnings=tuple(row["warnings"] or ()),
            model=row["model"] or "",
            of_one_day=row["period"] == "day",
            absent_is_zero=row["absent"] == "zero",
            asks_year_before=row["asks_year_before"],
            dimensions=tuple(row["dimensions"]),
            is_public=row["adds_up"],
            category_title=row["category_title"],
            category_list=row["category_list"],
            category_total=row["category_total"],
            subcategory_title=row["subcategory_title"],
            subcategory_list=row["subcategory_list"],
            subcategory_total=row["subcategory_total"],
            measures=tuple(measures.get(row["figure"], ())),
            sources=tuple(sources.get(row["figure"], ())),
        )
    return catalogue
