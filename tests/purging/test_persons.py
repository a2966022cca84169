"""Persons are purged by the data's clock, wholly, once and for all (deliveries.md section 7)."""

import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.configuration.contract import load_sources
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.history.due_rows import COUNTED
from pipelines.history.purge import AGED, CAME_LATE, LAST_AGE, purge
from pipelines.history.store import History
from tests.model.world import Extract, personnummer, samordningsnummer
from tests.pipeline import Pipeline

pytestmark = pytest.mark.long

OLD = personnummer("2002-05-05", 120)
OLD_BEFORE = samordningsnummer("2002-05-05", 140)
OLD_LOOKS_YOUNG = personnummer("2004-05-05", 122)
YOUNG = personnummer("2005-03-01", 121)


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path)


def _everything(day: str, number: str, name: str, earlier: str = "") -> list[Extract]:
    """A delivery of every source in which a person has a row in every dataset, and one for the quarantine."""
    return [
        Extract("folkbokforing", day).resident(number, tidigare_personnummer=earlier),
        Extract("skolregister", day).study(f"s{name}", number),
        Extract("beda", day).certificate(number, "STUDIEBEVIS"),
        Extract("ber", day)
        .registered(number)
        .contact(f"k{name}", number, datum="2022-02-03")
        .contact(f"q{name}", number, kanal="TELEGRAM")
        .occupation(f"o{name}", number, kontakt_id=f"k{name}")
        .enrolment(f"i{name}", number)
        .measure(f"m{name}", f"i{name}")
        .measure(f"n{name}", f"i{name}", insats="X")
        .residence_check(f"r{name}", number),
    ]


def _merged(one: list[Extract], other: list[Extract]) -> list[Extract]:
    for mine, theirs in zip(one, other, strict=True):
        for dataset, rows in theirs.tables.items():
            mine.tables.setdefault(dataset, []).extend(rows)
    return one


def _deliver(pipeline: Pipeline, *extracts: Extract) -> None:
    for extract in extracts:
        extract.write(pipeline.drop)
    pipeline.run()


def _pseudonym(pipeline: Pipeline, number: str) -> str:
    return Pseudonymiser(pipeline.home.pseudonym_key).pseudonym(number)


def _tables_with(pipeline: Pipeline, number: str) -> set[str]:
    """The tables of the published version's history in which a person's pseudonym stands anywhere."""
    version = pipeline.home.current()
    assert version is not None
    wanted = _pseudonym(pipeline, number)
    with duckdb.connect(str(version.history), read_only=True) as connection:
        names = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        return {
            name
            for name in names
            if connection.execute(f"select 1 from {name} t where t::varchar like ? limit 1", [f"%{wanted}%"]).fetchone()
        }


def _rows(pipeline: Pipeline) -> dict[str, int]:
    datasets = [dataset for source in pipeline.sources.values() for dataset in source.datasets.values()]
    return {dataset.table: pipeline.query(f"select count(*) from {dataset.table}")[0][0] for dataset in datasets}


def _protocol(pipeline: Pipeline) -> list[tuple[Any, ...]]:
    return pipeline.query(
        "select version, data_year, reason, persons, rows, quarantined, first_date, last_date from purge_protocol "
        "order by version, reason"
    )


def _by_dataset(pipeline: Pipeline) -> dict[str, tuple[Any, ...]]:
    """Dataset -> year, persons, first and last day, of those whom the protocol says that figures may have counted."""
    lines = pipeline.query("select dataset, data_year, persons, first_date, last_date from purge_protocol_dataset")
    return {dataset: tuple(rest) for dataset, *rest in lines}


PERSON_TABLES = {
    "folkbokforing_personer", "skolregister_studieperioder", "beda_bevis", "ber_register", "ber_kontakter",
    "ber_sysselsattningar", "ber_inskrivningar", "ber_bosattningskontroller", "number", "quarantine", "quarantined_number",
}  # fmt: skip


