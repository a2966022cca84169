"""The answer to the question behind a number, as `kaa serve` shows it: value, definition, and the rows that were counted with
what they rest on. The question stands on a page of the site (``content.traces``); who answers it is given to the server.

Rows about persons are in no file: the page is made for one reader, when that reader asks.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards.content.provenance import sources_in_words
from dashboards.content.traces import asked_key, command
from dashboards.published.catalogue import read_catalogue
from dashboards.published.file import ALL, MISSING, connect, rows
from dashboards.published.numbers import NumberKey
from dashboards.published.publication import read_publication
from dashboards.wording import numbers
from dashboards.wording.audience import INTERNAL

#: So many rows are shown; the command gives all.
MOST_ROWS = 200

#: Asks for a number's rows, at most so many of them: the object of audit.md section 1, its rows cut, and how many there are
#: (``all_rows``). Whoever asks is written down first. Raises NoTrace when it cannot be answered.
Tracing = Callable[[NumberKey], dict[str, Any]]

UNITS = {
    "person": "person",
    "contact": "kontakt",
    "stay": "registervistelse",
    "enrolment": "inskrivning",
    "measure": "insats",
    "residence_check": "bosättningskontroll",
    "visit": "besök",
    "answer": "enkätsvar",
    "row": "levererad rad",
}

ROLES = {
    "in_register": "Visar personen i registret",
    "place": "Ger stadsdel och jobbtorg",
    "counted": "Är det som räknas",
    "decides": "Avgör att personen hör dit",
    "occupation": "Ger sysselsättningen",
    "identity": "Kopplar ihop personens nummer",
}

GENDERS = {"kvinna": "Kvinnor", "man": "Män"}


class NoTrace(Exception):
    """A number's rows cannot be shown; the text says why."""


class _Question(HTMLParser):
    """Finds the command with an id."""

    def __init__(self, id_: str) -> None:
        super().__init__()
        self.id = id_
        self.inside = False
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "code" and ("id", self.id) in attrs

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.text += data


def question(page: bytes, id_: str) -> NumberKey | None:
    """The number that a page asks for under an id; None where it does not."""
    found = _Question(id_)
    found.feed(page.decode())
    return asked_key(found.text) if found.text else None


def answer(published_file: Path, path: str, key: NumberKey, found: dict[str, Any]) -> bytes:
    """The page of an answer. ``path``: the page that holds the question."""
    with connect(published_file) as connection:
        publication = read_publication(connection)
        figure = read_catalogue(connection)[key.figure]
        (period,) = rows(connection, "select title from period where period_id = ?", [key.period])
        return (
            _environment()
            .get_template("answer.html.j2")
            .render(
                audience=INTERNAL,
                publication=publication,
                back=path,
                assets=f"/{path.split('/')[1]}/assets",
                figure=figure,
                measure=next(measure for measure in figure.measures if measure.id == key.measure),
                period=period["title"],
                groups=[("Kön", GENDERS.get(key.gender)), *_groups(connection, key, figure)],
                found=found,
                value=numbers.number(Decimal(found["value"])),
                unit=UNITS[found["unit"]],
                roles=ROLES,
                command=command(key),
            )
            .encode()
        )


def refusal(sentence: str) -> bytes:
    """The page that says why there is no answer."""
    return _environment().get_template("no_answer.html.j2").render(sentence=sentence).encode()


def _groups(connection: Any, key: NumberKey, figure: Any) -> list[tuple[str, str | None]]:
    """(dimension, its name) of the others; None where it is all of it."""
    places = {
        "district": ("Stadsdel", "select name as label from district where code = ?"),
        "job_centre": ("Jobbtorg", "select name as label from job_centre where code = ?"),
    }
    found = []
    for name, (title, sql) in places.items():
        found.append((title, _label(connection, sql, [getattr(key, name)])))
    label = "select label from code where code_list = ? and code = ?"
    for title, code_list, code in (
        (figure.category_title, figure.category_list, key.category),
        (figure.subcategory_title, figure.subcategory_list, key.subcategory),
    ):
        found.append((title or "", _label(connection, label, [code_list or "", code])))
    return found


def _label(connection: Any, sql: str, parameters: list[str]) -> str | None:
    code = parameters[-1]
    if code == ALL:
        return None
    if code == MISSING:
        return "Saknas"
    named = rows(connection, sql, parameters)
    return str(named[0]["label"]) if named else code


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(number=numbers.number, sources_in_words=sources_in_words)
    return environment
