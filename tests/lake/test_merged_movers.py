"""Who is registered, sought and helped in several municipalities: counted by hand (docs/riket.md), and by the oracle.

0180 Stockholm and 0182 Nacka lie in county 01, 0380 Uppsala in 03.
"""

from pathlib import Path

import pytest

from tests.lake.merging import Asked, lake_of
from tests.model.world import Extract, personnummer, samordningsnummer

pytestmark = pytest.mark.long

ANNA = personnummer("2005-03-10", 102)
BO = personnummer("2006-05-20", 105)

FEBRUARY, MARCH, YEAR = "manad-2023-02", "manad-2023-03", "kalenderar-2023"


def test_who_has_moved_is_one_person_where_last_seen(tmp_path: Path) -> None:
    homes = lake_of(
        tmp_path,
        {
            "0180": [
                Extract("ber", "2023-02-01").registered(ANNA, registrerad_datum="2022-09-01"),
                Extract("ber", "2023-03-01"),
            ],
            "0380": [
                Extract("ber", "2023-02-01").registered(BO),
                Extract("ber", "2023-03-01").registered(BO).registered(ANNA, registrerad_datum="2023-02-15"),
            ],
        },
    )
    asked = Asked(tmp_path, homes, [FEBRUARY, MARCH, YEAR, "dag-2023-02-28", "dag-2023-03-01"])
    assert asked.places("population", "in_register", FEBRUARY) == {"*": 2, "0180": 1, "0380": 1, "01": 1, "03": 1}
    assert asked.places("population", "in_register", MARCH) == {"*": 2, "0380": 2, "03": 2}
    # The two municipalities' own figures of the year add up to three.
    assert asked.places("population", "in_register", YEAR) == {"*": 2, "0380": 2, "03": 2}
    assert asked.places("status", "in_register", "dag-2023-02-28") == {"*": 2, "0180": 1, "0380": 1, "01": 1, "03": 1}
    assert asked.places("status", "in_register", "dag-2023-03-01") == {"*": 2, "0380": 2, "03": 2}
    # The other stay began the year before.
    assert asked.places("registrations", "stays", YEAR) == {"*": 1, "0380": 1, "03": 1}
    assert "registrations" not in {key[0] for key in asked.figures if key[2] == MARCH}


def test_who_is_in_two_registers_at_once_has_the_row_that_comes_last_as_text(tmp_path: Path) -> None:
    homes = lake_of(
        tmp_path,
        {
            # Registered later here, so the row is the larger one, whatever the code.
            "0180": [
                Extract("ber", "2023-03-01").registered(ANNA, registrerad_datum="2023-02-20"),
                Extract("folkbokforing", "2023-03-01").resident(ANNA),
            ],
            "0380": [
                Extract("ber", "2023-03-01").registered(ANNA, registrerad_datum="2023-01-05"),
                Extract("folkbokforing", "2023-03-01").resident(ANNA),
                Extract("ber", "2023-04-03").registered(ANNA, registrerad_datum="2023-01-05"),
            ],
        },
    )
    asked = Asked(tmp_path, homes, [MARCH, YEAR, "dag-2023-03-01"])
    assert asked.places("population", "in_register", MARCH) == {"*": 1, "0180": 1, "01": 1}
    assert asked.places("status", "in_register", "dag-2023-03-01") == {"*": 1, "0180": 1, "01": 1}
    # Both stays are stays of the one person, where she is; one of them is the first, and neither has been followed by a call.
    assert asked.places("registrations", "stays", YEAR) == {"*": 2, "0180": 2, "01": 2}
    assert asked.places("registrations", "first", YEAR) == {"*": 1, "0180": 1, "01": 1}
    assert asked.places("timeliness", "registered", YEAR) == {"*": 2, "0180": 2, "01": 2}
    # In the population register the district, here the municipality's code, is compared first.
    assert asked.places("residents", "aged_16_19", YEAR) == {"*": 1, "0380": 1, "03": 1}
    assert asked.places("residents", "in_register_16_19", YEAR) == {"*": 1, "0380": 1, "03": 1}
    assert asked.places("target_group", "in_register", "dag-2023-03-01") == {"*": 1, "0380": 1, "03": 1}


