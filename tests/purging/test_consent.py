"""A withdrawn consent (deliveries.md section 4, flai): nothing of the participation is left, whatever order extracts come in."""

from collections.abc import Iterable
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.configuration.contract import load_sources
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.history.consents import WITHDRAWN, WITHDRAWN_LATE
from pipelines.history.purge import AGED
from tests.model.world import Extract, personnummer
from tests.pipeline import Pipeline

pytestmark = pytest.mark.long

ANNA = personnummer("2006-03-04", 218)
BEA = personnummer("2006-07-21", 442)

#: The participation whose consent is withdrawn, and the day on which it is.
WENT, LAST = "borta-1", "2023-11-10"
STAYS = "kvar-1"

PERIOD = "manad-2023-11"


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path)


def _flai(day: str, revision: int = 1, folder: str = "") -> Extract:
    """An extract of Flai in which somebody else takes part."""
    return Extract("flai", day, revision=revision, folder=folder).participation(STAYS, BEA)


def _with(day: str, until: str = "", revision: int = 1, number: str = ANNA, **values: str) -> Extract:
    """An extract in which the participation stands too. ``until``: samtycke_till."""
    return _flai(day, revision).participation(WENT, number, samtycke_till=until, **values)


def _withdrawing(day: str = "2023-11-15", **values: Any) -> Extract:
    return _with(day, until=LAST, **values)


def _deliver(pipeline: Pipeline, *extracts: Extract) -> None:
    for extract in extracts:
        extract.write(pipeline.drop)
    pipeline.run()


def _texts(pipeline: Pipeline) -> dict[str, str]:
    """Every table of the history, as text."""
    version = pipeline.home.current()
    assert version is not None
    with duckdb.connect(str(version.history), read_only=True) as connection:
        names = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        return {name: str(connection.execute(f"select t::varchar from {name} t").fetchall()) for name in names}


def _pseudonym(pipeline: Pipeline, number: str) -> str:
    return Pseudonymiser(pipeline.home.pseudonym_key).pseudonym(number)


def _assert_nothing_is_left(pipeline: Pipeline, number: str = ANNA) -> None:
    """Neither the participation nor its person, who is known by nothing else; not in the file's bytes either."""
    version = pipeline.home.current()
    assert version is not None
    content = version.history.read_bytes()
    for gone in (WENT, _pseudonym(pipeline, number)):
        assert {table for table, text in _texts(pipeline).items() if gone in text} == set()
        assert gone.encode() not in content
    assert STAYS.encode() in content
    assert pipeline.query("select count(*) from withdrawn_consent") == [(1,)]
    assert pipeline.query("select distinct deltagande_id from flai_deltaganden") == [(STAYS,)]


def _protocol(pipeline: Pipeline) -> list[tuple[Any, ...]]:
    return pipeline.query(
        "select reason, persons, rows, quarantined, withdrawals, first_date from purge_protocol order by version, reason"
    )


def _content(pipeline: Pipeline) -> dict[str, list[tuple[Any, ...]]]:
    """What the order of arrival must not show in."""
    wanted = {
        "flai_deltaganden": "*", "held_flai_deltaganden": "*", "extract": "*", "number": "*", "withdrawn_consent": "*",
        "withdrawing_delivery": "*", "delivery": "source, extract_date, revision, status, rows, quarantined_rows",
        "quarantine": "* exclude (delivery_id)", "quarantined_number": "*",
    }  # fmt: skip
    return {table: pipeline.query(f"select {columns} from {table} order by all") for table, columns in wanted.items()}


# --- in whatever order ---------------------------------------------------------------------------------------------------


def _world() -> list[Extract]:
    return [
        _with("2023-11-02"),
        _with("2023-11-08", until=LAST),  # the consent ends later: nothing is withdrawn by this one
        _withdrawing(),
        _with("2023-11-20", flai_insats="FEL"),  # a row with a fault, for the quarantine
        _withdrawing("2023-11-21"),
    ]


#: Each extract is the first, and the last, of one of them; the withdrawal comes before all others, after them and between.
ORDERS = [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 4, 0, 3, 1), (3, 0, 4, 1, 2), (1, 2, 3, 4, 0)]


