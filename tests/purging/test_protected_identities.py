"""A night with a protected identity in every dataset and in the quarantine: counted, shown nowhere, purged in time.

The quarantine keeps pseudonyms in the history for one reason, and here it is: without them its rows could not be purged.
"""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.commands import cli
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.state.home import Home, Version, initialise
from pipelines.warehouse.parts import ASKED, PARTS
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer
from tests.pipeline import models_json

pytestmark = pytest.mark.long

HIDDEN, SEEN = personnummer("2002-05-05", 120), personnummer("2003-02-21", 141)
LISTS = {name for part in PARTS for name in part.lists} | set(ASKED)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two youths with the same rows, one of whom had a marking that was taken back; pages and all."""
    place = tmp_path_factory.mktemp("protected")
    (place / "drop").mkdir()
    (place / "models.json").write_text(models_json(), encoding="utf-8")
    home, _ = initialise("stockholm", place / "drop", place / "home")
    for day, marking in (("2023-03-01", "SEKRETESS"), ("2023-12-29", "")):
        residents = Extract("folkbokforing", day).resident(HIDDEN, skyddsmarkering=marking)
        residents.resident(SEEN).write(home.drop)
        ber = Extract("ber", day)
        for name, number in (("h", HIDDEN), ("s", SEEN)):
            # Twenty years old: in the register, and no longer in the target group.
            ber.registered(number).contact(f"v{name}", number, kanal="HEMBESOK", antal_personal="1", datum="2023-03-01")
            ber.contact(f"q{name}", number, kanal="TELEGRAM")
        ber.write(home.drop)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(plain_nightly.MODELS, str(place / "models.json"))
        plain_nightly.nightly(home)
    return home


def _version(home: Home) -> Version:
    version = home.current()
    assert version is not None
    return version


def _pseudonym(home: Home, number: str) -> str:
    return Pseudonymiser(home.pseudonym_key).pseudonym(number)


def _tables_with(path: Path, wanted: str, history: Path | None = None) -> set[str]:
    """The tables of a database in which a text stands anywhere."""
    with duckdb.connect(str(path), read_only=True) as connection:
        if history:  # what is a view in the warehouse asks it
            connection.execute(f"attach '{history}' as history (read_only)")
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_catalog = current_database()"
        ).fetchall()
        assert names
        return {
            table
            for schema, table in names
            if connection.execute(
                f'select 1 from "{schema}"."{table}" t where t::varchar like ? limit 1', [f"%{wanted}%"]
            ).fetchone()
        }


def _said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert not ended.value.code
    return "".join(capsys.readouterr())


def test_lists_name_the_other_and_not_the_protected_identity(home: Home) -> None:
    version = _version(home)
    everywhere = _tables_with(version.warehouse, _pseudonym(home, SEEN), version.history)
    of_hidden = _tables_with(version.warehouse, _pseudonym(home, HIDDEN), version.history)
    assert everywhere >= LISTS
    assert of_hidden == everywhere - LISTS | {"int_person__protected"}


def test_nothing_that_is_published_or_shown_names_a_person(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("KAA_HOME", str(home.path))
    version = _version(home)
    shown = [
        _said(capsys, *command, "--format", "json")
        for command in (
            ("deliveries",), ("quarantine",), ("purge",), ("purge", "--dry-run", "--on", "2024-01-02"),
            ("figures", "--period", "verksamhetsar-2023"), ("figures", "--period", "dag-2023-12-29"),
            ("figures", "--period", "manad-2023-03", "--as-known", "2023-03-05"),
        )
    ]  # fmt: skip
    shown.append(_said(capsys, "report", "--period", "verksamhetsar-2023", "--out", str(tmp_path / "report")))
    files = [
        path
        for folder in (version.folder("published"), tmp_path / "report", home.path / "logs")
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".duckdb"
    ]
    assert len(files) > 20
    for number in (HIDDEN, SEEN):
        for wanted in (number, _pseudonym(home, number)):
            assert _tables_with(version.published, wanted) == set()
            assert not [text for text in shown if wanted in text]
            assert not [path for path in files if wanted.encode() in path.read_bytes()]


def test_the_quarantine_counts_its_rows_and_shows_where_they_stand(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAA_HOME", str(home.path))
    rows: list[dict[str, Any]] = json.loads(_said(capsys, "quarantine", "--format", "json"))
    assert [(row["dataset"], row["line"], row["reason"]) for row in rows] == [
        ("kontakter", 3, "bad_code"), ("kontakter", 5, "bad_code"),
    ] * 2  # fmt: skip


def test_its_quarantined_rows_are_purged_with_the_person(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "quarantine" in _tables_with(_version(home).history, _pseudonym(home, HIDDEN))
    monkeypatch.setenv(plain_nightly.MODELS, str(home.path.parent / "models.json"))
    monkeypatch.setattr(plain_nightly.site, "build_report", lambda *_: [])
    Extract("nyckeltal", "2024-01-01").key_number().write(home.drop)
    plain_nightly.nightly(home)
    assert _tables_with(_version(home).history, _pseudonym(home, HIDDEN)) == set()
    assert _tables_with(_version(home).warehouse, _pseudonym(home, HIDDEN), _version(home).history) == set()
    assert "quarantine" in _tables_with(_version(home).history, _pseudonym(home, SEEN))  # whose time has not come
