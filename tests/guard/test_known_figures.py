"""Figures that were known do not change by themselves; one that does is not published until a person has accepted it."""

import json
import os
from pathlib import Path

import duckdb
import pytest

from pipelines.configuration.municipality import PROFILES
from pipelines.publication import guard
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state import decision_log
from pipelines.state.home import Home, initialise, open_home
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer
from tests.pipeline import models_json

pytestmark = pytest.mark.long

YOUTHS = [personnummer("2005-03-01", serial) for serial in range(100, 106)]


def _night(drop: Path, day: str, number: int = 6) -> None:
    register, residents = Extract("ber", day), Extract("folkbokforing", day)
    for youth in YOUTHS[:number]:
        register.registered(youth, stadsdelsomrade="04")
        residents.resident(youth, stadsdelsomrade="04")
    register.write(drop)
    residents.write(drop)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of its own profile with one night published."""
    profile = tmp_path / "staden.yaml"
    profile.write_text((PROFILES / "stockholm.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    models = tmp_path / "models.json"
    models.write_text(models_json(), encoding="utf-8")
    monkeypatch.setenv(plain_nightly.MODELS, str(models))
    (tmp_path / "drop").mkdir()
    made, _ = initialise(str(profile), tmp_path / "drop", tmp_path / "home")
    _night(made.drop, "2023-05-02")
    plain_nightly.nightly(made)
    return made


def _version(home: Home) -> int:
    version = home.current()
    assert version
    return version.number


def _change_models(old: str, new: str) -> None:
    path = Path(os.environ[plain_nightly.MODELS])
    models = json.loads(path.read_text(encoding="utf-8"))
    assert any(old in model["sql"] for model in models)
    path.write_text(
        json.dumps([{**model, "sql": model["sql"].replace(old, new)} for model in models]), encoding="utf-8"
    )


def test_what_explains_itself_is_published(home: Home) -> None:
    plain_nightly.nightly(home)  # nothing new
    _night(home.drop, "2023-05-03", 5)  # a new night
    plain_nightly.nightly(home)
    _night(home.drop, "2023-04-28", 2)  # a late one
    Extract("ber", "2023-05-02", revision=2).registered(YOUTHS[0], stadsdelsomrade="12").write(home.drop)  # a revision
    plain_nightly.nightly(home)
    assert _version(home) == 4
    assert not (home.path / guard.STOPPED).exists()


def test_a_changed_profile_stops_until_a_person_accepts_it(home: Home) -> None:
    profile = Path(home.settings.municipality)
    profile.write_text(
        profile.read_text(encoding="utf-8").replace('districts: ["03", "04"]', 'districts: ["03"]'), encoding="utf-8"
    )
    changed = open_home(home.path)
    _night(home.drop, "2023-04-28")  # explains something, but not this
    with pytest.raises(NightlyFailed) as stopped:
        plain_nightly.nightly(changed)
    sentence = str(stopped.value)
    assert ": 0 before, 6 now" in sentence or ": 6 before, 0 now" in sentence, sentence
    assert "of verksamhetsar-2023 (" in sentence
    assert "the profile changed" in sentence and "kaa accept-change --because TEXT" in sentence
    assert _version(home) == 1

    with pytest.raises(UsageError, match="--because says why"):
        guard.accept_change(changed, " ")
    guard.accept_change(changed, "Bromma hör till Jobbtorg Globen från i dag")
    (line,) = decision_log.decisions(home, guard.ACCEPTED)
    assert line["because"].startswith("Bromma") and line["by"] and line["at"] and line["version"] == 1
    plain_nightly.nightly(changed)
    assert _version(home) == 2
    with pytest.raises(UsageError, match="nothing to accept"):
        guard.accept_change(changed, "igen")


def test_what_was_accepted_is_no_other_change(home: Home) -> None:
    _change_models("where mart.is_in_register\n", "where mart.is_in_register and mart.gender = 'kvinna'\n")
    with pytest.raises(NightlyFailed):
        plain_nightly.nightly(home)
    guard.accept_change(home, "prov")
    _change_models("mart.gender = 'kvinna'", "mart.gender = 'man'")
    with pytest.raises(NightlyFailed, match="the SQL changed"):
        plain_nightly.nightly(home)
    assert _version(home) == 1


def test_figures_that_all_become_empty_are_never_published(home: Home) -> None:
    path = Path(os.environ[plain_nightly.MODELS])
    models = [
        {**model, "sql": f"select * from ({model['sql']}) limit 0"} if model["name"].startswith("stg_") else model
        for model in json.loads(path.read_text(encoding="utf-8"))
    ]
    path.write_text(json.dumps(models), encoding="utf-8")
    for _ in range(2):
        with pytest.raises(NightlyFailed, match="Every figure has become empty"):
            plain_nightly.nightly(home)
        with pytest.raises(UsageError, match="nothing to accept"):  # no person may let it pass
            guard.accept_change(home, "prov")
    assert _version(home) == 1


def test_a_published_history_that_was_tampered_with_is_found(home: Home) -> None:
    version = home.current()
    assert version
    with duckdb.connect(str(version.history)) as connection:
        connection.execute("delete from ber_register where rowid = 0")
    _night(home.drop, "2023-05-03")
    with pytest.raises(NightlyFailed, match=r"of verksamhetsar-2023: 6 before, 5 now and \d+ more cells"):
        plain_nightly.nightly(home)
