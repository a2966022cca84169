"""`kaa deliver` with an SS 12000 server: from the server to the receiver's rows, and nothing where it fails."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from pipelines.configuration.contract import CONTRACTS
from pipelines.sending.mapping import read_mapping
from tests.cli.conftest import Kaa
from tests.delivery.nights import Nights
from tests.model.world import personnummer
from tests.ss12000.server import School, serving

NUMBER = personnummer(date(2006, 5, 4), 31)
EXAMPLE = CONTRACTS / "mappings/stockholm/skolregister-ss12000.yaml"
SECRET = "s3cret-of-the-client"


def _school() -> School:
    enrolment = {"enroledAt": {"id": "unit"}, "schoolType": "GY", "educationCode": "NA", "cancelled": False}
    return School(
        persons=[{"id": "p", "civicNo": {"value": f"{NUMBER[2:8]}-{NUMBER[8:]}"}, "enrolments": [enrolment]}],
        organisations=[{"id": "unit", "schoolUnitCode": "12345678"}],
    )


def _mapping(folder: Path, address: str) -> Path:
    content = yaml.safe_load(EXAMPLE.read_text())
    content["ss12000"] |= {"address": address, "first_wait": 0, "retries": 1}
    content["ss12000"]["oauth"]["token_address"] = address + "/token"
    folder.mkdir(exist_ok=True)
    (folder / "ss12000.secret").write_text(SECRET)
    (folder / "register.yaml").write_text(yaml.safe_dump(content))
    return folder / "register.yaml"


def test_the_example_is_a_mapping() -> None:
    assert read_mapping(EXAMPLE, "skolregister").source.name == "skolregister"


def test_what_the_server_shows_is_taken_in(kaa: Kaa, tmp_path: Path) -> None:
    nights = Nights(tmp_path / "receiver")
    with serving(_school()) as address:
        usual = ["--source", "skolregister", "--mapping", _mapping(tmp_path / "sender", address), "--drop", nights.drop]
        dry = kaa("deliver", *usual, "--date", "2023-11-29", "--dry-run")
        assert dry.exit_code == 0 and not list(nights.drop.rglob("*.csv"))
        said = kaa("deliver", *usual, "--date", "2023-11-29")
        again = kaa("deliver", *usual, "--date", "2023-11-29")
        older = kaa("deliver", *usual, "--date", "2023-11-28")
    assert (said.exit_code, again.exit_code, older.exit_code) == (0, 0, 64)
    (file,) = nights.drop.rglob("*.csv")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[1].split(";")[1:] == [NUMBER, "12345678", "GY", "NA", "2023-11-29", "", ""]
    nights.run()
    (line,) = nights.deliveries()
    assert (line["status"], line["rows"], line["quarantined_rows"]) == ("accepted", 1, 0)


@pytest.mark.parametrize(
    "answer", [(200, "text/html", "<html>"), (403, "text/plain", NUMBER), (302, "x", "https://a.example/")]
)
def test_a_server_that_fails_leaves_nothing(answer: tuple[int, str, str], kaa: Kaa, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    school = _school()
    school.answer = answer
    with serving(school) as address:
        mapped = _mapping(tmp_path / "sender", address)
        said = kaa("deliver", "--source", "skolregister", "--mapping", mapped, "--drop", tmp_path / "drop")
    assert said.exit_code == 64
    assert not list((tmp_path / "drop").iterdir())
    assert sorted(path.name for path in (tmp_path / "sender").iterdir()) == ["register.yaml", "ss12000.secret"]
    for text in (said.out, said.err):
        assert NUMBER not in text and SECRET not in text and "Traceback" not in text
