"""A home's part of a lake answers as the home does, without numbers in clear, its own pseudonyms, and those who have a protected
identity; a person who moved is one person in two parts."""

import re
import shutil
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.audit.access_log import read_accesses
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.lake.ask import ask_lake
from pipelines.lake.engine import duckdb_engine
from pipelines.lake.layout import faults, read_lake
from pipelines.lake.pseudonyms import stabbed
from pipelines.lake.recipient_key import fingerprint
from pipelines.runtime.errors import UsageError
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period
from tests.lake.homes import KEY, exported, rows_of, values_of
from tests.lake.lakes import played
from tests.model.world import Extract, personnummer, samordningsnummer
from tests.pipeline import FigureKey, Pipeline
from tests.property.strategies import world_number

pytestmark = pytest.mark.long

ANNA = personnummer("2005-03-01", 210)
BO, BO_EARLIER = personnummer("2006-01-01", 311), samordningsnummer("2006-01-01", 301)
#: Protected by her earlier number alone, which she had before she got the other.
CILLA, CILLA_EARLIER = personnummer("2005-06-06", 212), samordningsnummer("2005-06-06", 214)
NUMBERS = [ANNA, BO, BO_EARLIER, CILLA, CILLA_EARLIER]
PERIOD = "kalenderar-2023"


def _deliver(drop: Path, day: str, municipality: str = "0180", **cilla: str) -> None:
    residents = Extract("folkbokforing", day, municipality=municipality)
    residents.resident(ANNA).resident(BO, tidigare_personnummer=BO_EARLIER)
    residents.resident(CILLA, tidigare_personnummer=CILLA_EARLIER, **cilla).write(drop)
    register = Extract("ber", day, municipality=municipality)
    for number in (ANNA, BO, CILLA):
        register.registered(number, registrerad_datum="2023-02-01")
    register.contact("k1", ANNA, datum="2023-02-10", riktning="UT", besvarad="J")
    register.contact("k2", CILLA, datum="2023-02-10", riktning="UT", besvarad="J")
    register.enrolment("i1", BO_EARLIER, inskriven_datum="2023-02-10", avslutad_datum="", avslutsorsak="")
    register.enrolment("i2", CILLA_EARLIER, inskriven_datum="2023-02-10", avslutad_datum="", avslutsorsak="")
    register.measure("m1", "i1", insats="AIM", startdatum="2023-03-01", slutdatum="", avslutsorsak="")
    register.measure("m2", "i2", insats="AIM", startdatum="2023-03-01", slutdatum="", avslutsorsak="")
    register.write(drop)


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    """A home of three youths of whom one has a protected identity."""
    made = Pipeline(tmp_path)
    _deliver(made.drop, "2023-05-01", skyddsmarkering="SEKRETESS")
    _deliver(made.drop, "2023-05-03")
    made.run()
    return made


def _asked(lake: Path, pipeline: Pipeline, period: str, known_to: date | None = None) -> dict[FigureKey, object]:
    municipality = pipeline.home.municipality
    with duckdb_engine(lake) as engine:
        rows = ask_lake(
            engine, read_lake(lake), pipeline.models(), municipality, parse_period(period, municipality),
            known_to or EVERYTHING,
        )  # fmt: skip
    return {tuple(row[:-1]): row[-1] for row in rows}


@pytest.mark.parametrize("number", range(3))
def test_a_part_answers_as_its_home_where_nobody_has_a_protected_identity(number: int, tmp_path: Path) -> None:
    world = world_number(number)
    for delivery in world.deliveries:
        for row in delivery.tables.get("personer", []):
            row["skyddsmarkering"] = ""
    pipeline = played(world, tmp_path)
    done = exported(pipeline, tmp_path / "lake")
    assert (done.protected, done.part.unlinked) == (0, 0)
    for known_to in world.as_known:
        for period in world.periods:
            assert _asked(tmp_path / "lake", pipeline, period, known_to) == pipeline.figures(period, known_to)


def _protected(pipeline: Pipeline) -> set[str]:
    """The home's pseudonyms of all numbers of persons with a protected identity, found here link by link."""
    residents = pipeline.query("select pseudonym, earlier_pseudonym, skyddsmarkering from folkbokforing_personer")
    found = {pseudonym for pseudonym, _, marked in residents if marked}
    while True:
        linked = [{one, other} for one, other, _ in residents if other and {one, other} & found]
        more = found.union(*linked)
        if more == found:
            return found
        found = more


