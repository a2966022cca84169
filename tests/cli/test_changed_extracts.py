"""What is known of a past day changes only by what came in or was replaced afterwards, and `kaa figures --as-known` says so."""

import json
from pathlib import Path

import pytest

from pipelines.state.home import initialise
from tests.cli.conftest import Kaa
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer
from tests.pipeline import models_json

ANNA, BEA = personnummer("2005-03-01", 121), personnummer("2005-07-21", 442)


@pytest.fixture
def nights(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two nights in a year; then a correction of the first one, and one between them that came late."""
    (tmp_path / "models.json").write_text(models_json(), encoding="utf-8")
    monkeypatch.setenv(plain_nightly.MODELS, str(tmp_path / "models.json"))
    monkeypatch.setattr(plain_nightly.site, "build_report", lambda *_: [])
    (tmp_path / "drop").mkdir()
    made, _ = initialise("stockholm", tmp_path / "drop", home)
    for extracts in (
        [Extract("ber", "2023-03-01").registered(ANNA), Extract("ber", "2023-03-20").registered(ANNA)],
        [
            Extract("ber", "2023-03-01", revision=2).registered(ANNA).registered(BEA),
            Extract("ber", "2023-03-10").registered(ANNA),
        ],
    ):
        for extract in extracts:
            extract.write(made.drop)
        plain_nightly.nightly(made)


@pytest.mark.usefixtures("nights")
def test_answers_that_a_later_revision_touches_name_it(kaa: Kaa) -> None:
    command = ("figures", "--period", "manad-2023-03", "--figure", "population", "--format", "json")
    said = kaa(*command, "--as-known", "2023-03-05")
    assert [row["value"] for row in json.loads(said.out) if set(list(row.values())[3:8]) == {"*"}] == [2]
    assert said.err.startswith("Note: what is known of 2023-03-05 changed after later days had been published: ")
    assert "ber 2023-03-01 (revision 2)." in said.err and said.err.count("\n") == 1
    said = kaa(*command, "--as-known", "2023-03-10")
    assert "ber 2023-03-01 (revision 2), ber 2023-03-10 (came late)." in said.err
    for untouched in ((), ("--as-known", "2023-02-28")):
        assert kaa(*command, *untouched).err == ""
