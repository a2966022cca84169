"""Each number can be followed to the delivered rows: of random worlds, cell by cell, against the files themselves."""

import gzip
import hashlib
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from pipelines.audit.cell import Cell
from pipelines.audit.lines import ArchivedLines
from pipelines.audit.trace import EVIDENCE_MODELS, Answer, row_as_json
from pipelines.configuration.catalogue import read_catalogue
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.state.keys import ARCHIVE_PRIVATE, read_private_key
from pipelines.warehouse.ask import made_warehouse
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period
from tests.model.oracle import PROFILES, Oracle, parse_csv
from tests.pipeline import Pipeline
from tests.property.strategies import World, worlds
from tests.property.test_pipeline_agrees import NOW, play

pytestmark = pytest.mark.long

CHECKS: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}
#: What audit.md section 1 asks of each figure's rows, whatever the question.
ROLES: defaultdict[tuple[str, str], set[str]] = defaultdict(
    set,
    {
        ("population", "in_register"): {"in_register"},
        ("outreach", "sought"): {"in_register", "decides"},
        ("outreach", "reached"): {"in_register", "decides"},
        ("outreach", "not_reached"): {"in_register", "decides"},
        ("contacts", "attempts"): {"in_register", "counted"},
        ("contacts", "answered"): {"in_register", "counted"},
        ("contacts", "own"): {"in_register", "counted"},
        ("occupation", "reached"): {"in_register", "decides"},
        ("occupation", "occupied"): {"in_register", "decides", "occupation"},
        ("participants", "enrolled"): {"decides"},
        ("participants", "new"): {"decides"},
        ("participants", "ended"): {"decides"},
        ("exits", "ended"): {"decides"},
        ("measures", "participants"): {"decides"},
        ("measures", "new"): {"decides"},
        ("measures", "ended"): {"decides"},
        ("measure_exits", "ended"): {"decides"},
        ("support_choice", "reached_then_enrolled"): {"in_register", "decides"},
        ("timeliness", "registered"): {"counted"},
        ("timeliness", "contacted_in_14_days"): {"counted", "decides"},
        ("timeliness", "contacted_in_30_days"): {"counted", "decides"},
        ("offer_90_days", "enrolments"): {"counted"},
        ("offer_90_days", "offered"): {"counted", "decides"},
        ("residence_checks", "reported"): {"counted"},
        ("survey", "answers"): {"counted"},
        ("key_numbers", "value"): {"counted"},
        ("registrations", "stays"): {"counted"},
        ("registrations", "first"): {"counted"},
        ("first_time", "persons"): {"counted"},
        ("first_time", "reached_in_90_days"): {"counted", "decides"},
        ("first_time", "enrolled_in_90_days"): {"counted", "decides"},
        ("latest_occupation", "persons"): {"in_register"},
        ("persistence", "again"): {"in_register"},
        ("occupation_after_support", "persons"): {"decides"},
        ("not_admitted", "persons"): {"decides"},
        ("not_admitted", "guided"): {"decides"},
        ("not_admitted", "placed"): {"decides"},
        ("not_admitted", "guided_and_placed"): {"decides"},
        ("school_entry_visits", "visits"): {"counted"},
        ("school_entry_visits", "visitors"): {"decides"},
        ("school_entry_visits", "before_term"): {"decides"},
        ("consented_participants", "participants"): {"decides"},
        ("consented_participants", "new"): {"decides"},
        ("consented_participants", "ended"): {"decides"},
        ("youth_20_29", "value"): {"counted"},
        ("residents", "aged_16_19"): {"place"},
        ("residents", "in_register_16_19"): {"place", "in_register"},
        ("status", "in_register"): {"in_register"},
        ("target_group", "eligible"): {"place"},
        ("target_group", "in_register"): {"place", "in_register"},
        ("target_group", "eligible_not_in_register"): {"place"},
        ("target_group", "in_register_not_eligible"): {"place", "in_register"},
    },
)
#: Which datasets the rows of some of them stand in besides.
DATASETS = {
    ("first_time", "reached_in_90_days"): {"ber/register", "ber/kontakter"},
    ("first_time", "enrolled_in_90_days"): {"ber/register", "ber/inskrivningar"},
    ("occupation_after_support", "persons"): {"ber/inskrivningar"},
    ("not_admitted", "persons"): {"antagning/antagningar"},
    ("not_admitted", "guided"): {"antagning/antagningar", "skolslussen/besok"},
    ("not_admitted", "placed"): {"antagning/antagningar", "skolregister/studieperioder"},
    ("not_admitted", "guided_and_placed"): {
        "antagning/antagningar",
        "skolslussen/besok",
        "skolregister/studieperioder",
    },
}
CELL = ("gender", "district", "job_centre", "category", "subcategory")