@pytest.mark.parametrize("number", range(4))
def test_each_row_of_the_others_is_there_with_pseudonyms_of_the_recipients_key(number: int, tmp_path: Path) -> None:
    world = world_number(number)
    pipeline = played(world, tmp_path)
    done = exported(pipeline, tmp_path / "lake")
    cells = [cell for one in world.deliveries for rows in one.tables.values() for row in rows for cell in row.items()]
    delivered = {value for name, value in cells if name.endswith("personnummer") and re.fullmatch("[0-9]{12}", value)}
    own, recipients = Pseudonymiser(pipeline.home.pseudonym_key), Pseudonymiser(KEY)
    named = {own.pseudonym(one): recipients.pseudonym(one) for one in delivered} | {None: None}
    protected = _protected(pipeline)
    hidden = {
        record
        for record, whose in pipeline.query("select inskrivning_id, pseudonym from ber_inskrivningar")
        if whose in protected
    }
    for source in pipeline.sources.values():
        for dataset in source.datasets.values():
            columns = list(done.part.tables[f"history.{dataset.table}"].columns)
            rows = [
                dict(zip(columns, row, strict=True))
                for row in pipeline.query(f"select {', '.join(columns)} from {dataset.table}")
            ]
            numbers = [column.history_name for column in dataset.number_columns]
            expected = [
                row | {name: named[row[name]] for name in numbers}
                for row in rows
                if not {row[name] for name in numbers} & protected
                and not (dataset.name == "insatser" and row["inskrivning_id"] in hidden)
            ]
            found = rows_of(done.part, f"history.{dataset.table}")
            assert sorted(map(repr, found)) == sorted(map(repr, expected)), dataset.table
    texts = {text for _, text in values_of(tmp_path / "lake")}
    assert not [text for text in texts if text in named or any(one in text for one in delivered)]
    assert bool(done.protected) == bool(protected)


def test_who_has_a_protected_identity_is_in_no_row_by_any_number_or_record(pipeline: Pipeline, tmp_path: Path) -> None:
    done = exported(pipeline, tmp_path / "lake")
    assert (done.persons, done.protected) == (2, 1)
    recipients = Pseudonymiser(KEY)
    texts = {text for _, text in values_of(tmp_path / "lake")}
    assert {recipients.pseudonym(one) for one in (ANNA, BO, BO_EARLIER)} < texts
    assert not {recipients.pseudonym(CILLA), recipients.pseudonym(CILLA_EARLIER), "k2", "i2", "m2"} & texts
    assert {"k1", "i1", "m1"} < texts
    # The others count as ever: of three in the register two are left, and of two measures one.
    answer = _asked(tmp_path / "lake", pipeline, PERIOD)
    home = pipeline.figures(PERIOD)
    for figure, measure, here, there in (("population", "in_register", 2, 3), ("participants", "enrolled", 1, 2)):
        key = (figure, measure, PERIOD, "*", "*", "*", "*", "*")
        assert (answer[key], home[key]) == (here, there)
    key = ("measures", "participants", PERIOD, "*", "*", "*", "AIM", "*")
    assert (answer[key], home[key]) == (1, 2)


def test_nothing_in_the_part_tells_how_many_are_left_out(pipeline: Pipeline, tmp_path: Path) -> None:
    part = exported(pipeline, tmp_path / "lake").part
    assert "rows" not in part.tables["history.delivery"].columns
    assert {row["skyddsmarkering"] for row in rows_of(part, "history.folkbokforing_personer")} == {None}


