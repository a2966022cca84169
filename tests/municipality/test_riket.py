"""The country as a profile: SCB's municipalities and counties, dated, asked of a lake and of nothing else."""

from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.municipality import known_profiles, load_municipality, load_receiver, receivers
from pipelines.publication.published_file import write_catalogue
from pipelines.publication.tables import create_tables
from pipelines.runtime.errors import UsageError
from pipelines.sending.check import check_delivery
from pipelines.state.home import initialise
from tests.model.world import Extract

RIKET = load_municipality("riket")

#: How many municipalities each county has today.
COUNTIES = {
    "01": 26, "03": 8, "04": 9, "05": 13, "06": 13, "07": 8, "08": 12, "09": 1, "10": 5, "12": 33, "13": 6, "14": 49,
    "17": 16, "18": 12, "19": 10, "20": 15, "21": 10, "22": 7, "23": 8, "24": 15, "25": 14,
}  # fmt: skip


def test_its_districts_are_the_290_municipalities() -> None:
    in_force = [one for one in RIKET.districts if one.valid_to is None]
    assert len({one.code for one in in_force}) == len(in_force) == 290
    assert Counter(one.code[:2] for one in in_force) == COUNTIES
    names = {one.code: one.name for one in in_force}
    assert len(set(names.values())) == 290
    assert {code: names[code] for code in ("0114", "0139", "0180", "0305", "0643", "0980", "1256", "1438", "1462")} == {
        "0114": "Upplands Väsby",
        "0139": "Upplands-Bro",
        "0180": "Stockholm",
        "0305": "Håbo",
        "0643": "Habo",
        "0980": "Gotland",
        "1256": "Östra Göinge",
        "1438": "Dals-Ed",
        "1462": "Lilla Edet",
    }
    assert (names["2023"], names["2584"]) == ("Malung-Sälen", "Kiruna")
    for profile in receivers():
        municipality = load_municipality(profile)
        assert names[municipality.code] == municipality.name


def test_heby_alone_has_had_another_code() -> None:
    dated = [one for one in RIKET.districts if one.valid_from or one.valid_to]
    assert [(one.code, one.name, one.valid_from, one.valid_to, one.successor) for one in dated] == [
        ("0331", "Heby", date(2007, 1, 1), None, None),
        ("1917", "Heby", None, date(2006, 12, 31), "0331"),
    ]


def test_each_municipality_is_in_the_county_of_its_first_two_digits() -> None:
    covered = [(centre.code, code) for centre in RIKET.job_centres for code in centre.districts]
    assert sorted(code for _, code in covered) == sorted(RIKET.district_codes)
    assert all(code.startswith(county) for county, code in covered)
    assert [centre.code for centre in RIKET.job_centres] == sorted(COUNTIES)
    names = {centre.code: centre.name for centre in RIKET.job_centres}
    assert all(name.endswith(" län") for name in names.values())
    assert [names[code] for code in ("04", "12", "14", "20")] == [
        "Södermanlands län", "Skåne län", "Västra Götalands län", "Dalarnas län",
    ]  # fmt: skip


def test_it_promises_nothing_and_its_year_is_the_calendars() -> None:
    assert RIKET.report_year.kind == "kalenderar"
    assert not (RIKET.plans or RIKET.targets or RIKET.own_measures or RIKET.survey_questions)


def test_nothing_is_delivered_to_it(tmp_path: Path) -> None:
    said = "Riket takes in no deliveries: ask for its figures of a lake"
    with pytest.raises(UsageError, match=said):
        initialise("riket", tmp_path, tmp_path / "home")
    assert not (tmp_path / "home").exists()
    folder = tmp_path / Extract("ber", "2023-11-30", municipality="0000").write(tmp_path)
    with pytest.raises(UsageError, match=said):
        check_delivery(folder, "riket")
    with pytest.raises(UsageError, match=r"kommunkod '0000' is of no profile .*\(nacka, stockholm\)"):
        check_delivery(folder, None)
    assert "riket" in known_profiles() and "riket" not in receivers()
    assert load_receiver("nacka").code == "0182"


def test_that_a_municipality_got_another_code_is_said_of_what_is_counted_by_municipality() -> None:
    with duckdb.connect() as connection:
        create_tables(connection)
        write_catalogue(connection, read_catalogue(), RIKET)
        found = connection.execute("select dimensions, warnings from catalogue").fetchall()
    said = "Kommunindelningen ändrades den 1 januari 2007."
    assert {("district" in dimensions, said in warnings) for dimensions, warnings in found} == {
        (True, True),
        (False, False),
    }