def test_what_any_municipality_does_for_a_person_counts_where_the_person_is(tmp_path: Path) -> None:
    of_stockholm = {"registrerad_datum": "2022-09-01"}
    homes = lake_of(
        tmp_path,
        {
            "0180": [
                Extract("ber", "2023-02-01").registered(ANNA, **of_stockholm),
                # The contact is made after the move; the ids are those of the other municipality too.
                Extract("ber", "2023-04-03")
                .contact("k1", ANNA, datum="2023-03-20", besvarad="J")
                .occupation("s1", ANNA, datum="2023-03-20", kontakt_id="k1", sysselsattning="ARBETE")
                .enrolment("i1", ANNA, inskriven_datum="2022-10-01", avslutad_datum="2023-02-10", avslutsorsak="FLYTTAT")
                .measure("m1", "i1", startdatum="2022-11-01", slutdatum="2023-02-10", avslutsorsak="FLYTTAT"),
            ],
            "0380": [
                Extract("ber", "2023-02-01").registered(BO),
                Extract("ber", "2023-03-01").registered(BO).registered(ANNA, registrerad_datum="2023-02-15"),
                Extract("ber", "2023-04-03")
                .registered(BO)
                .registered(ANNA, registrerad_datum="2023-02-15")
                .contact("k1", BO, datum="2023-03-05", riktning="UT")
                .occupation("s1", BO, datum="2023-03-05", kontakt_id="k1", sysselsattning="INGEN")
                .enrolment(
                    "i1", ANNA, forvaltning="UTBF", inskriven_datum="2023-02-20", avslutad_datum="2023-03-31",
                    avslutsorsak="STUDIER",
                )
                .measure("m1", "i1", insats="SYV", startdatum="2023-03-01"),
            ],
        },
    )  # fmt: skip
    asked = Asked(tmp_path, homes, [FEBRUARY, MARCH, YEAR])
    in_uppsala = {"*": 1, "0380": 1, "03": 1}
    # Stockholm's register has not had its next extract by 1 March: she is in both, and Uppsala's row is the later one.
    assert asked.places("population", "in_register", MARCH) == {"*": 2, "0380": 2, "03": 2}
    assert asked.places("outreach", "sought", MARCH) == {"*": 2, "0380": 2, "03": 2}
    assert asked.places("outreach", "reached", MARCH) == in_uppsala
    assert asked.places("outreach", "not_reached", MARCH) == in_uppsala
    assert asked.places("occupation", "reached", MARCH, "ARBETE") == in_uppsala
    assert asked.places("participants", "enrolled", YEAR) == in_uppsala
    assert asked.places("participants", "enrolled", YEAR, "AMF") == in_uppsala
    assert asked.places("participants", "enrolled", YEAR, "UTBF") == in_uppsala
    # In February she was Stockholm's: last seen there, whatever register she is entered in later.
    assert asked.places("participants", "ended", FEBRUARY) == {"*": 1, "0180": 1, "01": 1}
    assert asked.places("exits", "ended", FEBRUARY, "FLYTTAT") == {"*": 1, "0180": 1, "01": 1}
    # Of the year's ends, the last one says why.
    assert asked.places("exits", "ended", YEAR) == in_uppsala
    assert asked.places("exits", "ended", YEAR, "STUDIER") == in_uppsala
    assert asked.places("exits", "ended", YEAR, "FLYTTAT") == {}
    # m1 of Stockholm and m1 of Uppsala are two measures, each of its own enrolment.
    assert asked.places("measures", "participants", YEAR, "AIM") == in_uppsala
    assert asked.places("measures", "participants", YEAR, "SYV") == in_uppsala
    assert asked.places("measures", "participants", YEAR) == in_uppsala


