"""The small world's figures, reckoned by hand from the sentences of figures.md."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.dbt import compiled
from tests.dbt.built import Build
from tests.dbt.make_fixture import pseudonym
from tests.dbt.small_world import ANNA, ANNA_BEFORE, BO, EVA, EXTRACTS, PERIODS

YEAR, HALF = "verksamhetsar-2023", "halvar1-2023"


@pytest.fixture(scope="module")
def warehouse(build: Build) -> Iterator[duckdb.DuckDBPyConnection]:
    with compiled.in_memory(build.models, EXTRACTS, PERIODS) as connection:
        yield connection


def value(connection: duckdb.DuckDBPyConnection, figure: str, measure: str, period: str = YEAR, **place: str) -> object:
    """One cell; 0 where there is no row."""
    key = {"gender": "*", "district": "*", "job_centre": "*", "category": "*", "subcategory": "*", **place}
    cell = (
        figure,
        measure,
        period,
        key["gender"],
        key["district"],
        key["job_centre"],
        key["category"],
        key["subcategory"],
    )
    found = compiled.figures(connection).get(cell, Decimal(0))
    return int(found) if found == int(found) else found


@pytest.mark.parametrize(
    ("expected", "figure", "measure", "place"),
    [
        (5, "population", "in_register", {}),
        (3, "population", "in_register", {"gender": "kvinna"}),  # Anna's newest number is a woman's
        (4, "outreach", "sought", {}),
        (2, "outreach", "reached", {}),
        (2, "outreach", "not_reached", {}),  # Bo's answered contact is annulled
        (1, "outreach", "reached", {"district": "21"}),  # Anna was last seen in 02, carried to 21
        (1, "outreach", "reached", {"job_centre": "KISTA"}),
        (1, "outreach", "reached", {"district": "SAKNAS", "job_centre": "*"}),  # Cilla has no district
        (4, "contacts", "attempts", {}),
        (1, "contacts", "answered", {"category": "TELEFON"}),
        (1, "contacts", "own", {"category": "DROPIN"}),
        (1, "occupation", "reached", {"category": "PRAKTIK"}),  # S2 after S1
        (1, "occupation", "reached", {"category": "OKAND"}),
        (1, "occupation", "occupied", {}),
        (2, "participants", "enrolled", {}),
        (2, "participants", "enrolled", {"category": "AMF"}),
        (1, "participants", "enrolled", {"category": "UTBF"}),
        (2, "participants", "ended", {}),
        (1, "exits", "ended", {"category": "STUDIER"}),
        (1, "exits", "ended", {"category": "FLYTTAT"}),
        (1, "measures", "participants", {"category": "AIM"}),
        (2, "measures", "participants", {}),
        (1, "measure_exits", "ended", {"category": "AIM", "subcategory": "STUDIER"}),
        (0, "measure_exits", "ended", {"category": "AIM", "subcategory": "EGEN_BEGARAN"}),
        (0, "measure_exits", "ended", {}),
        (1, "support_choice", "reached_then_enrolled", {}),
        (1, "support_choice", "reached_then_enrolled", {"category": "UTBF"}),
        (5, "timeliness", "registered", {}),
        (2, "timeliness", "contacted_in_14_days", {}),
        (3, "timeliness", "contacted_in_30_days", {}),
        (3, "offer_90_days", "enrolments", {}),
        (2, "offer_90_days", "offered", {}),
        (1, "residence_checks", "reported", {"job_centre": "GLOBEN"}),
        (2, "survey", "answers", {}),
        (1, "survey", "answers", {"subcategory": "5"}),
        (Decimal("300.5"), "key_numbers", "value", {"category": "Ungvux"}),
        (4, "residents", "aged_16_19", {}),  # Eva is 15
        (4, "residents", "in_register_16_19", {}),
        (1, "residents", "aged_16_19", {"district": "22"}),
        (5, "registrations", "stays", {"category": "AVBROTT"}),
        (4, "registrations", "first", {}),  # Bo was registered the year before too
        (3, "first_time", "persons", {}),  # Eva came too late to be followed for 90 days
        (2, "first_time", "reached_in_90_days", {}),
        (1, "first_time", "enrolled_in_90_days", {}),
        (1, "latest_occupation", "persons", {"category": "ARBETE"}),  # S3 is later than S2
        (4, "latest_occupation", "persons", {"category": "OKAND"}),
        (1, "persistence", "again", {}),
        (1, "persistence", "again", {"district": "22"}),  # as of this year
        (1, "occupation_after_support", "persons", {"category": "ARBETE"}),  # the day after Anna's end
        (1, "occupation_after_support", "persons", {"category": "OKAND"}),
        (2, "not_admitted", "persons", {}),  # Fia's later place changes nothing, Cilla's refusal was preliminary
        (1, "not_admitted", "persons", {"district": "SAKNAS"}),  # Fia was never in the register
        (1, "not_admitted", "guided", {}),  # Anna came on 16 September
        (1, "not_admitted", "placed", {}),
        (1, "not_admitted", "guided_and_placed", {}),
        (4, "school_entry_visits", "visits", {}),
        (3, "school_entry_visits", "visitors", {}),
        (2, "school_entry_visits", "before_term", {}),
        (0, "school_entry_visits", "before_term", {"gender": "man"}),
        (1, "consented_participants", "participants", {}),
        (1, "consented_participants", "new", {"category": "ARBETSLAG"}),
        (1, "consented_participants", "ended", {"category": "COACHNING"}),
        (42, "youth_20_29", "value", {"category": "KONTAKT"}),  # what an earlier extract said no longer counts
        (2, "youth_20_29", "value", {"category": "KONTAKT", "job_centre": "SAKNAS"}),
        (12, "youth_20_29", "value", {"category": "AVSLUTADE"}),
        (7, "youth_20_29", "value", {"category": "AVSLUTADE", "subcategory": "ARBETE"}),
        (0, "youth_20_29", "value", {}),
    ],
)
def test_the_report_year(
    warehouse: duckdb.DuckDBPyConnection, expected: object, figure: str, measure: str, place: dict[str, str]
) -> None:
    assert value(warehouse, figure, measure, **place) == expected


def test_a_period_before_the_reform_has_the_districts_of_its_last_day(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert value(warehouse, "population", "in_register", HALF, district="01") == 1
    assert value(warehouse, "population", "in_register", HALF, district="21") == 0


def test_a_key_number_of_an_earlier_extract_no_longer_counts(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert value(warehouse, "key_numbers", "value", HALF) == 0


@pytest.mark.parametrize(
    ("day", "eligible", "in_register", "missing", "too_many"), [("2023-06-01", 2, 3, 0, 1), ("2023-11-30", 3, 2, 2, 1)]
)
def test_the_target_group_of_a_day(
    warehouse: duckdb.DuckDBPyConnection, day: str, eligible: int, in_register: int, missing: int, too_many: int
) -> None:
    expected = {
        "eligible": eligible,
        "in_register": in_register,
        "eligible_not_in_register": missing,
        "in_register_not_eligible": too_many,
    }
    assert {each: value(warehouse, "target_group", each, f"dag-{day}") for each in expected} == expected


def test_who_is_on_one_side_only_is_listed_with_the_reasons(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select on_date, person_id, reason_codes from warehouse.main.target_group_day where reason_codes is not null"
    ).fetchall()
    assert {(str(day), person): reasons for day, person, reasons in rows} == {
        ("2023-06-01", pseudonym(BO)): "4_STUDERAR",
        ("2023-11-30", pseudonym(ANNA)): "ALLA_VILLKOR 4_ANNAN_SKOLFORM",
        ("2023-11-30", pseudonym(BO)): "ALLA_VILLKOR",
        ("2023-11-30", pseudonym(EVA)): "1_SKYDDAD",
    }


def test_as_known_before_the_link_was_delivered_the_old_number_is_the_person(build: Build) -> None:
    with compiled.in_memory(build.models, EXTRACTS, PERIODS, known_to=date(2023, 6, 15)) as connection:
        assert value(connection, "population", "in_register", HALF, gender="man") == 3
        assert value(connection, "outreach", "not_reached", HALF) == 0  # Bo's contact was not annulled yet
        assert connection.execute(
            "select person_id from warehouse.main.person_period where period_id = ? and district_code = '01'", [HALF]
        ).fetchall() == [(pseudonym(ANNA_BEFORE),)]


def test_a_link_delivered_after_the_period_counts_in_it(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert value(warehouse, "population", "in_register", HALF, gender="man") == 2
