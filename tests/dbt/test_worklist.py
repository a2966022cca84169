"""What is open for the register's keepers on the latest night, and since when, is what judging every night by itself says.

Protected identities are among it here; that the lists leave them out is said in ``test_protected_identities``.
"""

from datetime import date

import duckdb
import pytest

from tests.dbt import compiled
from tests.dbt.built import Build
from tests.dbt.make_fixture import Extracts, pseudonym
from tests.dbt.random_world import RandomWorld
from tests.dbt.small_world import ANNA, BO, EVA, EXTRACTS, FIRST, SECOND, THIRD, YEAR_BEFORE

MISSING, SURPLUS = "eligible_not_in_register", "in_register_not_eligible"
Runs = dict[tuple[str, str], tuple[date, str]]


def _nights(extracts: Extracts) -> list[date]:
    return sorted(day for source, day in extracts if source == "ber")


def _open(connection: duckdb.DuckDBPyConnection) -> Runs:
    rows = connection.execute(
        "select person_id, side, since_date, reason_codes from warehouse.main.int_differing_person__open "
        "where change <> 'closed'"
    ).fetchall()
    return {(person, side): (since, reasons) for person, side, since, reasons in rows}


def _night_by_night(connection: duckdb.DuckDBPyConnection, nights: list[date]) -> Runs:
    """The same from target_group_day, which the oracle has judged: one night after the other."""
    rows = connection.execute(
        "select on_date, person_id, is_in_register, reason_codes from warehouse.main.target_group_day "
        "where reason_codes is not null"
    ).fetchall()
    sides: dict[date, Runs] = {night: {} for night in nights}
    for night, person, in_register, reasons in rows:
        sides[night][person, SURPLUS if in_register else MISSING] = (night, reasons)
    runs: Runs = {}
    for night in nights:
        runs = {key: (runs[key][0] if key in runs else night, reasons) for key, (_, reasons) in sides[night].items()}
    return runs


def _on_a_side(connection: duckdb.DuckDBPyConnection, night: date) -> set[tuple[str, str]]:
    rows = connection.execute(
        "select person_id, case when is_in_register then ? else ? end from warehouse.main.target_group_day "
        "where reason_codes is not null and on_date = ?",
        [SURPLUS, MISSING, night],
    ).fetchall()
    return {(person, side) for person, side in rows}


# Worlds in which a study period or a link changes between nights: judging by another night's version fails in one of them.
@pytest.mark.parametrize("seed", [2000, 2006, 2010, 2016, 2017, 2022])
def test_a_difference_stands_since_when_each_night_by_itself_says(build: Build, seed: int) -> None:
    extracts = RandomWorld(seed).extracts
    nights = _nights(extracts)
    periods = [(f"dag-{night}", night, night) for night in nights]
    with compiled.in_memory(build.models, extracts, periods) as connection:
        expected = _night_by_night(connection, nights)
        assert _open(connection) == expected
        before = _on_a_side(connection, nights[-2])
        changes = {
            (person, side): change
            for person, side, change in connection.execute(
                "select person_id, side, change from warehouse.main.int_differing_person__open"
            ).fetchall()
        }
        now = set(expected)
        assert {key for key, change in changes.items() if change == "closed"} == before - now
        assert {key for key, change in changes.items() if change != "closed"} == now
        assert {key for key, change in changes.items() if change == "new"} == now - before


def test_the_small_world_as_a_worklist(build: Build) -> None:
    assert _nights(EXTRACTS) == [YEAR_BEFORE, FIRST, SECOND, THIRD]
    with compiled.in_memory(build.models, EXTRACTS, []) as connection:
        assert _open(connection) == {
            (pseudonym(ANNA), MISSING): (THIRD, "ALLA_VILLKOR 4_ANNAN_SKOLFORM"),
            (pseudonym(BO), MISSING): (THIRD, "ALLA_VILLKOR"),
            (pseudonym(EVA), SURPLUS): (THIRD, "1_SKYDDAD"),
        }


def test_the_first_night_has_no_new_differences(build: Build) -> None:
    """As known on the first night: what is found then was there before."""
    with compiled.in_memory(build.models, EXTRACTS, [], known_to=YEAR_BEFORE) as connection:
        rows = connection.execute(
            "select person_id, is_new_since_last_night, is_from_before_window from warehouse.main.target_group_difference"
        ).fetchall()
        assert rows == [(pseudonym(BO), False, True)]
        changes = "select distinct change from warehouse.main.target_group_change"
        assert connection.execute(changes).fetchall() == [("still_open",)]
        assert connection.execute("select count(*) from warehouse.main.jump_check").fetchall() == [(0,)]


def test_the_published_summary_holds_no_person(build: Build) -> None:
    with compiled.in_memory(build.models, EXTRACTS, []) as connection:
        known = {row[0] for row in connection.execute("select pseudonym from history.main.number").fetchall()}
        for table in ("target_group_summary", "jump_check"):
            values = connection.execute(f"select * from warehouse.main.{table}").fetchall()
            assert values
            assert not known & {str(value) for row in values for value in row}