def test_nothing_is_left_whatever_order_extracts_come_in(tmp_path: Path) -> None:
    """In one night or in five: the same history to the row."""
    contents = []
    for number, (order, is_one_night) in enumerate([*product(ORDERS, [False]), *product(ORDERS[:2], [True])]):
        pipeline = Pipeline(tmp_path / f"{number}")
        (pipeline.home.keys / "pseudonym.key").write_text("07" * 32 + "\n")
        extracts = [_world()[place] for place in order]
        for night in [extracts] if is_one_night else [[extract] for extract in extracts]:
            _deliver(pipeline, *night)
        _assert_nothing_is_left(pipeline)
        assert [one["quarantined_rows"] for one in pipeline.deliveries()].count(1) == 1
        contents.append(_content(pipeline))
    assert all(content == contents[0] for content in contents)


def test_a_withdrawal_that_comes_first_keeps_late_extracts_out(pipeline: Pipeline) -> None:
    _deliver(pipeline, _withdrawing())
    _assert_nothing_is_left(pipeline)
    for day in ("2023-11-02", "2023-11-30"):
        _deliver(pipeline, _with(day))
        _assert_nothing_is_left(pipeline)
    assert [line["status"] for line in pipeline.deliveries()] == ["accepted"] * 3
    assert [line["rows"] for line in pipeline.deliveries()] == [2] * 3


@pytest.mark.parametrize(
    ("until", "is_withdrawn"), [("2023-11-14", True), ("2023-11-15", True), ("2023-11-16", False), ("", False)]
)
def test_the_consent_has_ended_by_the_day_of_the_extract(pipeline: Pipeline, until: str, is_withdrawn: bool) -> None:
    _deliver(pipeline, _with("2023-11-15", until=until))
    assert (WENT not in _texts(pipeline)["flai_deltaganden"]) is is_withdrawn


def test_a_row_with_a_fault_withdraws_nothing(pipeline: Pipeline) -> None:
    _deliver(pipeline, _with("2023-11-14"), _withdrawing(flai_insats="FEL"))
    assert pipeline.query("select count(*) from withdrawn_consent") == [(0,)]
    _deliver(pipeline, _flai("2023-11-16").participation(WENT, ANNA).participation(WENT, ANNA, samtycke_till=LAST))
    assert pipeline.query("select count(*) from withdrawn_consent") == [(0,)]
    assert len(pipeline.quarantine()) == 3


# --- revisions -----------------------------------------------------------------------------------------------------------


def test_a_delivery_that_was_superseded_before_it_was_loaded_withdraws(pipeline: Pipeline) -> None:
    """In one night with the revision that replaces it, which knows nothing of the withdrawal."""
    _deliver(pipeline, _with("2023-11-14"), _withdrawing(), _with("2023-11-15", revision=2))
    _assert_nothing_is_left(pipeline)
    assert sorted(line["status"] for line in pipeline.deliveries()) == ["accepted", "accepted", "superseded"]


def test_a_lower_revision_that_comes_on_a_later_night_withdraws(pipeline: Pipeline) -> None:
    _deliver(pipeline, _with("2023-11-14"), _with("2023-11-15", revision=2))
    assert WENT in _texts(pipeline)["flai_deltaganden"]
    _deliver(pipeline, _withdrawing())
    _assert_nothing_is_left(pipeline)


def test_a_revision_does_not_take_a_withdrawal_back(pipeline: Pipeline) -> None:
    _deliver(pipeline, _withdrawing())
    _deliver(pipeline, _with("2023-11-15", revision=2))
    _assert_nothing_is_left(pipeline)


# --- deliveries that do not count ----------------------------------------------------------------------------------------


def _many(day: str, revision: int = 1, rows: int = 120) -> Extract:
    extract = _flai(day, revision)
    for number in range(rows):
        extract.participation(f"m{number}", personnummer("2006-05-05", 100 + number))
    return extract


def _held(day: str = "2023-11-15", revision: int = 1) -> Extract:
    """So few rows that the delivery is held; one of them withdraws."""
    return _with(day, until=LAST, revision=revision)


def _statuses(pipeline: Pipeline) -> list[str]:
    return [line["status"] for line in pipeline.deliveries()]


