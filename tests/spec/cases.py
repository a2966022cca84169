"""Reads the examples: persons, the rows that were delivered, the questions, and the answers worked out by hand.

A table is written with bars between its columns. Where a row leaves a column of the contract out, it holds what
tests/model/world.py gives it; a personnummer is the name of a person of the example.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tests.model.oracle import DATASETS
from tests.model.world import Extract, personnummer, samordningsnummer

FOLDER = Path(__file__).parent / "cases"

#: What a table of answers may have besides measure and value; what it leaves out is "all".
DIMENSIONS = ("gender", "district", "job_centre", "category", "subcategory")

_MUNICIPALITIES = {"stockholm": "0180", "nacka": "0182"}
_KEYS = {"id", "title", "rule", "section", "persons", "given", "ask", "municipality", "note"}


@dataclass(frozen=True)
class Table:
    """A table as it stands in the file."""

    header: list[str]
    rows: list[list[str]]

    def records(self) -> list[dict[str, str]]:
        """The rows as column -> value."""
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Delivery:
    """One extract of an example."""

    source: str
    day: date
    revision: int
    tables: dict[str, Table]


@dataclass(frozen=True)
class Question:
    """One figure of one period, and all its rows for the dimensions that the table of answers has."""

    figure: str
    period: str
    as_known: date | None
    answer: Table


@dataclass(frozen=True)
class Case:
    """One example."""

    id: str
    title: str
    rule: str
    section: str
    note: str
    municipality: str
    persons: dict[str, str]
    given: list[Delivery]
    ask: list[Question]

    def numbers(self) -> dict[str, str]:
        """Person of the example -> a valid number as the file describes it."""
        numbers = {}
        for place, (name, described) in enumerate(self.persons.items()):
            *kind, gender, birth = described.split()
            if kind not in ([], ["samordningsnummer"]) or gender not in ("man", "kvinna"):
                raise ValueError(f"{self.id}: {name} is described as {described!r}")
            make = samordningsnummer if kind else personnummer
            numbers[name] = make(birth, 101 + 2 * place + (gender == "kvinna"))
        return numbers

    def extracts(self) -> Iterator[Extract]:
        """The deliveries, ready to be written."""
        numbers = self.numbers()
        for delivery in self.given:
            extract = Extract(
                delivery.source, delivery.day, delivery.revision, municipality=_MUNICIPALITIES[self.municipality]
            )
            for dataset, table in delivery.tables.items():
                for record in table.records():
                    named = {
                        column: numbers[value] if column.endswith("personnummer") and value else value
                        for column, value in record.items()
                    }
                    extract.add(dataset, **named)
            yield extract


@dataclass(frozen=True)
class Chapter:
    """One file of examples."""

    title: str
    introduction: str
    cases: list[Case]


def chapters() -> list[Chapter]:
    """All files, in the order of their names."""
    return [read_chapter(path) for path in sorted(FOLDER.glob("*.yaml"))]


def all_cases() -> list[Case]:
    """The examples of all files."""
    return [case for chapter in chapters() for case in chapter.cases]


def read_chapter(path: Path) -> Chapter:
    """One file; raises ValueError when an example lacks something or has something unknown."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Chapter(content["title"], content["introduction"].strip(), [_case(each, path) for each in content["cases"]])


def _case(item: dict[str, Any], path: Path) -> Case:
    unknown, missing = item.keys() - _KEYS, _KEYS - {"municipality", "note"} - item.keys()
    if unknown or missing:
        raise ValueError(f"{path.name}: {item.get('id')} has {sorted(unknown)} too much and lacks {sorted(missing)}")
    return Case(
        id=item["id"],
        title=item["title"],
        rule=item["rule"].strip(),
        section=item["section"],
        note=item.get("note", "").strip(),
        municipality=item.get("municipality", "stockholm"),
        persons=item["persons"] or {},
        given=[_delivery(name, tables) for name, tables in item["given"].items()],
        ask=[
            Question(each["figure"], each["period"], each.get("as_known"), _table(each["answer"]))
            for each in item["ask"]
        ],
    )


def _delivery(name: str, tables: dict[str, str] | None) -> Delivery:
    source, day, *revision = name.split()
    read = {dataset: _table(text) for dataset, text in (tables or {}).items()}
    if not read.keys() <= DATASETS[source].keys():
        raise ValueError(f"{source} has no {sorted(read.keys() - DATASETS[source].keys())}")
    return Delivery(source, date.fromisoformat(day), int(revision[-1]) if revision else 1, read)


def _table(text: str) -> Table:
    header, *rows = [[value.strip() for value in line.split("|")] for line in text.strip().splitlines()]
    wrong = [row for row in rows if len(row) != len(header)]
    if wrong:
        raise ValueError(f"the row {wrong[0]} does not fit {header}")
    return Table(header, rows)
