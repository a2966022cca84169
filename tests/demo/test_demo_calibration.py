"""The generated files give every printed value of the annual report, reckoned by another way than they were made."""

from __future__ import annotations

from decimal import Decimal

import pytest

from demo.comparison import compare, verdict
from demo.origins import compare_scaled, scaled_verdict
from demo.synthetic_city import build_city
from demo.synthetic_city.delivery import City
from tests.demo.conftest import reckon
from tests.demo.reckoning import Reckoning

pytestmark = pytest.mark.long


def test_every_printed_value_comes_out_but_the_known_misprints(reckoning: Reckoning) -> None:
    rows = compare(lambda key: reckoning.values.get(key, Decimal(0)))
    wrong = [f"{row.label}: printed {row.printed}, computed {row.computed}" for row in rows if row.is_wrong]
    assert not wrong
    assert verdict(rows).fine
    assert sum(1 for row in rows if row.is_misprint) == 3


def test_the_survey_has_fifty_answers_and_45_content_with_the_help(reckoning: Reckoning) -> None:
    period, question = "verksamhetsar-2023", "Har du fått hjälpen du behövde från oss?"

    def answers(question: str, answer: str) -> Decimal:
        return reckoning.values["survey", "answers", period, "*", "*", "*", question, answer]

    assert answers(question, "4") + answers(question, "5") == 45
    assert answers("Hur nöjd är du med bemötandet?", "*") == 50


def test_the_telephone_is_answered_oftenest(reckoning: Reckoning) -> None:
    for period in ("verksamhetsar-2022", "verksamhetsar-2023"):
        rates = {}
        for key, attempts in list(reckoning.values.items()):
            if key[:6] == ("contacts", "attempts", period, "*", "*", "*") and key[6] != "*":
                answered = reckoning.values["contacts", "answered", *key[2:]]
                rates[key[6]] = answered / attempts
        assert max(rates, key=lambda channel: rates[channel]) == "TELEFON"


def test_fewer_knackakort_and_home_visits_in_2023(reckoning: Reckoning) -> None:
    for channel in ("KNACKAKORT", "HEMBESOK"):
        before, after = (
            reckoning.values["contacts", "attempts", f"verksamhetsar-{year}", "*", "*", "*", channel, "*"]
            for year in (2022, 2023)
        )
        assert before > after > 0


def test_more_youths_were_reached_in_every_job_centres_area(reckoning: Reckoning) -> None:
    growth = {}
    for centre in ("GLOBEN", "SKARHOLMEN", "VALLINGBY", "KISTA"):
        before, after = (
            reckoning.values["outreach", "reached", f"verksamhetsar-{year}", "*", "*", centre, "*", "*"]
            for year in (2022, 2023)
        )
        growth[centre] = after / before
    assert min(growth.values()) > 1
    assert set(sorted(growth, key=lambda centre: growth[centre])[-2:]) == {"VALLINGBY", "KISTA"}


def test_more_youths_were_reached_in_nearly_every_district(reckoning: Reckoning) -> None:
    def reached(year: int) -> dict[str, Decimal]:
        start = ("outreach", "reached", f"verksamhetsar-{year}", "*")
        return {
            key[4]: value for key, value in reckoning.values.items() if key[:4] == start and key[5:] == ("*", "*", "*")
        }

    before, after = reached(2022), reached(2023)
    for code, old in {"21": ("01", "02"), "22": ("06", "07")}.items():
        before[code] = sum((before.pop(part) for part in old), Decimal(0))
    districts = set(after) - {"*", "SAKNAS"}
    assert len(districts) == 11
    assert sum(1 for code in districts if after[code] > before[code]) >= 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 7])
def test_another_seed_is_another_city_with_the_same_totals(city: City, seed: int) -> None:
    other = build_city(seed)
    assert not other.datasets["ber"]["register"].equals(city.datasets["ber"]["register"])
    values = reckon(other).values
    assert verdict(compare(lambda key: values.get(key, Decimal(0)))).fine
    assert scaled_verdict(compare_scaled(lambda key: values.get(key, Decimal(0)))).fine
