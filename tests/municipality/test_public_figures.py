"""What a municipality has decided on protected identities: in public output they count as in all figures, or without a place."""

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.configuration.disclosure import CellSuppression
from pipelines.configuration.municipality import PROFILES, load_municipality
from pipelines.runtime.errors import UsageError
from pipelines.state.home import Version, initialise
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer
from tests.pipeline import models_json

HIDDEN, BO = personnummer("2005-03-01", 121), personnummer("2005-07-21", 442)
DECIDED = "{smallest: 6, protected_identities: missing_place, decided: 2023-01-10, by: Kommunstyrelsen%s}"
CHANGED = "{method: cell_key, %s, decided: 2023-01-10, by: DSO}"
CELL = (
    "select district, value from %s "
    "where figure = 'population' and period = 'manad-2023-03' and gender = '*' and job_centre = '*'"
)


def _profile(path: Path, disclosure: str) -> str:
    stockholm = (PROFILES / "stockholm.yaml").read_text(encoding="utf-8")
    path.write_text(f"{stockholm}\ndisclosure: {disclosure}\n", encoding="utf-8")
    return str(path)


def test_where_nobody_has_decided_the_figures_stay_as_they_are() -> None:
    assert load_municipality("stockholm").disclosure_on(date(2023, 1, 1)) == CellSuppression()
    assert (CellSuppression().smallest, CellSuppression().protected_identities) == (5, "as_figures")


def test_a_decision_holds_from_its_first_day_to_its_last(tmp_path: Path) -> None:
    one, other = (
        DECIDED % ", valid_from: 2023-03-01, valid_to: 2023-06-30",
        "{decided: 2023-05-02, by: DSO, valid_from: 2023-07-01}",
    )
    profile = load_municipality(_profile(tmp_path / "a.yaml", f"[{one}, {other}]"))
    days = ("2023-02-28", "2023-03-01", "2023-06-30", "2023-07-01")
    held = [profile.disclosure_on(date.fromisoformat(day)) for day in days]
    assert [each.smallest for each in held if isinstance(each, CellSuppression)] == [5, 6, 6, 5]
    assert profile.disclosure_on(date(2023, 7, 1)) == profile.disclosure[1]


def test_a_method_holds_from_its_first_day_to_its_last(tmp_path: Path) -> None:
    changed = CHANGED % "D: 3, V: 2.0, js: 2, valid_to: 2023-06-30"
    profile = load_municipality(_profile(tmp_path / "a.yaml", f"[{changed}, {DECIDED % ', valid_from: 2023-07-01'}]"))
    kinds = [profile.disclosure_on(date.fromisoformat(day)).kind for day in ("2023-06-30", "2023-07-01")]
    assert kinds == ["cell_key-D3-V2-js2", "cell_suppression"]


