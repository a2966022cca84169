"""Archives, the dry run, the protocol, and the note that figures lack somebody: as people see them, by the program `kaa`."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.commands import cli
from pipelines.configuration.contract import load_sources
from pipelines.history.purge import AGED
from pipelines.history.purge_archives import OUTLIVED
from pipelines.state.home import Home, initialise
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer
from tests.pipeline import models_json

pytestmark = pytest.mark.long

OLD = personnummer("2002-05-05", 120)
YOUNG = personnummer("2005-03-01", 121)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home in which a nightly has published extracts of 2022 and 2023."""
    models = tmp_path / "models.json"
    models.write_text(models_json(), encoding="utf-8")
    (tmp_path / "drop").mkdir()
    home, _ = initialise("stockholm", tmp_path / "drop", tmp_path / "home")
    monkeypatch.setenv(plain_nightly.MODELS, str(models))
    monkeypatch.setenv("KAA_HOME", str(home.path))
    monkeypatch.setattr(plain_nightly.site, "build_report", lambda *_: [])
    _nightly(
        home,
        Extract("ber", "2022-03-01").registered(OLD, registrerad_datum="2022-01-15"),
        Extract("ber", "2022-05-02").registered(YOUNG),
        Extract("ber", "2023-12-29").registered(YOUNG),
    )
    return home


def _nightly(home: Home, *extracts: Extract) -> None:
    for extract in extracts:
        extract.write(home.drop)
    plain_nightly.nightly(home)


