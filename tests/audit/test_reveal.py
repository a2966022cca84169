"""A pseudonym is turned back into personnummer for who holds the archive's private key, and never without a line in the log."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from pipelines.audit.access_log import FILE, first_wrong_line, read_accesses
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.state.home import Home
from pipelines.state.keys import ARCHIVE_PRIVATE, make_archive_keys
from tests.cli.conftest import Kaa
from tests.faults import plain_nightly
from tests.model.world import Extract
from tests.pipeline import models_json
from tests.state.world import EARLIER, NEWER, OLD, YOUTHS, everything

pytestmark = pytest.mark.long

REASON = "Stickprov i granskningen av 2023"


def _pseudonym(home: Home, number: str) -> str:
    return Pseudonymiser(home.pseudonym_key).pseudonym(number)


def _reveal(kaa: Kaa, key: Path, *pseudonyms: str, reason: str = REASON) -> list[list[str]]:
    said = kaa("reveal", "--key", key, "--reason", reason, *pseudonyms)
    assert (said.exit_code, said.err) == (0, "")
    return list(csv.reader(io.StringIO(said.out)))


def _refused(kaa: Kaa, home: Home, key: Path, *pseudonyms: str, reason: str = REASON) -> str:
    before = everything(home.path)
    said = kaa("reveal", "--key", key, "--reason", reason, *pseudonyms)
    assert (said.exit_code, said.out, said.err.count("\n")) == (64, "", 1)
    assert everything(home.path) == before
    return said.err


def test_each_number_of_a_person_is_named_newest_first(home: Home, kaa: Kaa, key: Path) -> None:
    person, other, earlier = (_pseudonym(home, number) for number in (NEWER, YOUTHS[0], EARLIER))
    assert _reveal(kaa, key, other, person, earlier, other) == [
        ["pseudonym", "personnummer"],
        [other, YOUTHS[0]],
        [person, NEWER],
        [person, EARLIER],
        [earlier, NEWER],
        [earlier, EARLIER],
    ]


def test_who_asked_and_why_is_written_and_no_number(home: Home, kaa: Kaa, key: Path) -> None:
    pseudonym = _pseudonym(home, NEWER)
    _reveal(kaa, key, pseudonym, reason=f"gäller {NEWER}")
    [entry] = read_accesses(home)
    assert (entry["what"], entry["rows"], entry["which"]) == ("kaa reveal", 2, [pseudonym])
    assert entry["why"] == f"gäller {'*' * 12}"
    assert first_wrong_line(home) is None
    for name, content in everything(home.path).items():
        assert NEWER.encode() not in (content if isinstance(content, bytes) else content.encode()), name


def test_nothing_is_shown_when_it_cannot_be_written_down(home: Home, kaa: Kaa, key: Path) -> None:
    (home.path / FILE).mkdir(parents=True)
    said = kaa("reveal", "--key", key, "--reason", REASON, _pseudonym(home, NEWER))
    assert (said.exit_code, said.out) == (1, "")
    assert said.err.startswith("Nothing is shown")


def test_nobodys_pseudonym_is_refused(home: Home, kaa: Kaa, key: Path) -> None:
    purged, known = _pseudonym(home, OLD), _pseudonym(home, NEWER)
    for asked in ("00" * 16, purged, "", NEWER):
        assert "nobody" in _refused(kaa, home, key, known, asked)


def test_a_number_that_is_gone_from_the_archive_is_told(home: Home, kaa: Kaa, key: Path) -> None:
    for folder in home.archive.glob("[!.]*"):
        shutil.rmtree(folder)
    assert "archive" in _refused(kaa, home, key, _pseudonym(home, NEWER))


def test_another_key_or_no_reason_shows_nothing(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    pseudonym = _pseudonym(home, NEWER)
    other = tmp_path / "other"
    other.mkdir()
    make_archive_keys(other)
    assert "this key" in _refused(kaa, home, other / ARCHIVE_PRIVATE, pseudonym)
    assert "no private key" in _refused(kaa, home, home.keys / "archive.public", pseudonym)
    assert "--reason" in _refused(kaa, home, key, pseudonym, reason=" \n")


@pytest.mark.parametrize("asked", [EARLIER, NEWER])
def test_a_protected_identity_is_not_revealed(
    home: Home, kaa: Kaa, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """Marked once, under the earlier number, in a late delivery."""
    (tmp_path / "models.json").write_text(models_json(), encoding="utf-8")
    monkeypatch.setenv(plain_nightly.MODELS, str(tmp_path / "models.json"))
    late = Extract("folkbokforing", "2023-11-26").resident(EARLIER, skyddsmarkering="SEKRETESS")
    for number in YOUTHS[:100]:
        late.resident(number, stadsdelsomrade="04")
    late.write(home.drop)
    plain_nightly.nightly(home)
    assert "protected identity" in _refused(kaa, home, key, _pseudonym(home, YOUTHS[0]), _pseudonym(home, asked))
    assert not (home.path / FILE).exists()
