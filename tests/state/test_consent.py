"""Withdrawn consents outlast what becomes of a home: an upgrade, a restore, another pseudonym key."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest

from pipelines.audit.editions.freeze import _deliveries as deliveries_csv
from pipelines.commands import rotate_pseudonym_key
from pipelines.history.consents import WITHDRAWN, WITHDRAWN_LATE
from pipelines.state.home import Home, initialise, open_home
from tests.cli.conftest import Kaa, kaa
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer
from tests.pipeline import models_json
from tests.state.conftest import plain_restore, plainly
from tests.state.test_restore import lose
from tests.state.world import rows

pytestmark = pytest.mark.long

__all__ = ["kaa", "plain_restore"]

ANNA, BEA = personnummer("2006-03-04", 218), personnummer("2006-07-21", 442)
WENT, STAYS = "borta-1", "kvar-1"


def _flai(day: str, until: str = "", revision: int = 1, **values: str) -> Extract:
    extract = Extract("flai", day, revision=revision).participation(STAYS, BEA)
    return extract.participation(WENT, ANNA, samtycke_till=until, **values)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Three nights: a participation and a quarantined row of it; a superseded delivery that withdraws it; an older extract."""
    models = tmp_path / "models.json"
    models.write_text(models_json(), encoding="utf-8")
    (tmp_path / "drop").mkdir()
    home, _ = initialise("stockholm", tmp_path / "drop", tmp_path / "home")
    monkeypatch.setenv("KAA_HOME", str(home.path))
    with patch.dict(os.environ, {plain_nightly.MODELS: str(models)}):
        for night in (
            [
                _flai("2023-11-02"),
                _flai("2023-11-03", flai_insats="FEL"),
                Extract("ber", "2023-11-03").registered(BEA),
                Extract("enkat", "2023-11-03").answer("a1"),
            ],
            [_flai("2023-11-10", revision=2), _flai("2023-11-10", until="2023-11-09")],
            [_flai("2023-11-01")],
        ):
            for extract in night:
                extract.write(home.drop)
            plain_nightly.nightly(home)
        yield home


@pytest.fixture
def key(home: Home, tmp_path: Path) -> Path:
    return (home.keys / "archive.private").rename(tmp_path / "archive.private")


def _history(home: Home) -> bytes:
    version = home.current()
    assert version is not None
    return version.history.read_bytes()


def _query(home: Home, sql: str) -> list[tuple[object, ...]]:
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.history), read_only=True) as connection:
        return connection.execute(sql).fetchall()


PROTOCOL = "select version, reason, persons, rows, quarantined, withdrawals from purge_protocol order by all"
LIST = "select source, extract_date, revision, status, rows, quarantined_rows from delivery order by all"


def _assert_it_is_gone(home: Home) -> None:
    assert WENT.encode() not in _history(home) and STAYS.encode() in _history(home)
    assert _query(home, "select count(*) from withdrawn_consent") == [(1,)]
    assert rows(home, "select count(*) from quarantine") == [(0,)]


def test_the_protocol_tells_of_it(home: Home, kaa: Kaa) -> None:
    _assert_it_is_gone(home)
    told = rows(home, PROTOCOL)
    assert told == [(2, WITHDRAWN, 1, 2, 1, 1), (3, WITHDRAWN_LATE, 1, 1, 0, 0)]
    said = kaa("purge", "--format", "csv")
    header, first, second = said.out.splitlines()
    assert header.endswith(",withdrawals") and first.endswith(",1") and second.endswith(",0")
    assert WITHDRAWN in first and WITHDRAWN_LATE in second


def test_each_row_is_accounted_for(home: Home, kaa: Kaa) -> None:
    """What a withdrawn consent has taken away is not kept, also where it was quarantined."""
    said = kaa("audit", "controls", "--from", "2023-11-01", "--to", "2023-11-30")
    accounts = [one for one in json.loads(said.out)["accuracy"] if one["source"] == "flai"]
    assert [(one["extract_date"], one["status"]) for one in accounts].count(("2023-11-10", "superseded")) == 1
    for one in accounts:
        assert one["received"] == one["loaded"] + one["quarantined"] + one["repeated"] + one["not_kept"] == 2
        counted = (2, 0, 0) if one["status"] == "superseded" else (1, 1, 0)
        assert (one["not_kept"], one["loaded"], one["quarantined"]) == counted
    said = kaa("audit", "controls", "--from", "2026-01-01", "--to", "2026-01-01")
    assert [one["withdrawals"] for one in json.loads(said.out)["purges"]] == [1, 0]


