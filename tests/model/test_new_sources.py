"""Hand-checked cases of what was added on 2026-11-28: four sources, withdrawn consent, and the figures that they give.

As in test_oracle.py the expected results are worked out by hand from the pages. The reasons of single rows stand there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from tests.model.oracle import NACKA, Oracle, one_year_earlier
from tests.model.test_oracle import (
    ANNA,
    BO,
    CECILIA,
    NOW,
    STOCKHOLM,
    YEAR,
    after,
    ber,
    categories,
    faults,
    in_register,
    played,
    statuses,
    value,
)
from tests.model.world import Extract, personnummer

# --- deliveries.md section 3 and 4: rows ----------------------------------------------------------


def counts(day: str = "2023-11-30", **settings: str) -> Extract:
    """A delivery of Jobbtorg Unga."""
    return Extract("jobbtorg_unga", day, **settings)  # type: ignore[arg-type]


def test_an_empty_key_is_a_key_value_like_any_other(tmp_path: Path) -> None:
    delivery = counts().youth_count(antal="1").youth_count(antal="2")  # the same key: no job-centre, no reason
    delivery.youth_count(jobbtorg="KISTA", antal="2").youth_count(kon="MAN", antal="2")
    delivery.youth_count(matt="AVSLUTADE", orsak="ARBETE").youth_count(matt="AVSLUTADE", orsak="OKAND")
    assert faults(played(tmp_path, delivery)) == [
        (2, "period_fran", "duplicate_key"),
        (3, "period_fran", "duplicate_key"),
    ]


def test_a_municipality_without_job_centres_knows_none(tmp_path: Path) -> None:
    delivery = counts(municipality="0182").youth_count(jobbtorg="KISTA").youth_count(kon="MAN")
    assert faults(played(tmp_path, delivery, profile=NACKA)) == [(2, "jobbtorg", "bad_code")]


def test_no_consent_comes_after_a_key_that_stands_twice(tmp_path: Path) -> None:
    delivery = Extract("flai", "2023-11-30").participation("d1", ANNA, startdatum="2020-08-31").participation("d1", BO)
    delivery.participation("d2", BO, startdatum="2020-08-31")
    assert faults(played(tmp_path, delivery)) == [
        (2, "deltagande_id", "duplicate_key"),
        (3, "deltagande_id", "duplicate_key"),
        (4, "samtycke_fran", "no_consent"),
    ]


# --- deliveries.md section 4: withdrawn consent ---------------------------------------------------

WITHDRAWN = {"samtycke_till": "2023-02-01"}


def flai(day: str, revision: int = 1, number: str = ANNA, folder: str = "", **values: str) -> Extract:
    """A delivery of Flai with one participation."""
    return Extract("flai", day, revision, folder=folder).participation("d1", number, startdatum="2023-01-10", **values)


def participants(oracle: Oracle, as_known: str | None = None) -> int:
    return int(value(oracle, "consented_participants", "participants", as_known=as_known))


def test_withdrawn_in_any_order(tmp_path: Path) -> None:
    nights = [flai("2023-01-15"), flai("2023-02-02", **WITHDRAWN), flai("2023-02-03")]
    for number, order in enumerate(permutations(nights)):
        drop = tmp_path / str(number)
        oracle = Oracle(STOCKHOLM, NOW)
        has_withdrawn = False
        for night in order:
            after(oracle, drop, night)
            has_withdrawn = has_withdrawn or night is nights[1]
            assert participants(oracle) == (0 if has_withdrawn else 1)
        assert participants(oracle, as_known="2023-01-31") == 0  # not even as known before
        assert {row["status"] for row in oracle.deliveries()} == {"accepted"}
        assert [row["rows"] for row in oracle.deliveries()] == [1, 1, 1]


@pytest.mark.parametrize(
    ("till", "is_withdrawn"), [("2023-02-01", True), ("2023-02-02", True), ("2023-02-03", False), ("2023-01-05", True)]
)
def test_it_is_withdrawn_on_or_before_the_extracts_date(tmp_path: Path, till: str, is_withdrawn: bool) -> None:
    oracle = played(tmp_path, flai("2023-02-02", samtycke_till=till))
    assert participants(oracle) == (0 if is_withdrawn else 1)
    assert oracle.quarantine() == []


def test_a_superseded_revision_withdraws_also_when_it_comes_last(tmp_path: Path) -> None:
    withdrawing, corrected = flai("2023-02-02", **WITHDRAWN), flai("2023-02-02", 2)
    for number, order in enumerate(permutations([withdrawing, corrected])):
        oracle = Oracle(STOCKHOLM, NOW)
        for night in order:
            after(oracle, tmp_path / str(number), night)
        assert participants(oracle) == 0
        assert statuses(oracle)["2023-02-02_1"] == ("superseded", "")


def many(day: str, count: int, revision: int = 1, folder: str = "", **values: str) -> Extract:
    """A delivery of Flai with rows enough for a drop in volume, one of them about d1."""
    delivery = flai(day, revision, folder=folder, **values)
    for number in range(count - 1):
        delivery.participation(
            f"other{number}", BO, startdatum="2020-10-01", slutdatum="2020-10-02", avslutsorsak="OKAND"
        )
    return delivery


@pytest.mark.parametrize("decision", ["", "release", "reject", "supersede"])
def test_held_withdraws_when_it_is_released_or_superseded(tmp_path: Path, decision: str) -> None:
    oracle = played(tmp_path, many("2023-02-01", 100))
    held = many("2023-02-02", 69, **WITHDRAWN)
    after(oracle, tmp_path, held)
    assert statuses(oracle)["2023-02-02_1"] == ("held", "volume_drop")
    assert participants(oracle) == 1
    if decision == "supersede":
        after(oracle, tmp_path, many("2023-02-02", 100, revision=2))
        assert statuses(oracle)["2023-02-02_1"] == ("superseded", "")
    elif decision:
        (oracle.release if decision == "release" else oracle.reject)(held.path)
        assert participants(oracle) == 1  # takes effect at the next nightly
        after(oracle, tmp_path)
    assert participants(oracle) == (0 if decision in ("release", "supersede") else 1)


def test_a_rejected_delivery_and_a_quarantined_row_withdraw_nothing(tmp_path: Path) -> None:
    oracle = played(tmp_path, flai("2023-01-15"))
    after(oracle, tmp_path, flai("2023-02-02", **WITHDRAWN).with_fault("checksum_mismatch"))
    after(oracle, tmp_path, flai("2023-02-03", **WITHDRAWN, flai_insats="X"))
    assert participants(oracle) == 1


def test_nothing_of_it_stays_in_quarantine_whatever_its_fault_or_person(tmp_path: Path) -> None:
    bad = flai("2023-01-15", flai_insats="X").participation("d2", BO, flai_insats="X")
    without_number = flai("2023-01-16", number="")
    oracle = played(tmp_path, bad, without_number)
    assert len(oracle.quarantine()) == 3
    after(oracle, tmp_path, flai("2023-02-02", number=BO, **WITHDRAWN))
    assert [(row["folder"], row["line"]) for row in oracle.quarantine()] == [("flai/2023-01-15_1", 3)]
    assert [row["quarantined_rows"] for row in oracle.deliveries()] == [2, 1, 0]  # as judged


def test_other_participations_and_other_rows_of_the_person_stay(tmp_path: Path) -> None:
    night = flai("2023-02-02", **WITHDRAWN).participation("d2", ANNA, startdatum="2023-01-20")
    oracle = played(tmp_path, night, in_register(ANNA))
    assert participants(oracle) == 1
    assert value(oracle, "population", "in_register") == 1


def test_a_repeat_changes_nothing(tmp_path: Path) -> None:
    oracle = played(tmp_path, flai("2023-02-02"), flai("2023-02-02", folder="again"))
    assert sorted(statuses(oracle).values()) == [("accepted", ""), ("duplicate", "")]
    assert participants(oracle) == 1


# --- figures.md: figures added --------------------------------------------------------------------


def test_registrations_by_the_reason_of_the_latest_extract(tmp_path: Path) -> None:
    oracle = played(
        tmp_path,
        ber("2023-01-10").registered(ANNA, registrerad_datum="2023-01-09", registreringsorsak="OVRIGT"),
        ber("2023-01-11").registered(ANNA, registrerad_datum="2023-01-09", registreringsorsak="AVBROTT"),
        ber("2023-05-02").registered(ANNA, registrerad_datum="2023-05-01", registreringsorsak="INFLYTTAD"),
        ber("2023-12-01").registered(BO, registrerad_datum="2022-12-01", registreringsorsak="NYANLAND"),
    )
    assert categories(oracle, "registrations", "stays") == {"*": 3, "AVBROTT": 1, "INFLYTTAD": 1, "NYANLAND": 1}
    assert categories(oracle, "registrations", "first") == {"*": 2, "AVBROTT": 1, "NYANLAND": 1}
    assert value(oracle, "registrations", "stays", as_known="2023-01-10", category="OVRIGT") == 1
    assert value(oracle, "registrations", "stays", gender="man", district="SAKNAS") == 1  # never seen by `to`


def test_an_earlier_stay_before_the_period_or_seen_later_makes_it_no_first(tmp_path: Path) -> None:
    oracle = played(
        tmp_path,
        ber("2023-01-10")
        .registered(ANNA, registrerad_datum="2023-01-09")
        .registered(BO, registrerad_datum="2023-01-09"),
        ber("2024-01-10").registered(ANNA, registrerad_datum="2019-01-01"),
    )
    assert value(oracle, "registrations", "first") == 1
    assert value(oracle, "registrations", "first", as_known="2023-12-31") == 2


def test_one_stay_of_two_numbers_has_the_reason_of_the_newest(tmp_path: Path) -> None:
    earlier = personnummer("2005-03-01", 108)
    night = ber().registered(earlier, registrerad_datum="2023-01-09", registreringsorsak="OVRIGT")
    night.registered(ANNA, registrerad_datum="2023-01-09", registreringsorsak="AVBROTT")
    link = Extract("folkbokforing", "2023-11-30").resident(ANNA, tidigare_personnummer=earlier)
    assert categories(played(tmp_path, night, link), "registrations", "stays") == {"*": 1, "AVBROTT": 1}


@pytest.mark.parametrize(("registered", "persons"), [("2023-09-01", 1), ("2023-09-02", 0), ("2022-11-30", 0)])
def test_first_time_registered_at_least_90_days_before_the_periods_end(
    tmp_path: Path, registered: str, persons: int
) -> None:
    oracle = played(tmp_path, ber().registered(ANNA, registrerad_datum=registered))
    assert value(oracle, "first_time", "persons") == persons


@pytest.mark.parametrize(
    ("day", "is_in_time"), [("2023-04-30", 0), ("2023-05-01", 1), ("2023-07-30", 1), ("2023-07-31", 0)]
)
def test_first_time_reached_and_enrolled_in_90_days(tmp_path: Path, day: str, is_in_time: int) -> None:
    night = ber()
    for number in (ANNA, BO, CECILIA):
        night.registered(number, registrerad_datum="2023-05-01")
    night.contact("1", ANNA, datum=day, besvarad="J").contact("2", BO, datum=day, riktning="IN", besvarad="J")
    night.contact("3", CECILIA, datum=day).contact("4", CECILIA, datum=day, besvarad="J", makulerad="J")
    night.enrolment("e1", ANNA, inskriven_datum=day)
    oracle = played(tmp_path, night)
    assert value(oracle, "first_time", "persons") == 3
    assert value(oracle, "first_time", "reached_in_90_days") == 2 * is_in_time
    assert value(oracle, "first_time", "enrolled_in_90_days") == is_in_time


def test_only_the_earliest_stay_makes_a_first_time(tmp_path: Path) -> None:
    night = ber().registered(ANNA, registrerad_datum="2023-05-01")
    before = ber("2022-06-01").registered(ANNA, registrerad_datum="2022-05-01")
    oracle = played(tmp_path, night, before)
    assert value(oracle, "first_time", "persons") == 0
    assert value(oracle, "first_time", "persons", "verksamhetsar-2022") == 1


def test_latest_occupation(tmp_path: Path) -> None:
    night = in_register(ANNA, BO, CECILIA)
    night.occupation("9", ANNA, datum="2023-11-30", sysselsattning="ARBETE")
    night.occupation("10", ANNA, datum="2023-11-30", sysselsattning="INGEN")  # "9" is larger as text
    night.occupation("99", ANNA, datum="2023-12-01", sysselsattning="PRAKTIK")  # after the period
    night.occupation("b", BO, datum="2022-11-30", sysselsattning="PRAKTIK")  # before it
    night.occupation("c", CECILIA, datum="2022-12-01", sysselsattning="OKAND")
    night.occupation("d", personnummer("2005-01-01", 110), datum="2023-05-01")  # not in the register
    assert categories(played(tmp_path, night), "latest_occupation", "persons") == {"*": 3, "ARBETE": 1, "OKAND": 2}


def test_persistence(tmp_path: Path) -> None:
    oracle = played(
        tmp_path,
        ber("2021-11-30").registered(CECILIA),
        ber("2021-12-01").registered(ANNA).registered(BO),
        ber("2022-11-30").registered(CECILIA),
        ber("2023-11-30").registered(ANNA, stadsdelsomrade="12").registered(CECILIA),
        ber("2023-12-01").registered(BO),
    )
    assert value(oracle, "persistence", "again") == 2
    assert value(oracle, "persistence", "again", district="12", gender="kvinna") == 1  # dimensions as of P
    assert value(oracle, "persistence", "again", as_known="2023-11-30") == 2
    assert value(oracle, "persistence", "again", "verksamhetsar-2022") == 1  # Cecilia: on the last day of 2021


@pytest.mark.parametrize(
    ("period", "before"),
    [
        ("verksamhetsar-2023", "verksamhetsar-2022"),
        ("kalenderar-2023", "kalenderar-2022"),
        ("lasar-2022-2023", "lasar-2021-2022"),
        ("tertial1-2023", "tertial1-2022"),
        ("tertial2-2023", "tertial2-2022"),
        ("halvar2-2023", "halvar2-2022"),
        ("manad-2023-05", "manad-2022-05"),
    ],
)
def test_the_same_kind_of_period_one_year_earlier(period: str, before: str) -> None:
    assert one_year_earlier(period) == before


@pytest.mark.parametrize(
    ("day", "category"),
    [("2023-11-30", "OKAND"), ("2023-12-01", "ARBETE"), ("2024-05-28", "ARBETE"), ("2024-05-29", "OKAND")],
)
def test_occupation_from_1_to_180_days_after_support(tmp_path: Path, day: str, category: str) -> None:
    night = ber("2024-06-30").enrolment("e1", ANNA, avslutad_datum="2023-11-30", avslutsorsak="OKAND")
    night.occupation("y1", ANNA, datum=day)
    oracle = played(tmp_path, night, now=date(2024, 7, 1))
    assert categories(oracle, "occupation_after_support", "persons") == {"*": 1, category: 1}


def test_occupation_after_the_last_enrolment_that_ended_in_the_period(tmp_path: Path) -> None:
    night = ber()
    night.enrolment("9", ANNA, avslutad_datum="2023-05-01", avslutsorsak="OKAND")
    night.enrolment("1", ANNA, avslutad_datum="2023-03-01", avslutsorsak="OKAND")
    night.occupation("a", ANNA, datum="2023-03-02", sysselsattning="UTOMLANDS")  # after the first
    night.occupation("b9", ANNA, datum="2023-06-01", sysselsattning="ARBETE")
    night.occupation("b10", ANNA, datum="2023-06-01", sysselsattning="PRAKTIK")  # "b10" is smaller as text
    night.occupation("a0", ANNA, datum="2023-06-02", sysselsattning="INGEN")
    assert categories(played(tmp_path, night), "occupation_after_support", "persons") == {"*": 1, "PRAKTIK": 1}


REFUSED = {"utfall": "EJ_ANTAGEN", "beskedsdatum": "2023-07-07", "antagningsar": "2023"}


def admissions(day: str = "2023-11-30") -> Extract:
    return Extract("antagning", day)


@pytest.mark.parametrize(
    ("values", "persons"),
    [
        ({}, 1),
        ({"beskedsdatum": "2023-11-30"}, 1),
        ({"beskedsdatum": "2023-12-01"}, 0),
        ({"beskedsdatum": "2022-12-01"}, 1),
        ({"beskedsdatum": "2022-11-30"}, 0),
        ({"omgang": "PRELIMINAR"}, 0),
        ({"omgang": "RESERV"}, 0),
        ({"utfall": "RESERVPLATS"}, 0),
        ({"utfall": "ANTAGEN"}, 0),
    ],
)
def test_who_was_not_admitted(tmp_path: Path, values: dict[str, str], persons: int) -> None:
    oracle = played(tmp_path, admissions().admission("n1", ANNA, **{**REFUSED, **values}))
    assert value(oracle, "not_admitted", "persons") == persons
    assert value(oracle, "not_admitted", "persons", district="SAKNAS", gender="kvinna") == persons


def test_a_person_is_not_admitted_once_and_other_decisions_change_nothing(tmp_path: Path) -> None:
    night = admissions().admission("n1", ANNA, **REFUSED).admission("n2", ANNA, **REFUSED)
    night.admission("n3", ANNA, utfall="ANTAGEN", beskedsdatum="2023-08-01", antagningsar="2023")
    assert value(played(tmp_path, night), "not_admitted", "persons") == 1


@pytest.mark.parametrize(
    ("day", "counted"), [("2023-07-06", 0), ("2023-07-07", 1), ("2023-09-15", 1), ("2023-09-16", 0)]
)
def test_guided_and_placed_from_the_decision_to_15_september(tmp_path: Path, day: str, counted: int) -> None:
    night = admissions().admission("n1", ANNA, **REFUSED).admission("n2", BO, **REFUSED)
    visits = Extract("skolslussen", "2023-11-30").visit("v1", ANNA, datum=day, besokstyp="OVRIGT")
    schools = Extract("skolregister", "2023-11-30").study("s1", ANNA, startdatum=day, skolform="GYSAR")
    schools.study("s2", BO, startdatum=day).study("s3", CECILIA, startdatum=day)
    oracle = played(tmp_path, night, visits, schools)
    assert value(oracle, "not_admitted", "persons") == 2
    assert value(oracle, "not_admitted", "guided") == counted
    assert value(oracle, "not_admitted", "placed") == 2 * counted
    assert value(oracle, "not_admitted", "guided_and_placed") == counted


def test_a_place_is_in_upper_secondary_school(tmp_path: Path) -> None:
    night = admissions().admission("n1", ANNA, **REFUSED)
    schools = Extract("skolregister", "2023-11-30").study("s1", ANNA, startdatum="2023-08-17", skolform="KOMVUX")
    assert value(played(tmp_path, night, schools), "not_admitted", "placed") == 0


def test_guidance_after_the_period_counts_and_the_admission_year_ends_it(tmp_path: Path) -> None:
    visits = Extract("skolslussen", "2023-11-30").visit("v1", ANNA, datum="2023-08-01")
    oracle = played(tmp_path, admissions().admission("n1", ANNA, **REFUSED), visits)
    assert value(oracle, "not_admitted", "guided", "manad-2023-07") == 1
    later = admissions("2023-12-01").admission("n1", ANNA, **{**REFUSED, "antagningsar": "2022"})
    assert value(after(oracle, tmp_path, later), "not_admitted", "guided", "manad-2023-07") == 0


def test_of_several_decisions_the_latest_and_then_the_largest_id(tmp_path: Path) -> None:
    # From 10 September there was guidance, but "9" (larger than "10") is of a year that ended before.
    night = admissions().admission("99", ANNA, **REFUSED)
    night.admission("10", ANNA, **{**REFUSED, "beskedsdatum": "2023-09-01"})
    night.admission("9", ANNA, **{**REFUSED, "beskedsdatum": "2023-09-01", "antagningsar": "2022"})
    visits = Extract("skolslussen", "2023-11-30").visit("v1", ANNA, datum="2023-09-10")
    oracle = played(tmp_path, night, visits)
    assert value(oracle, "not_admitted", "guided") == 0
    assert value(oracle, "not_admitted", "guided", "manad-2023-07") == 1


def test_visits_and_visitors(tmp_path: Path) -> None:
    visits = Extract("skolslussen", "2024-01-10")
    visits.visit("1", ANNA, datum="2022-12-01").visit("2", ANNA, datum="2023-11-30")
    visits.visit("3", ANNA, datum="2023-05-01", besokstyp="OVRIGT").visit("4", BO, datum="2023-05-01")
    visits.visit("5", CECILIA, datum="2023-12-01")
    oracle = played(tmp_path, visits)
    assert categories(oracle, "school_entry_visits", "visits") == {"*": 4, "VAGLEDNING": 3, "OVRIGT": 1}
    assert categories(oracle, "school_entry_visits", "visitors") == {"*": 2, "VAGLEDNING": 2, "OVRIGT": 1}
    assert categories(oracle, "school_entry_visits", "before_term") == {}


@pytest.mark.parametrize(
    ("day", "counted"), [("2023-06-30", 0), ("2023-07-01", 1), ("2023-08-19", 1), ("2023-08-20", 0)]
)
def test_before_term_from_the_years_first_decision_to_19_august(tmp_path: Path, day: str, counted: int) -> None:
    night = admissions().admission("n1", BO, **{**REFUSED, "beskedsdatum": "2023-07-01", "omgang": "RESERV"})
    night.admission("n2", BO, **REFUSED).admission("n3", BO, **{**REFUSED, "antagningsar": "2022"})
    night.admission("n4", BO, **{**REFUSED, "beskedsdatum": "2023-03-01", "antagningsar": "2022"})
    visits = Extract("skolslussen", "2023-11-30").visit("v1", ANNA, datum=day)
    assert value(played(tmp_path, night, visits), "school_entry_visits", "before_term") == counted


def test_consented_participants(tmp_path: Path) -> None:
    delivery = Extract("flai", "2023-11-30")

    def add(name: str, number: str, start: str, end: str = "", kind: str = "SELMA") -> None:
        reason = {"slutdatum": end, "avslutsorsak": "ARBETE"} if end else {}
        delivery.participation(name, number, samtycke_fran="2020-01-01", startdatum=start, flai_insats=kind, **reason)

    add("1", ANNA, "2022-11-30", "2022-12-01")
    add("2", ANNA, "2023-01-01", kind="FILUR")
    add("3", ANNA, "2023-11-30", kind="FILUR")
    add("4", BO, "2022-01-01", "2022-11-30")
    add("5", BO, "2023-12-01")
    oracle = played(tmp_path, delivery)
    assert categories(oracle, "consented_participants", "participants") == {"*": 1, "SELMA": 1, "FILUR": 1}
    assert categories(oracle, "consented_participants", "new") == {"*": 1, "FILUR": 1}
    assert categories(oracle, "consented_participants", "ended") == {"*": 1, "SELMA": 1}


def test_youths_aged_20_to_29(tmp_path: Path) -> None:
    inside = {"period_fran": "2022-12-01", "period_till": "2023-11-30"}
    delivery = counts().youth_count(**inside, antal="5").youth_count(**inside, jobbtorg="KISTA", antal="7", kon="MAN")
    delivery.youth_count(**inside, matt="AVSLUTADE", orsak="ARBETE", antal="3")
    delivery.youth_count(**inside, matt="AVSLUTADE", orsak="OKAND", antal="04", jobbtorg="KISTA")
    delivery.youth_count(period_fran="2022-11-30", period_till="2023-11-30", antal="100")
    delivery.youth_count(period_fran="2022-12-01", period_till="2023-12-01", antal="100")
    earlier = counts("2023-11-29").youth_count(**inside, antal="50", matt="INSKRIVNA")
    figures = played(tmp_path, delivery, earlier).figures(YEAR)
    found = {key[3:]: int(number) for key, number in figures.items() if key[:2] == ("youth_20_29", "value")}
    assert found == {
        ("*", "*", "*", "KONTAKT", "*"): 12,
        ("kvinna", "*", "*", "KONTAKT", "*"): 5,
        ("man", "*", "*", "KONTAKT", "*"): 7,
        ("*", "*", "SAKNAS", "KONTAKT", "*"): 5,
        ("kvinna", "*", "SAKNAS", "KONTAKT", "*"): 5,
        ("*", "*", "KISTA", "KONTAKT", "*"): 7,
        ("man", "*", "KISTA", "KONTAKT", "*"): 7,
        ("*", "*", "*", "AVSLUTADE", "*"): 7,
        ("kvinna", "*", "*", "AVSLUTADE", "*"): 7,
        ("*", "*", "SAKNAS", "AVSLUTADE", "*"): 3,
        ("kvinna", "*", "SAKNAS", "AVSLUTADE", "*"): 3,
        ("*", "*", "KISTA", "AVSLUTADE", "*"): 4,
        ("kvinna", "*", "KISTA", "AVSLUTADE", "*"): 4,
        ("*", "*", "*", "AVSLUTADE", "ARBETE"): 3,
        ("kvinna", "*", "*", "AVSLUTADE", "ARBETE"): 3,
        ("*", "*", "SAKNAS", "AVSLUTADE", "ARBETE"): 3,
        ("kvinna", "*", "SAKNAS", "AVSLUTADE", "ARBETE"): 3,
        ("*", "*", "*", "AVSLUTADE", "OKAND"): 4,
        ("kvinna", "*", "*", "AVSLUTADE", "OKAND"): 4,
        ("*", "*", "KISTA", "AVSLUTADE", "OKAND"): 4,
        ("kvinna", "*", "KISTA", "AVSLUTADE", "OKAND"): 4,
    }


@pytest.mark.parametrize(
    "delivery",
    [
        lambda number: admissions("2024-01-10").admission("n1", number, **REFUSED),
        lambda number: Extract("skolslussen", "2024-01-10").visit("v1", number, datum="2023-05-01"),
        lambda number: flai("2024-01-10", number=number),
    ],
)
def test_who_is_in_a_new_source_only_is_purged_like_anybody(tmp_path: Path, delivery: Callable[[str], Extract]) -> None:
    figures = ("not_admitted", "school_entry_visits", "consented_participants")
    young, old = personnummer("2003-12-31", 112), personnummer("2002-12-31", 112)
    for number, is_there in ((young, True), (old, False)):
        found = {key[0] for key in played(tmp_path / number, delivery(number)).figures(YEAR)}
        assert bool(found & set(figures)) is is_there
