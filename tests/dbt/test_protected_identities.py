"""Protected identities (audit.md section 4) count in every figure and stand in no list, whatever day is asked as known."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import duckdb
import pytest

from pipelines.warehouse.parts import PARTS
from tests.dbt import compiled
from tests.dbt.built import Build
from tests.dbt.make_fixture import Extracts, Row, pseudonym
from tests.dbt.random_world import RandomWorld
from tests.dbt.small_world import ANNA, ANNA_BEFORE, BO, EVA, EXTRACTS, PERIODS, THIRD, contact, resident

pytestmark = pytest.mark.long

LATER = date(9999, 12, 31)
#: What is counted, and the list of it that is handed out.
LISTS = {"target_group_change": "int_differing_person__open", "plan_rule_case": "plan_rule_case_counted"}


def _residents(extracts: Extracts, change: Callable[[Row], Row]) -> Extracts:
    """The same extracts with other rows of the population register."""
    return {
        (source, day): {name: [change(row) for row in rows] for name, rows in datasets.items()}
        if source == "folkbokforing"
        else datasets
        for (source, day), datasets in extracts.items()
    }


def _protected(extracts: Extracts) -> set[str]:
    """Pseudonyms of all numbers of persons with a marking, by joining the groups of linked numbers one link at a time."""
    rows = [row for (source, _), data in extracts.items() if source == "folkbokforing" for row in data["personer"]]
    group = {number: {number} for row in rows for number in (row["personnummer"], row["tidigare_personnummer"])}
    for row in rows:
        if row["tidigare_personnummer"]:
            joined = group[row["personnummer"]] | group[row["tidigare_personnummer"]]
            group.update(dict.fromkeys(joined, joined))
    marked = {row["personnummer"] for row in rows if row["skyddsmarkering"]}
    return {pseudonym(number) for number, others in group.items() if others & marked}


def _persons(connection: duckdb.DuckDBPyConnection, model: str) -> set[str]:
    return {row[0] for row in connection.execute(f"select person_id from warehouse.main.{model}").fetchall()}


def _marked(marking: str, row: Row) -> Row:
    return row | {"skyddsmarkering": marking}


def _visited(extracts: Extracts) -> Extracts:
    """The same with a home visit to everybody who was ever in the register: a case of the fixture's plan rule."""
    return {
        (source, day): data
        | {
            "kontakter": data["kontakter"]
            + [
                contact(f"V{row['personnummer']}", row["personnummer"], str(day), channel="HEMBESOK")
                for row in data["register"]
            ]
        }
        if source == "ber"
        else data
        for (source, day), data in extracts.items()
    }


@pytest.mark.parametrize("known_to", [LATER, date(2023, 8, 31)], ids=["now", "as_known"])
def test_a_list_names_everybody_but_protected_identities(build: Build, known_to: date) -> None:
    left_out = dict.fromkeys(LISTS, 0)
    for seed in (2000, 2006, 2010, 2016, 2017, 2022):
        extracts = _visited(RandomWorld(seed).extracts)
        protected = _protected(extracts)
        with compiled.in_memory(build.models, extracts, [], known_to) as connection:
            assert _persons(connection, "int_person__protected") <= protected
            for listed, counted in LISTS.items():
                everybody = _persons(connection, counted)
                assert _persons(connection, listed) == everybody - protected
                left_out[listed] += len(everybody & protected)
            for listed in (name for part in PARTS for name in part.lists):
                assert not _persons(connection, listed) & protected
    assert all(left_out.values()), left_out


def test_a_marking_that_was_taken_back_protects_all_numbers_of_the_person(build: Build) -> None:
    """Anna was marked under her first number alone, and as known in June nothing links it to the one she has now."""
    once = _residents(
        EXTRACTS, lambda row: row | {"skyddsmarkering": "SEKRETESS" if row["personnummer"] == ANNA_BEFORE else ""}
    )
    with compiled.in_memory(build.models, once, []) as connection:
        assert _persons(connection, "int_person__protected") == {pseudonym(ANNA)}
        assert pseudonym(ANNA) in _persons(connection, "int_differing_person__open")
        assert _persons(connection, "target_group_difference") == {pseudonym(BO)}
    late = {
        **EXTRACTS,
        ("folkbokforing", THIRD): {"personer": [resident(BO, "22", earlier=EVA, protection="SEKRETESS")]},
    }
    with compiled.in_memory(build.models, late, [], known_to=date(2023, 8, 31)) as connection:
        # Not linked yet by then, and protected all the same: both numbers.
        assert {pseudonym(BO), pseudonym(EVA)} <= _persons(connection, "int_person__protected")


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """All that is published of a warehouse but how many are left out of the lists."""
    return {
        "figures": compiled.figures(connection),
        "own_figures": compiled.figures(connection, "own_figures"),
        **{
            name: sorted(connection.execute(f"select {columns} from warehouse.main.{name}").fetchall(), key=repr)
            for name, columns in {
                "target_group_summary where breakdown <> 'protected'": "*",
                "plan_rule_summary": "* exclude (protected)",
                "jump_check": "*",
            }.items()
        },
    }


@pytest.mark.parametrize(
    "extracts", [EXTRACTS, RandomWorld(2006).extracts, RandomWorld(2017).extracts], ids=["small", "a", "b"]
)
def test_a_marking_changes_no_count(build: Build, extracts: Extracts) -> None:
    """SEKRETESS on everybody: only SKYDDAD has a say in a figure (figures.md section 4)."""
    worlds = [_residents(_visited(extracts), partial(_marked, marking)) for marking in ("", "SEKRETESS")]
    counted = []
    for world in worlds:
        with compiled.in_memory(build.models, world, PERIODS) as connection:
            counted.append(_counts(connection))
            left_out = connection.execute(
                "select (select count(*) from warehouse.main.target_group_summary where breakdown = 'protected'), "
                "(select sum(protected) from warehouse.main.plan_rule_summary)"
            ).fetchone()
            assert left_out
            assert all(left_out) if world is worlds[1] else not any(left_out)
    assert counted[0] == counted[1]
    assert all(counted[0].values())


def _placeless(extracts: Extracts) -> Extracts:
    """The same extracts, without the district of everybody who has a protected identity."""
    protected = _protected(extracts)
    return {
        key: {
            name: [
                row | {"stadsdelsomrade": ""}
                if "stadsdelsomrade" in row and pseudonym(row["personnummer"]) in protected
                else row
                for row in rows
            ]
            for name, rows in data.items()
        }
        for key, data in extracts.items()
    }


@pytest.mark.parametrize(
    "extracts", [EXTRACTS, RandomWorld(2006).extracts, RandomWorld(2017).extracts], ids=["small", "a", "b"]
)
def test_without_a_place_they_count_as_if_no_district_had_been_delivered(build: Build, extracts: Extracts) -> None:
    with compiled.in_memory(build.models, extracts, PERIODS) as connection:
        as_figures = compiled.figures(connection) | compiled.figures(connection, "own_figures")
    with compiled.in_memory(build.models, extracts, PERIODS, protected_identities="missing_place") as connection:
        public = compiled.figures(connection) | compiled.figures(connection, "own_figures")
    with compiled.in_memory(build.models, _placeless(extracts), PERIODS) as connection:
        assert public == compiled.figures(connection) | compiled.figures(connection, "own_figures")
    assert public != as_figures
    assert {key: value for key, value in public.items() if key[4:6] == ("*", "*")} == {
        key: value for key, value in as_figures.items() if key[4:6] == ("*", "*")
    }