def test_an_edition_lists_the_superseded_delivery_that_withdrew(home: Home) -> None:
    version = home.current()
    assert version is not None
    listed = [line.split(",")[:5] for line in deliveries_csv(version, "internal").splitlines()[1:]]
    flai = [(day, revision, status) for source, day, revision, _, status in listed if source == "flai"]
    assert flai == [
        ("2023-11-01", "1", "accepted"), ("2023-11-02", "1", "accepted"), ("2023-11-03", "1", "accepted"),
        ("2023-11-10", "1", "superseded"), ("2023-11-10", "2", "accepted"),
    ]  # fmt: skip


@pytest.mark.usefixtures("plain_restore")
def test_a_restore_withdraws_again(home: Home, kaa: Kaa, key: Path) -> None:
    told, listed = rows(home, PROTOCOL), rows(home, LIST)
    known = _query(home, "from withdrawn_consent")
    lose(home)
    said = kaa("restore", "--key", key)
    assert said.exit_code == 0 and "judged otherwise" not in said.err, said.err
    _assert_it_is_gone(home)
    assert rows(home, PROTOCOL) == told and rows(home, LIST) == listed
    assert _query(home, "from withdrawn_consent") == known


def test_another_pseudonym_key_makes_other_fingerprints_of_the_same_consents(
    home: Home, kaa: Kaa, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotate_pseudonym_key, "run_nightly", plainly)
    told, before = rows(home, PROTOCOL), _query(home, "from withdrawn_consent")
    said = kaa("keys", "rotate", "--pseudonym", "--key", key)
    assert said.exit_code == 0, said.err
    _assert_it_is_gone(home)
    assert rows(home, PROTOCOL) == told
    assert _query(home, "from withdrawn_consent") != before
    _flai("2023-11-20").write(home.drop)  # and it is known by them
    plain_nightly.nightly(open_home(home.path))
    _assert_it_is_gone(home)


#: What a history of an earlier program does not have.
_NEW_TABLES = (
    "state_format", "withdrawn_consent", "withdrawing_delivery", *(
        f"{held}{table}"
        for table in ("antagning_antagningar", "skolslussen_besok", "flai_deltaganden", "jobbtorg_unga_antal")
        for held in ("", "held_")
    ),
)  # fmt: skip


def test_a_history_of_an_earlier_program_is_kept_and_gets_the_new_sources(home: Home) -> None:
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.history)) as connection:
        for table in _NEW_TABLES:
            connection.execute(f"drop table {table}")
        connection.execute(
            "alter table quarantine drop column consent; alter table purge_protocol drop column withdrawals"
        )
        connection.execute("delete from extract where source = 'flai'; delete from delivery where source = 'flai'")
        connection.execute("alter table enkat_svar alter column svar type integer")  # numbers had room for 32 bits
        before = [connection.execute(f"from {table}").fetchall() for table in ("ber_register", "enkat_svar")]
    with duckdb.connect(str(version.published)) as connection:  # nor did it know a figure of theirs
        for table in ("figures", "catalogue"):
            connection.execute(f"delete from {table} where figure = 'consented_participants'")
    for path in home.drop.glob("flai/*"):
        path.rename(home.drop / path.name)
    _flai("2023-11-25").write(home.drop)
    Extract("jobbtorg_unga", "2023-11-25").youth_count(jobbtorg="KISTA", antal="9223372036854775807").write(home.drop)
    plain_nightly.nightly(open_home(home.path))
    assert [_query(home, f"from {table}") for table in ("ber_register", "enkat_svar")] == before
    assert _query(home, "select count(*) from flai_deltaganden") == [(2,)]
    assert _query(home, "select count(*) from jobbtorg_unga_antal") == [(1,)]
    _flai("2023-11-26", until="2023-11-25").write(home.drop)
    plain_nightly.nightly(open_home(home.path))
    _assert_it_is_gone(home)
    assert rows(home, "select distinct withdrawals from purge_protocol order by 1") == [(0,), (1,)]