class Drop:
    """The delivered files, read by nothing of the program's."""

    def __init__(self, folder: Path, pipeline: Pipeline) -> None:
        self.folder = folder
        self.pseudonym = Pseudonymiser(pipeline.home.pseudonym_key).pseudonym

    def rows(self, folder: str, file: str, sha256: str) -> dict[int, dict[str, str]]:
        """Line on which a row begins -> the row, of a file that has this content."""
        path = self.folder / folder / file
        content = path.read_bytes()
        assert hashlib.sha256(content).hexdigest() == sha256
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode(
            "utf-8-sig" if self.named(folder, file)["teckenkodning"] == "utf-8" else "iso-8859-1"
        )
        return dict(_rows(text))

    def named(self, folder: str, file: str) -> dict[str, Any]:
        """What the manifest says of a file, and of the delivery."""
        manifest = json.loads((self.folder / folder / "leverans.json").read_text(encoding="utf-8"))
        (named,) = [one for one in manifest["filer"] if one["fil"] == file]
        return {**manifest, **named}

    def check(self, evidence: dict[str, Any], columns: dict[str, list[str]]) -> dict[str, str]:
        """The delivered row that evidence names, when it stands where it is said to stand."""
        named = self.named(evidence["folder"], evidence["file"])
        assert named["uttagsdatum"] == evidence["extract_date"]
        assert f"{named['kalla']}/{named['dataset']}" == evidence["dataset"]
        row = self.rows(evidence["folder"], evidence["file"], evidence["sha256"])[evidence["line"]]
        key = [None if name == "personnummer" else row[name] for name in columns[evidence["dataset"]]]
        assert (key[0] if len(key) == 1 else key) == (evidence["key"] if len(key) == 1 else json.loads(evidence["key"]))
        return row


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Physical line on which a row begins, and the row."""
    records = [(line, [field.strip(" \t\r\n") for field in fields]) for line, fields in parse_csv(text)]
    filled = [(line, fields) for line, fields in records if fields != [""]]
    header = filled[0][1]
    for line, fields in filled[1:]:
        yield line, dict(zip(header, fields, strict=True))


@contextmanager
def _played(world: World) -> Iterator[tuple[Pipeline, Oracle]]:
    with tempfile.TemporaryDirectory() as folder:
        pipeline, oracle = Pipeline(Path(folder), world.municipality, NOW), Oracle(PROFILES[world.municipality], NOW)
        play(world, pipeline, oracle)
        yield pipeline, oracle


def _answers(
    pipeline: Pipeline, period_id: str, as_known: date | None, most: int
) -> Iterator[tuple[Cell, Decimal, list[dict[str, Any]], int]]:
    """Some cells of a period, each with its published number, its rows and how many are not shown."""
    version = pipeline.home.current()
    assert version is not None
    municipality = pipeline.home.municipality
    period = parse_period(period_id, municipality)
    private = read_private_key(pipeline.home.keys / ARCHIVE_PRIVATE).private
    lines = ArchivedLines(pipeline.home.archive, private, pipeline.sources, pipeline.home.pseudonym_key)
    figures = [one for one in read_catalogue().values() if (period.kind == "dag") == (one.period == "day")]
    models, known_to = pipeline.models(), as_known or EVERYTHING
    wanted = [*(figure.model for figure in figures), *EVIDENCE_MODELS]
    with made_warehouse(models, version.history, municipality, [period], known_to, wanted) as connection:
        for figure in figures:
            relation = f"warehouse.main.{figure.model}"
            rows = connection.execute(
                f"select measure, {', '.join(CELL)}, value from {relation} order by all"
            ).fetchall()
            for measure, *groups, value in random.Random(period_id).sample(rows, min(most, len(rows))):
                cell = Cell(figure.id, measure, *groups)
                answer = Answer(connection, models, pipeline.sources, figure, cell, period, known_to)
                shown, protected = answer.rows(lines)
                assert Decimal(answer.value()) == value
                yield cell, value, [row_as_json(one) for one in shown], protected


def _numbers_are_linked(drop: Drop, person: str, delivered: list[tuple[str, dict[str, str]]]) -> bool:
    """Whether rows that are given as links lead from each number in the evidence to the person's newest."""
    links = [
        {drop.pseudonym(row["personnummer"]), drop.pseudonym(row["tidigare_personnummer"])}
        for role, row in delivered
        if role == "identity"
    ]
    known = {person}
    for _ in links:
        known.update(*(link for link in links if link & known))
    # An occupation counts by its contact alone, whoever it was written down of (figures.md section 3).
    own = [row for role, row in delivered if role != "occupation" and "personnummer" in row]
    return all(drop.pseudonym(row["personnummer"]) in known for row in own)