def _hold_one(pipeline: Pipeline) -> Extract:
    _deliver(pipeline, _many("2023-11-14").participation(WENT, ANNA))
    held = _held()
    _deliver(pipeline, held)
    assert _statuses(pipeline) == ["accepted", "held"]
    assert WENT in _texts(pipeline)["flai_deltaganden"] and WENT in _texts(pipeline)["held_flai_deltaganden"]
    return held


def _left(pipeline: Pipeline) -> set[str]:
    return {table for table, text in _texts(pipeline).items() if WENT in text}


def test_a_held_delivery_withdraws_when_it_is_released(pipeline: Pipeline) -> None:
    held = _hold_one(pipeline)
    pipeline.decide(held.path, "release")
    pipeline.run()
    assert _statuses(pipeline) == ["accepted", "accepted"] and _left(pipeline) == set()


def test_a_held_delivery_that_is_turned_away_withdraws_nothing(pipeline: Pipeline) -> None:
    held = _hold_one(pipeline)
    pipeline.decide(held.path, "reject")
    pipeline.run()
    assert "rejected" in _statuses(pipeline) and _left(pipeline) == {"flai_deltaganden"}
    again = _held()
    again.folder = "samma igen"
    _deliver(pipeline, again)  # a duplicate of it changes nothing
    assert "duplicate" in _statuses(pipeline) and _left(pipeline) == {"flai_deltaganden"}


@pytest.mark.parametrize("is_one_night", [True, False])
def test_a_held_delivery_withdraws_when_a_higher_revision_takes_its_place(
    pipeline: Pipeline, is_one_night: bool
) -> None:
    """As it would if the higher revision had come first."""
    revision = _many("2023-11-15", revision=2).participation(WENT, ANNA)
    if is_one_night:
        _deliver(pipeline, _many("2023-11-14").participation(WENT, ANNA), _held(), revision)
    else:
        _hold_one(pipeline)
        _deliver(pipeline, revision)
    assert sorted(_statuses(pipeline)) == ["accepted", "accepted", "superseded"] and _left(pipeline) == set()


def test_a_held_delivery_loses_what_another_withdraws(pipeline: Pipeline) -> None:
    _deliver(pipeline, _many("2023-11-14"))
    _deliver(pipeline, _with("2023-11-15").participation("fel", ANNA, flai_insats="FEL"))
    assert _statuses(pipeline) == ["accepted", "held"] and _left(pipeline) == {"held_flai_deltaganden"}
    _deliver(pipeline, _many("2023-11-16").participation(WENT, ANNA, samtycke_till=LAST))
    assert _left(pipeline) == set()
    assert len(pipeline.quarantine()) == 1


def test_a_rejected_delivery_withdraws_nothing(pipeline: Pipeline) -> None:
    _deliver(pipeline, _with("2023-11-14"), _withdrawing().with_fault("too_many_bad_rows"))
    assert sorted(_statuses(pipeline)) == ["accepted", "rejected"] and _left(pipeline) == {"flai_deltaganden"}


def test_a_duplicate_changes_nothing(pipeline: Pipeline) -> None:
    _deliver(pipeline, _with("2023-11-14"))
    again = _with("2023-11-14")
    again.folder = "samma igen"
    _deliver(pipeline, again)
    assert sorted(_statuses(pipeline)) == ["accepted", "duplicate"] and _left(pipeline) == {"flai_deltaganden"}
    _deliver(pipeline, _withdrawing())
    withdrawing = _withdrawing()
    withdrawing.folder = "den igen"
    _deliver(pipeline, withdrawing)
    _assert_nothing_is_left(pipeline)


# --- the quarantine, the person, the protocol ----------------------------------------------------------------------------


def test_quarantine_entries_of_the_participation_go_and_those_of_others_stay(pipeline: Pipeline) -> None:
    faulty = _flai("2023-11-02").participation(WENT, "200601010000").participation("annan", ANNA, flai_insats="FEL")
    _deliver(pipeline, faulty, _with("2023-11-03", startdatum="2019-01-01"))
    assert {one["reason"] for one in pipeline.quarantine()} == {"bad_personnummer", "bad_code", "no_consent"}
    _deliver(pipeline, _withdrawing())
    assert [one["reason"] for one in pipeline.quarantine()] == ["bad_code"]
    assert sorted(one["quarantined_rows"] for one in pipeline.deliveries()) == [0, 1, 2]
    assert _protocol(pipeline) == [(WITHDRAWN, 1, 1, 2, 1, None)]