def test_the_target_group_before_on_and_after_a_move(tmp_path: Path) -> None:
    lived = {"folkbokford_fran": "2010-01-01"}
    begun = {"skolform": "GY", "startdatum": "2022-08-20"}
    homes = lake_of(
        tmp_path,
        {
            "0180": [
                Extract("folkbokforing", "2023-02-01").resident(ANNA, **lived),
                Extract("folkbokforing", "2023-03-01"),
                Extract("skolregister", "2023-02-01").study(
                    "p1", ANNA, **begun, slutdatum="2023-02-10", avslut="AVBROTT"
                ),
                Extract("beda", "2023-02-01").certificate(ANNA, "STUDIEBEVIS", datum="2023-01-20"),
                Extract("ber", "2023-02-01").registered(ANNA),
                Extract("ber", "2023-03-01"),
            ],
            "0380": [
                Extract("folkbokforing", "2023-02-01"),
                Extract("folkbokforing", "2023-03-01").resident(ANNA, folkbokford_fran="2023-02-15"),
                # A new school: what Uppsala's school register says ends the duty, and Stockholm's own stands beside it.
                Extract("skolregister", "2023-04-03").study("p1", ANNA, skolform="GY", startdatum="2023-04-01"),
            ],
        },
    )
    days = ["dag-2023-02-05", "dag-2023-02-28", "dag-2023-03-01", "dag-2023-04-03"]
    asked = Asked(tmp_path, homes, days)
    in_stockholm, in_uppsala = {"*": 1, "0180": 1, "01": 1}, {"*": 1, "0380": 1, "03": 1}
    assert [asked.places("target_group", "eligible", day) for day in days] == [{}, in_stockholm, in_uppsala, {}]
    # In the register, but at school: not by law.
    assert asked.places("target_group", "in_register_not_eligible", days[0]) == in_stockholm
    # By law in Uppsala, which has not entered her yet; Stockholm has struck her out.
    assert asked.places("target_group", "eligible_not_in_register", days[2]) == in_uppsala


def test_a_certificate_that_two_municipalities_deliver_is_one_record(tmp_path: Path) -> None:
    homes = lake_of(
        tmp_path,
        {
            "0180": [
                Extract("folkbokforing", "2023-06-01").resident(ANNA),
                Extract("beda", "2023-06-10").certificate(ANNA, "GYMNASIEEXAMEN", datum="2023-06-01"),
                Extract("beda", "2023-06-25").certificate(ANNA, "GYMNASIEEXAMEN", datum="2023-06-01"),
            ],
            "0380": [
                Extract("beda", "2023-06-10").certificate(ANNA, "GYMNASIEEXAMEN", datum="2023-07-01"),
                Extract("beda", "2023-06-20").certificate(BO, "STUDIEBEVIS", datum="2023-07-01"),
                Extract("beda", "2023-06-25").certificate(ANNA, "GYMNASIEEXAMEN", datum="2023-07-01"),
                Extract("beda", "2023-07-05").certificate(BO, "STUDIEBEVIS", datum="2023-07-01"),
            ],
        },
    )
    days = ["dag-2023-06-09", "dag-2023-06-10", "dag-2023-06-20", "dag-2023-06-25", "dag-2023-07-05"]
    asked = Asked(tmp_path, homes, days)
    # Of two rows at once the later date is taken, which is still to come; of one row that one.
    assert [asked.places("target_group", "eligible", day).get("*", 0) for day in days] == [1, 1, 0, 1, 0]


def test_linked_numbers_are_one_person_in_all_municipalities(tmp_path: Path) -> None:
    before, now = samordningsnummer("2005-03-10", 113), personnummer("2005-03-10", 114)
    deliveries = {
        "0180": [
            Extract("ber", "2023-02-01").registered(before).contact("k1", before, datum="2023-01-15", besvarad="J"),
        ],
        "0380": [
            Extract("ber", "2023-02-01").registered(now, registrerad_datum="2020-08-01"),
            Extract("folkbokforing", "2023-05-02").resident(now, tidigare_personnummer=before),
        ],
    }
    homes = lake_of(tmp_path, deliveries)
    asked = Asked(tmp_path, homes, [YEAR])
    # The row of the newest number is taken, though the other was registered later.
    assert asked.places("population", "in_register", YEAR) == {"*": 1, "0380": 1, "03": 1}
    assert asked.places("outreach", "reached", YEAR) == {"*": 1, "0380": 1, "03": 1}
    assert {key[3] for key in asked.figures if key[0] == "population"} == {"*", "kvinna"}