def test_a_person_who_moved_has_one_pseudonym_in_both_parts(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for name, code in (("stockholm", "0180"), ("nacka", "0182")):
        pipeline = Pipeline(tmp_path / name, name)
        register = Extract("ber", "2023-05-02", municipality=code).registered(ANNA, stadsdelsomrade="")
        register.registered(BO if code == "0180" else CILLA, stadsdelsomrade="").write(pipeline.drop)
        pipeline.run()
        exported(pipeline, lake)
    stockholm, nacka = (
        {row["pseudonym"] for row in rows_of(part, "history.number")} for part in read_lake(lake).parts.values()
    )
    assert (len(stockholm), len(nacka)) == (2, 2)
    assert stockholm & nacka == {Pseudonymiser(KEY).pseudonym(ANNA)}


def test_columns_that_no_model_reads_stay_in_the_house(pipeline: Pipeline, tmp_path: Path) -> None:
    part = exported(pipeline, tmp_path / "lake").part
    assert not {"samtycke_fran", "samtycke_till"} & part.tables["history.flai_deltaganden"].columns.keys()
    assert set(part.tables["history.delivery"].columns) == {
        "delivery_id", "source", "extract_date", "revision", "status", "quarantined_rows",
    }  # fmt: skip
    read = set(re.findall(r'"history"\."main"\."([a-z0-9_]+)"', " ".join(model.sql for model in pipeline.models())))
    assert {f"history.{name}" for name in read} <= part.tables.keys()


def test_the_part_says_whose_it_is_and_its_profile_is_the_homes(pipeline: Pipeline, tmp_path: Path) -> None:
    exported(pipeline, tmp_path / "lake")
    part = read_lake(tmp_path / "lake").parts["0180"]
    assert (part.title, part.recipient, part.version) == (pipeline.home.municipality.title, fingerprint(KEY), 1)
    assert part.municipality == pipeline.home.municipality.model_copy(update={"word_template": None})
    assert faults(read_lake(tmp_path / "lake")) == []


def test_that_the_archive_was_opened_stands_in_the_access_log(pipeline: Pipeline, tmp_path: Path) -> None:
    exported(pipeline, tmp_path / "lake")
    [entry] = read_accesses(pipeline.home)
    assert entry["what"].startswith("kaa lake export") and fingerprint(KEY) in entry["why"]
    assert entry["rows"] == 2


def test_who_is_in_no_archived_delivery_any_more_has_a_pseudonym_of_this_municipality_alone(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    for (delivery,) in pipeline.query("select delivery_id from extract where source = 'folkbokforing'"):
        shutil.rmtree(pipeline.home.archive / delivery)
    done = exported(pipeline, tmp_path / "lake")
    # The register names Anna and Bo, and by an enrolment Bo's earlier number: nothing is lost of those who are exported.
    assert (done.part.unlinked, done.opened) == (0, 2)
    for (delivery,) in pipeline.query("select delivery_id from extract where source = 'ber'"):
        shutil.rmtree(pipeline.home.archive / delivery)
    done = exported(pipeline, tmp_path / "lake")
    assert (done.part.unlinked, done.opened) == (3, 0)
    recipients = Pseudonymiser(KEY)
    own = Pseudonymiser(pipeline.home.pseudonym_key)
    found = {row["pseudonym"] for row in rows_of(done.part, "history.number")}
    assert found == {recipients.pseudonym(own.pseudonym(number)) for number in (ANNA, BO, BO_EARLIER)}
    assert read_lake(tmp_path / "lake").parts["0180"].unlinked == 3


def _damage(pipeline: Pipeline, pattern: str, source: str, days: int) -> None:
    found = pipeline.query(f"select delivery_id from extract where source = '{source}' order by extract_date desc")
    for (delivery,) in found[:days]:
        for path in (pipeline.home.archive / delivery).glob(pattern):
            path.write_bytes(b"")


def test_where_an_archived_file_cannot_be_read_the_numbers_are_sought_in_others(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    before = exported(pipeline, tmp_path / "lake")
    assert before.opened == 1
    _damage(pipeline, "personer*", "folkbokforing", 1)
    assert exported(pipeline, tmp_path / "lake").part == before.part
    _damage(pipeline, "personer*", "folkbokforing", 2)
    assert exported(pipeline, tmp_path / "lake").part == before.part
    # Only they name Bo's earlier number.
    _damage(pipeline, "inskrivningar*", "ber", 2)
    with pytest.raises(UsageError, match="cannot be opened"):
        exported(pipeline, tmp_path / "lake")
    lake = read_lake(tmp_path / "lake")
    assert (lake.parts["0180"], faults(lake)) == (before.part, [])


def test_who_is_purged_is_not_in_the_next_export(tmp_path: Path) -> None:
    old = personnummer("2002-05-05", 120)
    pipeline = Pipeline(tmp_path)
    Extract("ber", "2023-05-02").registered(ANNA).registered(old).write(pipeline.drop)
    pipeline.run()
    exported(pipeline, tmp_path / "lake")
    gone = Pseudonymiser(KEY).pseudonym(old)
    assert gone in {text for _, text in values_of(tmp_path / "lake")}
    Extract("ber", "2024-01-02").registered(ANNA).write(pipeline.drop)
    pipeline.run()
    done = exported(pipeline, tmp_path / "lake")
    assert (done.persons, done.written > 0, done.removed > 0) == (1, True, True)
    for path in (tmp_path / "lake").rglob("*.parquet"):
        assert gone not in {str(value) for row in pq.read_table(path).to_pylist() for value in row.values()}


def test_few_deliveries_are_opened(tmp_path: Path) -> None:
    """Who is there all the time is found by one of them; each who was there for a while needs one of that while."""
    pipeline = Pipeline(tmp_path)
    for day in range(1, 29):
        register = Extract("ber", f"2023-05-{day:02d}").registered(ANNA)
        if day < 8:
            register.registered(BO)
        if day > 20:
            register.registered(CILLA)
        register.write(pipeline.drop)
    pipeline.run()
    assert exported(pipeline, tmp_path / "lake").opened == 2


def test_the_fewest_places_are_taken() -> None:
    assert stabbed([]) == []
    assert stabbed([(1, 9), (3, 4), (4, 6), (7, 7)]) == [4, 7]
    assert stabbed([(5, 5), (1, 2), (2, 5)]) == [2, 5]