def _follow(world: World, most: int) -> None:
    """Follow some cells of each figure, period and knowledge."""
    with _played(world) as (pipeline, oracle):
        drop = Drop(pipeline.drop, pipeline)
        keys = {
            f"{source.name}/{dataset.name}": [column.name for column in dataset.key]
            for source in pipeline.sources.values()
            for dataset in source.datasets.values()
        }
        protected_numbers = {drop.pseudonym(number) for number in oracle.protected_numbers()}
        catalogue = read_catalogue()
        for as_known in world.as_known:
            for period in world.periods:
                for cell, value, rows, protected in _answers(pipeline, period, as_known, 2):
                    if catalogue[cell.figure].adds_up:
                        assert sum(Decimal(row["value"]) for row in rows) + protected == value, cell
                    for row in rows:
                        assert row["person"] not in protected_numbers
                        delivered = [(one["role"], drop.check(one, keys)) for one in row["evidence"]]
                        assert row["person"] is None or _numbers_are_linked(drop, row["person"], delivered)
                        for _, found in delivered:
                            number = found.get("personnummer")
                            assert number is None or drop.pseudonym(number) not in protected_numbers
                        for one in row["evidence"]:
                            assert as_known is None or one["extract_date"] <= as_known.isoformat()
                        roles = {one["role"] for one in row["evidence"]}
                        assert roles >= ROLES[cell.figure, cell.measure], cell
                        datasets = {one["dataset"] for one in row["evidence"]}
                        assert datasets >= DATASETS.get((cell.figure, cell.measure), set()), cell
                        if cell.figure == "persistence":  # in this period, and in the one a year earlier
                            seen = {one["extract_date"] for one in row["evidence"] if one["role"] == "in_register"}
                            assert len(seen) == 2, cell
                        if cell.district not in ("*", "SAKNAS"):
                            assert "place" in roles, cell


def test_what_rows_rest_on_is_known_of_every_figure_of_the_page() -> None:
    expected = {
        (figure.id, name) for figure in read_catalogue().values() if not figure.is_own for name in figure.measures
    }
    assert set(ROLES) >= expected


@settings(
    max_examples=4, phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target], derandomize=True, **CHECKS
)
@given(worlds())
def test_a_number_is_its_rows_and_each_stands_in_its_file(world: World) -> None:
    _follow(world, 2)


@pytest.mark.slow
@settings(max_examples=100, database=None, **CHECKS)
@given(worlds())
def test_the_numbers_of_many_worlds_are_their_rows(world: World) -> None:
    _follow(world, 20)