def test_the_quarantine_knows_a_participation_by_its_fingerprint_alone(pipeline: Pipeline) -> None:
    _deliver(pipeline, _with("2023-11-02", flai_insats="FEL").participation("", ANNA))
    assert WENT not in "".join(_texts(pipeline).values())
    known = pipeline.query("select reason, consent is not null from quarantine order by 1")
    assert known == [("bad_code", True), ("missing_value", False)]


def test_rows_of_the_person_in_other_sources_stay(pipeline: Pipeline) -> None:
    register = Extract("ber", "2023-11-02").registered(ANNA)
    _deliver(pipeline, register, _with("2023-11-02").participation("annat", ANNA))
    _deliver(pipeline, _withdrawing())
    pseudonym = _pseudonym(pipeline, ANNA)
    there = {table for table, text in _texts(pipeline).items() if pseudonym in text}
    assert there == {"ber_register", "flai_deltaganden", "number"}
    assert pipeline.query("select deltagande_id from flai_deltaganden where pseudonym = '" + pseudonym + "'") == [
        ("annat",)
    ]


def test_the_protocol_counts_withdrawals_once_and_what_comes_again_in_one_line(pipeline: Pipeline) -> None:
    _deliver(pipeline, _with("2023-11-02"), _with("2023-11-03"))
    _deliver(pipeline, _withdrawing())
    _deliver(pipeline, _withdrawing("2023-11-16"))
    _deliver(pipeline, _withdrawing("2023-11-17", flai_insats="FEL"), Extract("enkat", "2023-11-17").answer("a"))
    assert _protocol(pipeline) == [(WITHDRAWN, 1, 2, 0, 1, None), (WITHDRAWN_LATE, 0, 0, 1, 0, None)]


def test_who_is_purged_by_age_is_no_withdrawal(pipeline: Pipeline) -> None:
    old = personnummer("2002-05-05", 120)
    _deliver(pipeline, _with("2023-12-31", number=old))
    _deliver(pipeline, _flai("2024-01-02"))
    assert [line[0] for line in _protocol(pipeline)] == [AGED]
    _deliver(pipeline, _withdrawing("2024-01-03", number=old))
    _assert_nothing_is_left(pipeline, old)


def test_a_number_in_an_id_is_no_way_round(pipeline: Pipeline) -> None:
    """The id is masked before it is remembered, in the same way in every extract."""
    name = f"deltagande {ANNA}"
    _deliver(pipeline, _flai("2023-11-02").participation(name, ANNA))
    _deliver(pipeline, _flai("2023-11-15").participation(name, ANNA, samtycke_till=LAST))
    _deliver(pipeline, _flai("2023-11-16").participation(name, ANNA))
    assert pipeline.query("select deltagande_id from flai_deltaganden") == [(STAYS,)]


def _of_november(pipeline: Pipeline, as_known: date | None = None) -> Iterable[Any]:
    figures = pipeline.figures(PERIOD, as_known, "consented_participants")
    return {key[1]: value for key, value in figures.items() if set(key[3:]) == {"*"}}


def test_it_counts_nowhere_not_even_as_known_earlier(pipeline: Pipeline) -> None:
    _deliver(pipeline, _with("2023-11-02"))
    assert "figure_consented_participants" in {model.name for model in pipeline.models()}
    assert _of_november(pipeline) == {"participants": 2}
    _deliver(pipeline, _withdrawing())
    assert _of_november(pipeline) == _of_november(pipeline, date(2023, 11, 3)) == {"participants": 1}


# --- which data rest on consent --------------------------------------------------------------------------------------------


def test_flai_alone_rests_on_consent() -> None:
    datasets = [dataset for source in load_sources().values() for dataset in source.datasets.values()]
    assert [(one.table, one.consent_key) for one in datasets if one.consent_end] == [
        ("flai_deltaganden", "deltagande_id")
    ]