def test_a_municipality_keeps_its_last_state_until_its_next_extract(tmp_path: Path) -> None:
    homes = lake_of(
        tmp_path,
        {
            # Delivers once a quarter, and then no more.
            "0182": [
                Extract("ber", "2022-12-30").registered(ANNA),
                Extract("ber", "2023-03-15").registered(BO),
            ],
            "0380": [Extract("ber", f"2023-{month:02}-01") for month in range(1, 7)],
        },
    )
    asked = Asked(
        tmp_path, homes, ["manad-2023-02", "manad-2023-03", "manad-2023-04", "manad-2023-06", "manad-2023-07"]
    )
    one, two = {"*": 1, "0182": 1, "01": 1}, {"*": 2, "0182": 2, "01": 2}
    assert asked.places("population", "in_register", "manad-2023-02") == one
    assert asked.places("population", "in_register", "manad-2023-03") == two
    assert asked.places("population", "in_register", "manad-2023-04") == one
    assert asked.places("population", "in_register", "manad-2023-06") == one
    # Nobody delivers in July, so nobody is seen during it.
    assert asked.places("population", "in_register", "manad-2023-07") == {}


def test_delivered_numbers_are_those_of_each_municipalitys_latest_extract(tmp_path: Path) -> None:
    of_2022 = {"period_fran": "2022-01-01", "period_till": "2022-12-31"}
    homes = lake_of(
        tmp_path,
        {
            "0180": [
                Extract("nyckeltal", "2023-01-10").key_number(**of_2022, varde="5"),
                Extract("nyckeltal", "2023-01-20").key_number(**of_2022, varde="7.5"),
                Extract("jobbtorg_unga", "2023-01-20")
                .youth_count(**of_2022, jobbtorg="GLOBEN", antal="2")
                .youth_count(**of_2022, jobbtorg="KISTA", antal="3")
                .youth_count(**of_2022, antal="1"),
            ],
            "0182": [
                Extract("jobbtorg_unga", "2023-01-10").youth_count(**of_2022, jobbtorg="GLOBEN", antal="4"),
            ],
            "0380": [
                Extract("nyckeltal", "2023-05-10").key_number(**of_2022, varde="1.25"),
                Extract("jobbtorg_unga", "2023-05-10").youth_count(**of_2022, kon="MAN", antal="10"),
            ],
        },
    )
    asked = Asked(tmp_path, homes, ["kalenderar-2022"])
    values = {key[6:8]: str(value.normalize()) for key, value in asked.figures.items() if key[0] == "key_numbers"}
    assert values == dict.fromkeys([("*", "*"), ("Ungvux", "*"), ("*", "deltagare"), ("Ungvux", "deltagare")], "8.75")
    youths = asked.places("youth_20_29", "value", "kalenderar-2022", "KONTAKT")
    assert youths == {"*": 20, "01": 10, "03": 10}


def test_heby_belongs_to_the_county_of_its_time(tmp_path: Path) -> None:
    clara = personnummer("1989-04-01", 120)
    of_2006 = {"period_fran": "2006-01-01", "period_till": "2006-12-31"}
    homes = lake_of(
        tmp_path,
        {
            "0331": [
                Extract("ber", "2006-11-01").registered(clara),
                Extract("ber", "2007-02-01").registered(clara),
                Extract("jobbtorg_unga", "2006-12-15").youth_count(**of_2006, antal="6"),
            ],
            "0380": [
                Extract("ber", "2006-12-20"),
                Extract("jobbtorg_unga", "2006-12-20").youth_count(**of_2006, antal="1"),
            ],
        },
    )
    periods = [
        "kalenderar-2006",
        "manad-2006-12",
        "kalenderar-2007",
        "lasar-2006-2007",
        "dag-2006-12-31",
        "dag-2007-01-01",
    ]
    asked = Asked(tmp_path, homes, periods)
    in_vastmanland, in_uppsala_county = {"*": 1, "1917": 1, "19": 1}, {"*": 1, "0331": 1, "03": 1}
    assert asked.places("population", "in_register", "kalenderar-2006") == in_vastmanland
    assert asked.places("population", "in_register", "manad-2006-12") == in_vastmanland
    assert asked.places("population", "in_register", "kalenderar-2007") == in_uppsala_county
    assert asked.places("population", "in_register", "lasar-2006-2007") == in_uppsala_county
    assert asked.places("status", "in_register", "dag-2006-12-31") == in_vastmanland
    # Nobody has delivered in 2007 by then: the row is of 2006, and so is the county; the municipality has the code of the day.
    assert asked.places("status", "in_register", "dag-2007-01-01") == {"*": 1, "0331": 1, "19": 1}
    assert asked.places("youth_20_29", "value", "kalenderar-2006", "KONTAKT") == {"*": 7, "19": 6, "03": 1}
