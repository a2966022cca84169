"""Which rows Great Expectations need not judge again: those of a version that this program has checked by these contracts."""

from pathlib import Path

import duckdb
import pytest

from pipelines.orchestration import checked_before
from pipelines.state.home import Home, Version, initialise


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "drop").mkdir()
    return initialise("stockholm", tmp_path / "drop", tmp_path / "home")[0]


def _published(home: Home, made_with: str | None, checks: list[tuple[str, str]]) -> Version:
    version = Version(home.path, 1)
    version.begin()
    with duckdb.connect(str(version.published)) as connection:
        connection.execute("create table contract_check (source varchar, dataset varchar, check_name varchar)")
        connection.execute("create table publication (version integer)")
        for source, dataset in checks:
            connection.execute("insert into contract_check values (?, ?, 'columns')", [source, dataset])
    version.seal(made_with)
    return version


CHECKS = [("ber", "insatser"), ("ber", "insatser"), ("enkat", "svar")]


@pytest.mark.parametrize(
    ("sealed", "now", "known"),
    [("as now", "as now", set(CHECKS)), ("other", "as now", set()), (None, "as now", set()), (None, None, set())],
)
def test_only_what_this_program_and_these_contracts_have_checked(
    home: Home, monkeypatch: pytest.MonkeyPatch, sealed: str | None, now: str | None, known: set[tuple[str, str]]
) -> None:
    monkeypatch.setattr(checked_before, "made_with", lambda _: now)
    assert checked_before.checked_before(home, _published(home, sealed, CHECKS)) == known


def test_all_rows_are_judged_after_a_night_that_checked_nothing_and_on_the_first(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checked_before, "made_with", lambda _: "as now")
    assert checked_before.checked_before(home, _published(home, "as now", [])) == set()
    assert checked_before.checked_before(home, None) == set()