@pytest.mark.parametrize(
    ("disclosure", "said"),
    [
        ("{smallest: 5}", "is wrong at disclosure.0.decided: Field required"),
        ("{decided: 2023-01-10}", "is wrong at disclosure.0.by: Field required"),
        (
            "{smallest: 1, decided: 2023-01-10, by: DSO}",
            "is wrong at disclosure.0.smallest: Input should be greater than or equal to 2",
        ),
        ("{protected_identities: hide, decided: 2023-01-10, by: DSO}", "'as_figures' or 'missing_place'"),
        (
            DECIDED % ", valid_from: 2023-03-01, valid_to: 2023-02-28",
            "ends the decision on disclosure of 2023-01-10 before it begins",
        ),
        (f"[{DECIDED % ''}, {DECIDED % ', valid_from: 2024-01-01'}]", "has two decisions on disclosure"),
        (f"[{DECIDED % ', valid_to: 2024-01-01'}, {DECIDED % ', valid_from: 2024-01-01'}]", "that hold at once; give"),
        ("none", "is wrong at disclosure"),
        (CHANGED % "D: 5, V: 2, js: 4", "with D 5 and js 4 a count of 1 can only become 0, 5, 6"),
        (CHANGED % "D: 3, V: 2", "is wrong at disclosure.0.js: Field required"),
        (
            CHANGED % "D: 3, V: 2, js: 2, smallest: 5",
            "is wrong at disclosure.0.smallest: Extra inputs are not permitted",
        ),
        (
            "{method: noise, decided: 2023-01-10, by: DSO}",
            "there is no method 'noise'; choose cell_suppression or cell_key",
        ),
        ("[none]", "is wrong at disclosure.0: Input should be a valid dictionary"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, disclosure: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        load_municipality(_profile(tmp_path / "a.yaml", disclosure))
    assert said in str(refused.value) and str(refused.value).endswith(".") and "\n" not in str(refused.value)


def _published(place: Path, monkeypatch: pytest.MonkeyPatch, disclosure: str) -> Version:
    """A night with two youths in the register in Bromma, one of whom had a protected identity once."""
    (place / "drop").mkdir()
    (place / "models.json").write_text(models_json(), encoding="utf-8")
    monkeypatch.setenv(plain_nightly.MODELS, str(place / "models.json"))
    monkeypatch.setattr(plain_nightly.site, "build_report", lambda *_: [])
    home, _ = initialise(_profile(place / "profile.yaml", disclosure), place / "drop", place / "home")
    for day, marking in (("2023-03-01", "SEKRETESS"), ("2023-03-02", "")):
        residents = Extract("folkbokforing", day).resident(HIDDEN, stadsdelsomrade="04", skyddsmarkering=marking)
        residents.resident(BO, stadsdelsomrade="04").write(home.drop)
        register = Extract("ber", day).registered(HIDDEN, stadsdelsomrade="04")
        register.registered(BO, stadsdelsomrade="04").write(home.drop)
    plain_nightly.nightly(home)
    version = home.current()
    assert version is not None
    return version


def test_public_figures_know_no_place_of_protected_identities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = _published(tmp_path, monkeypatch, DECIDED % ", valid_from: 2023-03-02")
    with duckdb.connect(str(version.published), read_only=True) as connection:
        assert dict(connection.execute(CELL % "figures").fetchall()) == {"*": 2, "04": 2}
        assert dict(connection.execute(CELL % "public_figures").fetchall()) == {"*": 2, "04": 1, "SAKNAS": 1}
        kept = "from (from {} where district = '*' and job_centre = '*')"
        figures = "(from figures union all from own_figures)"
        assert not connection.execute(
            f"({kept.format(figures)}) except all ({kept.format('public_figures')}) union all "
            f"(({kept.format('public_figures')}) except all ({kept.format(figures)}))"
        ).fetchall()
        said = connection.execute("select value from profile where name = 'disclosure'").fetchone()
        assert said and json.loads(said[0]) == {
            "method": "cell_suppression", "smallest": 6, "protected_identities": "missing_place",
            "decided": "2023-01-10", "by": "Kommunstyrelsen", "valid_from": "2023-03-02", "valid_to": None,
        }  # fmt: skip


def test_public_figures_are_the_figures_where_nothing_else_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = _published(tmp_path, monkeypatch, DECIDED % ", valid_from: 2023-03-03")
    with duckdb.connect(str(version.published), read_only=True) as connection:
        assert dict(connection.execute(CELL % "public_figures").fetchall()) == {"*": 2, "04": 2}
        counts = "select (select count(*) from public_figures), (select count(*) from (from figures union all from own_figures))"
        public, all_figures = connection.execute(counts).fetchone() or (0, 1)
        assert public == all_figures
        said = connection.execute("select value from profile where name = 'disclosure'").fetchone()
        assert said and json.loads(said[0]) == {
            "method": "cell_suppression", "smallest": 5, "protected_identities": "as_figures",
        }  # fmt: skip