def test_nothing_of_a_purged_person_is_left_and_nothing_of_others_is_lost(pipeline: Pipeline) -> None:
    _deliver(pipeline, *_merged(_everything("2023-12-31", OLD, "1", OLD_BEFORE), _everything("2023-12-31", YOUNG, "2")))
    assert _tables_with(pipeline, OLD) == PERSON_TABLES
    assert _tables_with(pipeline, OLD_BEFORE) == {"folkbokforing_personer", "number"}
    assert _protocol(pipeline) == []
    before = _rows(pipeline)
    quarantined = len(pipeline.quarantine())

    _deliver(pipeline, Extract("nyckeltal", "2024-01-01").key_number())
    assert _tables_with(pipeline, OLD) == _tables_with(pipeline, OLD_BEFORE) == set()
    by_dataset = _by_dataset(pipeline)
    assert by_dataset["ber/kontakter"] == (2024, 1, date(2022, 2, 3), date(2022, 2, 3))
    assert by_dataset["ber/register"][1] == 1
    assert by_dataset["ber/sysselsattningar"] == (2024, 0, None, None)  # says something of who is counted anyway
    assert by_dataset["folkbokforing/personer"] == (2024, 0, None, None)  # was over 19 in every extract
    assert _tables_with(pipeline, YOUNG) == PERSON_TABLES
    assert _rows(pipeline) == {table: number // 2 for table, number in before.items()} | {"nyckeltal_nyckeltal": 1}
    assert len(pipeline.quarantine()) == quarantined // 2 == 2
    assert _protocol(pipeline) == [(2, 2024, AGED, 1, 9, 2, date(2020, 9, 1), date(2023, 12, 31))]


def test_purging_takes_the_bytes_too(pipeline: Pipeline) -> None:
    _deliver(pipeline, *_everything("2023-12-31", OLD, "1"))
    version = pipeline.home.current()
    assert version is not None
    wanted = _pseudonym(pipeline, OLD).encode()
    assert wanted in version.history.read_bytes()
    _deliver(pipeline, Extract("nyckeltal", "2024-01-01").key_number())
    version = pipeline.home.current()
    assert version is not None
    assert wanted not in version.history.read_bytes()
    _deliver(pipeline, *_everything("2024-01-02", OLD, "1"))
    version = pipeline.home.current()
    assert version is not None
    # What comes late leaves no bytes either.
    assert wanted not in version.history.read_bytes()
    assert not list(version.history.parent.glob("*.new*"))
    assert _rows(pipeline)["nyckeltal_nyckeltal"] == 1


def test_later_deliveries_do_not_bring_anybody_back(pipeline: Pipeline) -> None:
    _deliver(pipeline, *_everything("2023-12-31", OLD, "1", OLD_LOOKS_YOUNG))
    for day in ("2024-01-02", "2024-01-03"):
        _deliver(pipeline, *_merged(_everything(day, OLD, "1"), _everything(day, OLD_LOOKS_YOUNG, "9")))
        assert _tables_with(pipeline, OLD) == _tables_with(pipeline, OLD_LOOKS_YOUNG) == set()
        assert set(_rows(pipeline).values()) == {0}
    aged, late = _protocol(pipeline)
    # One line of the year's latest night for what the sources go on delivering, not one for every night.
    assert (aged[0], aged[2], aged[3]) == (2, AGED, 1)
    assert (late[0], late[2], late[3]) == (3, CAME_LATE, 2)


def test_a_person_of_the_quarantine_only_is_purged(pipeline: Pipeline) -> None:
    _deliver(pipeline, Extract("ber", "2023-12-31").contact("k1", OLD, kanal="TELEGRAM"))
    _deliver(pipeline, Extract("ber", "2023-12-31", revision=2).contact("k1", OLD, kanal="TELEGRAM"))
    assert len(pipeline.quarantine()) == 2
    _deliver(pipeline, Extract("nyckeltal", "2024-01-01").key_number())
    assert pipeline.quarantine() == []
    assert _tables_with(pipeline, OLD) == set()
    assert [line[2:6] for line in _protocol(pipeline)] == [(AGED, 1, 0, 2)]


def test_a_held_delivery_loses_purged_persons_too(pipeline: Pipeline) -> None:
    many = Extract("ber", "2023-12-28")
    for serial in range(100, 220):
        many.registered(personnummer("2005-03-01", serial))
    _deliver(pipeline, many)
    _deliver(pipeline, *_merged(_everything("2023-12-29", OLD, "1"), _everything("2023-12-29", YOUNG, "2"))[3:])
    held = pipeline.query("select count(*) from held_ber_insatser")[0][0]
    assert held == 2
    _deliver(pipeline, Extract("nyckeltal", "2024-01-01").key_number())
    assert _tables_with(pipeline, OLD) == set()
    assert "held_ber_register" in _tables_with(pipeline, YOUNG)
    assert pipeline.query("select insats_id from held_ber_insatser") == [("m2",)]


def test_a_measure_stays_on_the_nights_when_its_enrolment_was_somebody_elses(pipeline: Pipeline) -> None:
    """A corrected personnummer: the enrolment was another person's from the third night on."""
    for day, number in (("12-26", OLD), ("12-27", OLD), ("12-28", YOUNG), ("12-29", OLD), ("12-30", YOUNG)):
        _deliver(pipeline, Extract("ber", f"2023-{day}").enrolment("i1", number).measure("m1", "i1"))
    _deliver(pipeline, Extract("nyckeltal", "2024-01-01").key_number())
    kept = pipeline.query("select insats_id, first_extract_date, last_extract_date from ber_insatser order by 2")
    assert kept == [("m1", date(2023, 12, 28), date(2023, 12, 28)), ("m1", date(2023, 12, 30), None)]


@pytest.mark.parametrize(("day", "is_purged"), [("2023-12-31", False), ("2024-01-01", True)])
def test_the_clock_is_the_datas(pipeline: Pipeline, day: str, is_purged: bool) -> None:
    assert LAST_AGE == 21
    _deliver(pipeline, Extract("ber", "2023-12-28").registered(OLD))
    _deliver(pipeline, Extract("enkat", day).answer("a"))
    assert (_tables_with(pipeline, OLD) == set()) is is_purged


def test_a_rejected_or_held_extract_does_not_move_the_clock(pipeline: Pipeline) -> None:
    _deliver(pipeline, Extract("ber", "2023-12-28").registered(OLD))
    _deliver(pipeline, Extract("ber", "2024-01-02").registered(YOUNG).with_fault("checksum_mismatch"))
    assert _tables_with(pipeline, OLD)


def test_days_on_which_a_purged_person_may_have_counted(pipeline: Pipeline) -> None:
    """From the first to the last such day; a register row counts until the night on which it was gone."""
    _deliver(pipeline, Extract("ber", "2022-03-01").registered(OLD, registrerad_datum="2022-01-15"))
    _deliver(pipeline, Extract("ber", "2022-05-02").registered(YOUNG))
    _deliver(pipeline, Extract("ber", "2024-01-02").registered(YOUNG))
    ((*_, first, last),) = _protocol(pipeline)
    assert (first, last) == (date(2022, 1, 15), date(2022, 5, 1))


def test_every_dataset_about_persons_was_thought_of() -> None:
    """A new dataset must say when its rows make somebody count, or be written down here as not doing so."""
    datasets = [dataset for source in load_sources().values() for dataset in source.datasets.values()]
    about_persons = {
        dataset.table
        for dataset in datasets
        if dataset.number_columns or any(column.reference for column in dataset.columns)
    }
    assert about_persons - COUNTED.keys() == {"ber_sysselsattningar", "beda_bevis", "skolregister_studieperioder"}


@pytest.mark.slow
def test_purging_a_city_takes_seconds(tmp_path: Path) -> None:
    """60 000 residents, a quarter of them due, some linked, each with several rows."""
    sources = load_sources({"stadsdelsomrade": ["01"]})
    datasets = [dataset for source in sources.values() for dataset in source.datasets.values()]
    persons = pl.DataFrame({"number": range(60_000)}).select(
        pseudonym=pl.format("{}p", pl.col("number").cast(pl.String).str.zfill(31)),
        birth_date=pl.date(2002 + pl.col("number") % 4, 5, 5),
    )
    with History(tmp_path / "history.duckdb", sources) as history:
        run = history.connection.execute
        history.connection.register("persons", persons)
        run("insert into number select pseudonym, birth_date, 'man' from persons")
        run("create or replace temp table known_before as select pseudonym from number")
        run("insert into extract values ('ber', '2024-01-02', 1, 'x'), ('folkbokforing', '2023-12-30', 1, 'y')")
        run("insert into ber_register (pseudonym, first_extract_date) select pseudonym, '2023-12-30' from persons")
        run(
            "insert into ber_kontakter (kontakt_id, pseudonym, datum, first_extract_date) "
            "select pseudonym || n, pseudonym, '2022-03-03', '2023-12-30' from persons, range(8) r(n)"
        )
        run(
            "insert into folkbokforing_personer (pseudonym, earlier_pseudonym, first_extract_date) select pseudonym, "
            "case when pseudonym like '%7p' then 'x' || pseudonym end, '2023-12-30' from persons"
        )
        run("insert into number select 'x' || pseudonym, birth_date, 'man' from persons where pseudonym like '%7p'")
        began = time.monotonic()
        (removal,) = purge(history.connection, datasets, 1)
        assert time.monotonic() - began < 10
        assert (removal.persons, removal.rows) == (15_000, 150_000)
        began = time.monotonic()
        assert purge(history.connection, datasets, 2) == []
        assert time.monotonic() - began < 5
