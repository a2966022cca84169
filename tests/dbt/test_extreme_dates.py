"""Dates that no register holds on purpose, in every column that holds one: they are counted as they stand, and stop nothing."""

from datetime import date

import pytest

from tests.model.oracle import PROFILES, Oracle
from tests.model.world import Extract, personnummer
from tests.pipeline import Pipeline

pytestmark = pytest.mark.long

PERIODS = ["verksamhetsar-2023", "kalenderar-2023", "manad-2023-11", "dag-2023-11-30", "lasar-2023-2024"]
FIRST, LAST, OLD = "0001-01-01", "9999-12-31", "1900-02-28"

#: Starts and ends that are allowed together.
SPANS = [(FIRST, FIRST), (FIRST, LAST), (FIRST, ""), (LAST, LAST), (LAST, ""), (OLD, LAST), ("2023-10-01", LAST)]

#: A baby of year 1, one of 1800, one who is born on the last day of all, and ordinary youths.
BIRTHS = ["0001-01-01", "1800-01-01", "1900-02-28", "9999-12-31", "2005-03-04", "2006-02-28", "2008-02-29"]
PERSONS = [personnummer(day, 100 + place) for place, day in enumerate(BIRTHS)]


def _deliveries() -> list[Extract]:
    found = []
    for day in ("2023-06-30", "2023-11-29", "2023-11-30"):
        people, school, beda, ber = (Extract(name, day) for name in ("folkbokforing", "skolregister", "beda", "ber"))
        survey, numbers = Extract("enkat", day), Extract("nyckeltal", day)
        for place, number in enumerate(PERSONS):
            when = (FIRST, LAST, OLD, "2023-10-01")[place % 4]
            people.resident(number, folkbokford_fran=when, invandrad_efter_skolplikt="JN"[place % 2])
            beda.certificate(number, "STUDIEBEVIS", datum=when)
            ber.registered(number, registrerad_datum=when, kategori_fran=when)
            for at, (start, end) in enumerate(SPANS):
                name = f"{place}-{at}"
                school.study(f"s{name}", number, startdatum=start, slutdatum=end, avslut="AVBROTT" if end else "")
                reason = {"avslutsorsak": "STUDIER"} if end else {}
                ber.enrolment(f"i{name}", number, inskriven_datum=start, avslutad_datum=end, **reason)
                ber.measure(f"m{name}", f"i{name}", startdatum=start, slutdatum=end, **reason)
                ber.contact(f"k{name}", number, datum=start, besvarad="J", besvarad_av="UNGDOM", kanal="BREV")
                ber.occupation(f"o{name}", number, datum=start, kontakt_id=f"k{name}")
                ber.residence_check(f"b{name}", number, anmald_datum=end or start)
        for at, (start, end) in enumerate(SPANS):
            survey.answer(f"a{at}", datum=start)
            numbers.key_number(period_fran=start, period_till=end or LAST, matt=f"m{at}")
        found += [people, school, beda, ber, survey, numbers]
    return found


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    pipeline = Pipeline(tmp_path_factory.mktemp("extreme"))
    for extract in _deliveries():
        extract.write(pipeline.drop)
    pipeline.run()
    return pipeline


def test_all_of_it_is_taken_in(pipeline: Pipeline) -> None:
    assert {one["status"] for one in pipeline.deliveries()} == {"accepted"}
    assert pipeline.quarantine() == []


def test_every_figure_is_the_oracles(pipeline: Pipeline) -> None:
    oracle = Oracle(PROFILES["stockholm"], date(2026, 1, 1))
    oracle.run(pipeline.drop)
    computed = pipeline.all_figures(PERIODS)
    for period in PERIODS:
        expected = oracle.figures(period)
        assert {key: value for key, value in computed.items() if key[2] == period} == expected
        assert pipeline.figures(period) == expected


def test_every_model_can_be_built_and_read(pipeline: Pipeline) -> None:
    for model in pipeline.models():
        if model.materialized != "ephemeral":
            pipeline.rows_of(model.name, PERIODS)


@pytest.mark.parametrize(
    "period", ["kalenderar-0001", "kalenderar-9999", "manad-9999-12", "dag-9999-12-31", "halvar2-1800"]
)
def test_a_period_at_the_end_of_time_can_be_asked_for(pipeline: Pipeline, period: str) -> None:
    pipeline.figures(period)