def _kaa(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def _plan(capsys: pytest.CaptureFixture[str], on: str) -> list[dict[str, Any]]:
    code, out, err = _kaa(capsys, "purge", "--dry-run", "--on", on, "--format", "json")
    assert code == 0 and err.startswith("Nothing was removed.")
    return json.loads(out)  # type: ignore[no-any-return]


def test_the_dry_run_says_what_the_next_nightly_does(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    version = home.current()
    assert version is not None
    before = version.history.read_bytes()
    assert _plan(capsys, "2023-12-30") == []
    planned = _plan(capsys, "2024-01-02")
    assert version.history.read_bytes() == before
    assert planned == [
        {"reason": AGED, "persons": 1, "rows": 1, "quarantined": 0, "archives": 0,
         "first_date": "2022-01-15", "last_date": "2022-05-01"}
    ]  # fmt: skip
    _nightly(home, Extract("ber", "2024-01-02").registered(YOUNG))
    code, out, err = _kaa(capsys, "purge", "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out) == [{"version": 2, "data_year": 2024, **planned[0], "withdrawals": 0}]
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.published), read_only=True) as published:
        (line,) = published.execute("from purge_protocol_dataset").fetchall()
        assert line == (2024, "ber/register", 1, date(2022, 1, 15), date(2022, 5, 1), True)
        # What a reader is told of where the numbers of a period come from.
        extracts = published.execute("from period_extracts where period_id = 'kalenderar-2022'").fetchall()
        assert extracts == [("kalenderar-2022", "ber", 2, date(2022, 3, 1), date(2022, 5, 2))]
        named = "select source_title, dataset_title from catalogue_source where figure = 'population' and role = 'in_register'"
        assert published.execute(named).fetchall() == [("Barn- och elevregistret (BER), KAA-modulen", "Registret")]
    assert _plan(capsys, "2024-01-03") == []


def test_figures_that_lack_purged_persons_say_so(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    period = ("figures", "--figure", "population", "--period")
    code, before, note = _kaa(capsys, *period, "manad-2022-03")
    assert (code, note) == (0, "") and before.count("\n") > 1
    _nightly(home, Extract("ber", "2024-01-02").registered(YOUNG))
    code, out, note = _kaa(capsys, *period, "manad-2022-03")
    assert (code, out.count("\n")) == (0, 1)
    assert note.count("\n") == 1 and "purged" in note and "manad-2022-03" in note
    for touched in ("verksamhetsar-2022", "dag-2022-03-02", "dag-2022-05-01", "kalenderar-2022"):
        assert "purged" in _kaa(capsys, *period[:1], "--period", touched)[2], touched
    for untouched in ("manad-2022-06", "kalenderar-2021", "dag-2022-05-02", "manad-2023-12"):
        assert _kaa(capsys, *period[:1], "--period", untouched)[2] == "", untouched
    assert "purged" in _kaa(capsys, *period, "manad-2022-03", "--as-known", "2022-04-01")[2]


def test_an_empty_protocol_and_wrong_usage(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(_kaa(capsys, "purge", "--format", "json")[1]) == []
    assert _kaa(capsys, "purge", "--on", "2024-01-01")[0] == 64
    assert _kaa(capsys, "purge", "--dry-run", "--on", "soon")[0] == 64
    code, out, _ = _kaa(capsys, "purge", "--format", "csv")
    assert (code, out) == (
        0, "version,data_year,reason,persons,rows,quarantined,archives,first_date,last_date,withdrawals\n"
    )  # fmt: skip


def _archived(home: Home) -> set[str]:
    """Folders of the drop folder whose deliveries are archived."""
    version = home.current()
    assert version is not None
    from tests.faults.support import rows

    folders = dict(rows(version.published, "select delivery_id, folder from delivery"))
    return {folders.get(folder.name, folder.name) for folder in home.archive.glob("[!.]*")}


def test_archives_leave_when_everybody_in_them_has(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    unknown = home.archive / "left-by-a-killed-nightly"
    unknown.mkdir()
    (unknown / "x.zst.age").write_bytes(b"x")
    os.utime(unknown, (1_300_000_000, 1_300_000_000))  # 2011
    newer = home.archive / "left-last-year"
    newer.mkdir()
    _nightly(
        home,
        Extract("nyckeltal", "2015-01-02").key_number(),  # no persons: is kept
        Extract("ber", "2016-02-02", municipality="0114").registered(YOUNG),
        Extract("ber", "2017-02-02").with_fault("bad_manifest", "no such date"),
        Extract("folkbokforing", "2017-12-29").resident(YOUNG),
    )
    ages = {
        "ber/2022-03-01_1", "ber/2022-05-02_1", "ber/2023-12-29_1", "nyckeltal/2015-01-02_1", "ber/2017-02-02_1",
        "folkbokforing/2017-12-29_1", "left-last-year",
    }  # fmt: skip
    # The wrong municipality's manifest is of 2016, 2016 + 6 < 2023; the undated one is as old as the data then was: 2023.
    assert _archived(home) == ages
    (planned,) = [line for line in _plan(capsys, "2024-06-01") if line["reason"] == OUTLIVED]
    assert planned["archives"] == 2  # personer.csv and the manifest of 2017
    assert _archived(home) == ages

    _nightly(home, Extract("ber", "2024-01-02").registered(YOUNG))
    assert _archived(home) == ages - {"folkbokforing/2017-12-29_1"} | {"ber/2024-01-02_1"}
    protocol = json.loads(_kaa(capsys, "purge", "--format", "json")[1])
    assert [(line["version"], line["archives"]) for line in protocol if line["reason"] == OUTLIVED] == [(2, 2), (3, 2)]


def test_archives_stay_until_the_version_that_says_so_is_published(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _nightly(home, Extract("folkbokforing", "2017-12-29").resident(YOUNG))
    monkeypatch.setattr(Home, "put_in_place", lambda *rest: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        _nightly(home, Extract("ber", "2024-01-02").registered(YOUNG))
    assert "folkbokforing/2017-12-29_1" in _archived(home)
    monkeypatch.undo()
    monkeypatch.setenv(plain_nightly.MODELS, str(home.path.parent / "models.json"))
    plain_nightly.nightly(home)
    assert "folkbokforing/2017-12-29_1" not in _archived(home)


def test_the_contracts_say_how_long_archives_are_kept() -> None:
    sources = load_sources()
    for source in sources.values():
        holds_persons = any(dataset.number_columns for dataset in source.datasets.values())
        # The youngest in an extract turns 15 in its year and 21 six years later.
        assert source.archive_years == (21 - 15 if holds_persons else None)
