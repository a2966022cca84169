"""The file review's seven items are what its table says, of random worlds, against the sentences in plain Python; and the draw is
the same for everybody."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from pipelines.audit.draw import allocate, draw, lot
from pipelines.audit.sample import ITEMS, MODEL, STRATA, Review, Sample, sample
from pipelines.audit.shares import Z, wilson
from pipelines.audit.trace import EVIDENCE_MODELS
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.home import Version
from pipelines.warehouse.ask import made_warehouse
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period
from tests.audit.test_trace import Drop
from tests.model.file_review import FileReview
from tests.model.oracle import PROFILES, Oracle
from tests.model.world import Extract, personnummer
from tests.pipeline import Pipeline
from tests.property.strategies import World, worlds
from tests.property.test_pipeline_agrees import NOW, play

pytestmark = pytest.mark.long

CHECKS: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@contextmanager
def _played(world: World) -> Iterator[tuple[Pipeline, Oracle]]:
    with tempfile.TemporaryDirectory() as folder:
        pipeline, oracle = Pipeline(Path(folder), world.municipality, NOW), Oracle(PROFILES[world.municipality], NOW)
        play(world, pipeline, oracle)
        yield pipeline, oracle


def _version(pipeline: Pipeline) -> Version:
    version = pipeline.home.current()
    assert version is not None
    return version


def _reviews(pipeline: Pipeline, periods: list[str]) -> Iterator[tuple[str, str, Review]]:
    """Period, stratification and review; of one period after the other another stratification."""
    models = pipeline.models()
    model = next(one for one in models if one.name == MODEL)
    municipality = pipeline.home.municipality
    found = [parse_period(one, municipality) for one in periods]
    wanted = [*model.needs, *EVIDENCE_MODELS]
    history = _version(pipeline).history
    with made_warehouse(models, history, municipality, found, EVERYTHING, wanted) as connection:
        for period, strata in zip(found, cycle(STRATA), strict=False):
            yield period.period_id, strata, Review(connection, model, municipality, period, strata)
            connection.execute("drop table reviewed")


def _review(world: World) -> None:
    """Compare all files of a world."""
    with _played(world) as (pipeline, oracle):
        drop = Drop(pipeline.drop, pipeline)
        pseudonym = Pseudonymiser(pipeline.home.pseudonym_key).pseudonym
        protected = {pseudonym(number) for number in oracle.protected_numbers()}
        for period_id, strata, review in _reviews(
            pipeline, [one for one in world.periods if not one.startswith("dag")]
        ):
            expected = FileReview(oracle, period_id)
            # Of numbers that are equally new either may be the newest: persons are compared, not their names.
            person_of = {pseudonym(number): person for number, person in expected.known.newest_number.items()}
            assert sorted(person_of[one] for one in review.stratum_of) == sorted(expected.population)
            for case in review.cases(review.stratum_of):
                person = person_of[case.person]
                statuses = {item.item: item.status for item in case.items}
                assert statuses == expected.statuses(person), (period_id, person)
                assert case.stratum == expected.strata(person)[strata]
                for item in case.items:
                    assert item.evidence or item.status in ("missing", "not_applicable")
                    for row, place in item.evidence:
                        _stands_in_its_file(drop, row, place, expected, person, protected)


def _stands_in_its_file(
    drop: Drop, row: Any, place: Any, expected: FileReview, person: str, protected: set[str]
) -> None:
    delivered = drop.rows(place.folder, place.file, place.sha256)
    names = [column.name for column in row.dataset.columns if column.is_key]
    if names == ["personnummer"]:
        theirs = [one for one in delivered.values() if expected.known.person(one["personnummer"]) == person]
    else:
        theirs = [one for one in delivered.values() if one[names[0]] == row.key]
    assert theirs, (row.dataset.name, row.key)
    for one in theirs:
        number = one.get("personnummer")
        if number is not None:
            assert expected.known.person(number) == person
            assert drop.pseudonym(number) not in protected


@settings(max_examples=4, phases=[Phase.explicit, Phase.reuse, Phase.generate], derandomize=True, **CHECKS)
@given(worlds())
def test_every_item_is_what_the_sentences_say(world: World) -> None:
    _review(world)


@pytest.mark.slow
@settings(max_examples=60, database=None, **CHECKS)
@given(worlds())
def test_the_files_of_many_worlds_are_what_the_sentences_say(world: World) -> None:
    _review(world)


BEFORE, WITHIN, LATE, AFTER = "2022-11-01", "2023-04-01", "2023-11-01", "2024-02-01"
MAY = "2023-05-31"


def _with_files(ber: Extract, numbers: dict[str, str]) -> None:
    """A person of each kind: what the file of each holds besides the register's row."""
    for name, number in numbers.items():
        ber.registered(number, registreringsorsak="OVRIGT" if name == "other reason" else "AVBROTT")
    occupations = {
        "noted": ("ARBETE", ""),
        "unknown": ("OKAND", ""),
        "annulled": ("ARBETE", "k-annulled"),
        "of a lost contact": ("ARBETE", "none"),
    }
    for name, (code, contact) in occupations.items():
        ber.occupation(f"s-{name}", numbers[name], datum=WITHIN, sysselsattning=code, kontakt_id=contact)
    ber.occupation("s-before", numbers["before"], datum=BEFORE)
    ber.occupation("s-one", numbers["one annulled"], datum=WITHIN, kontakt_id="k-annulled-too")
    ber.occupation("s-two", numbers["one annulled"], datum=LATE)
    ber.contact("k-annulled", numbers["annulled"], datum=WITHIN, makulerad="J")
    ber.contact("k-annulled-too", numbers["one annulled"], datum=WITHIN, makulerad="J")
    ber.contact("k-noted", numbers["noted"], datum=WITHIN)
    ber.contact("k-own", numbers["unknown"], datum=WITHIN, riktning="IN", besvarad="J")
    ber.contact("k-before", numbers["before"], datum=BEFORE)
    ended = {"avslutad_datum": MAY, "avslutsorsak": "ARBETE"}
    enrolled: dict[str, dict[str, str]] = {
        "enrolled": {}, "running": {}, "left open": ended, "ended well": ended, "ended late": ended, "for unknown reasons": {},
        "too early": {}, "left before": {"inskriven_datum": "2022-01-01", "avslutad_datum": BEFORE, "avslutsorsak": "ARBETE"},
    }  # fmt: skip
    for name, values in enrolled.items():
        ber.enrolment(f"i-{name}", numbers[name], **{"inskriven_datum": WITHIN, **values})
    measures: dict[str, dict[str, str]] = {
        "running": {"insats": "OVRIG"},
        "left open": {},
        "ended well": {"slutdatum": MAY, "avslutsorsak": "STUDIER"},
        "ended late": {"slutdatum": AFTER, "avslutsorsak": "OKAND"},
        "for unknown reasons": {"slutdatum": MAY, "avslutsorsak": "OKAND"},
        "too early": {"startdatum": "2023-03-31"},
    }
    for name, values in measures.items():
        ber.measure(f"m-{name}", f"i-{name}", **{"startdatum": WITHIN, **values})


#: Person -> item -> status, where it is another than that of a file that holds nothing.
FILES: dict[str, dict[str, str]] = {
    "nothing": {},
    "other reason": {"registered": "missing"},
    "noted": {"occupation": "present", "contact": "present"},
    "unknown": {},
    "before": {},
    "annulled": {"occupation": "contradictory"},
    "one annulled": {"occupation": "present"},
    "of a lost contact": {"occupation": "present"},
    "enrolled": {"offer": "present"},
    "left before": {},
    "running": {"offer": "present", "content": "missing", "start": "present"},
    "left open": {"offer": "present", "content": "present", "start": "present", "end": "missing"},
    "ended well": {"offer": "present", "content": "present", "start": "present", "end": "present"},
    "ended late": {"offer": "present", "content": "present", "start": "present", "end": "contradictory"},
    "for unknown reasons": {"offer": "present", "content": "present", "start": "present", "end": "missing"},
    "too early": {"offer": "present", "content": "present", "start": "contradictory"},
}
NOTHING = dict(zip(ITEMS, ["present", *["missing"] * 3, *["not_applicable"] * 3], strict=True))


def test_each_status_of_each_item(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    numbers = {name: personnummer(f"2005-01-{place:02}", 120) for place, name in enumerate(FILES, start=1)}
    ber = Extract("ber", "2023-12-01")
    _with_files(ber, numbers)
    ber.write(pipeline.drop)
    pipeline.run()
    pseudonym = Pseudonymiser(pipeline.home.pseudonym_key).pseudonym
    names = {pseudonym(number): name for name, number in numbers.items()}
    cases = {names[case.person]: case for case in _sample(pipeline, n=len(FILES)).cases}
    found = {name: {item.item: item.status for item in case.items} for name, case in cases.items()}
    assert found == {name: NOTHING | statuses for name, statuses in FILES.items()}
    looked_at = {item.item: [row.key for row, _ in item.evidence] for item in cases["annulled"].items}
    assert looked_at["occupation"] == ["s-annulled", "k-annulled"]
    assert looked_at["registered"] == [None]
    ended = {item.item: {row.key for row, _ in item.evidence} for item in cases["ended late"].items}
    assert ended["end"] == {"i-ended late", "m-ended late"} and ended["content"] == {"m-ended late"}


# --- the draw ---------------------------------------------------------------------------------------------------------

SIZES = st.dictionaries(st.text("ABCÅ", min_size=1, max_size=3), st.integers(1, 40), min_size=1, max_size=8)


@given(SIZES, st.data(), st.integers(), st.randoms())
def test_the_same_seed_draws_the_same_persons_whatever_the_order(
    sizes: dict[str, int], data: st.DataObject, seed: int, shuffled: random.Random
) -> None:
    n = data.draw(st.integers(len(sizes), sum(sizes.values())))
    strata = {stratum: [f"{stratum}-{place}" for place in range(size)] for stratum, size in sizes.items()}
    drawn = draw(strata, n, seed)
    names = list(strata)
    shuffled.shuffle(names)
    other = {name: shuffled.sample(strata[name], sizes[name]) for name in names}
    assert draw(other, n, seed) == drawn
    for stratum, persons in drawn.items():
        left_out = set(strata[stratum]) - set(persons)
        assert len(set(persons)) == len(persons)
        assert all(lot(seed, one) < lot(seed, another) for one in persons for another in left_out)


@given(SIZES, st.data())
@example({"A": 1, "B": 1, "C": 50}, None)
def test_strata_are_drawn_in_proportion_and_one_of_each(sizes: dict[str, int], data: st.DataObject | None) -> None:
    n = data.draw(st.integers(len(sizes), sum(sizes.values()))) if data else 30
    drawn = allocate(sizes, n)
    assert sum(drawn.values()) == n
    for stratum, size in sizes.items():
        assert 1 + (n - len(sizes)) * size // sum(sizes.values()) <= drawn[stratum] <= size


@pytest.mark.parametrize(
    ("sizes", "n", "drawn"),
    [
        ({"A": 10, "B": 10}, 20, {"A": 10, "B": 10}),
        ({"A": 50, "B": 30, "C": 20}, 13, {"A": 6, "B": 4, "C": 3}),
        # 3.5 each: the tie goes to the smaller code.
        ({"B": 10, "A": 10}, 9, {"A": 5, "B": 4}),
        # 1.33 each, one left: the code again, and not the order in which they came.
        ({"9": 8, "10": 8, "8": 8}, 7, {"10": 3, "8": 2, "9": 2}),
        # Of 6/11, 6/11 and 9 10/11 the last has the largest remainder; then A and B have no second person.
        ({"A": 1, "B": 1, "C": 20}, 15, {"A": 1, "B": 1, "C": 13}),
        ({"A": 7}, 3, {"A": 3}),
    ],
)
def test_the_largest_remainder_gets_what_is_left(sizes: dict[str, int], n: int, drawn: dict[str, int]) -> None:
    assert allocate(sizes, n) == drawn


def test_a_lot_is_what_openssl_gives() -> None:
    """printf abc | openssl dgst -sha256 -hmac 2016"""
    assert lot(2016, "abc") == "d9ec293de10a3473f2479b1d59f83e4ab589b6890fae920b39b646164080e226"


# --- shares -----------------------------------------------------------------------------------------------------------


@given(st.integers(1, 500), st.data())
def test_wilsons_interval_holds_the_shares_that_fit_the_sample(of: int, data: st.DataObject) -> None:
    """Its ends are the shares p from which the sample lies exactly z standard errors of p away."""
    found = data.draw(st.integers(0, of))
    low, high = wilson(found, of)
    assert 0 <= low <= round(found / of, 4) <= high <= 1
    for end in (low, high):
        distance = (found / of - end) ** 2 * of
        assert abs(distance - Z**2 * end * (1 - end)) < 1e-3 * of


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (18, 20, 0.699, 0.9721),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_known_intervals(found: int, of: int, low: float, high: float) -> None:
    """The closed form, worked out apart from the program."""
    assert wilson(found, of) == (low, high)


# --- a sample ---------------------------------------------------------------------------------------------------------

PERIOD = "kalenderar-2023"
HIDDEN = personnummer("2005-05-05", 120)
SEEN = [personnummer(f"2005-{month:02}-11", 141 + month % 2) for month in range(1, 9)]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """Eight youths and one with a protected identity, two of the eight in another district."""
    pipeline = Pipeline(tmp_path_factory.mktemp("sample"))
    residents, ber = Extract("folkbokforing", "2023-03-01"), Extract("ber", "2023-03-01")
    for place, number in enumerate([HIDDEN, *SEEN]):
        residents.resident(number, skyddsmarkering="SEKRETESS" if number == HIDDEN else "")
        ber.registered(number, stadsdelsomrade="12" if place in (1, 2) else "06")
        ber.contact(f"k{place}", number, datum="2023-02-01")
    residents.write(pipeline.drop)
    ber.write(pipeline.drop)
    pipeline.run()
    return pipeline


def _sample(
    pipeline: Pipeline, period_id: str = PERIOD, n: int = 4, seed: int = 2016, strata: str | None = None
) -> Sample:
    municipality = pipeline.home.municipality
    return sample(_version(pipeline), municipality, parse_period(period_id, municipality), n, seed, strata, False)


def test_a_sample_says_what_it_was_drawn_of(small: Pipeline) -> None:
    drawn = _sample(small, n=3, strata="district").as_json()
    assert {name: drawn[name] for name in ("period", "n", "seed", "strata", "population")} == {
        "period": PERIOD, "n": 3, "seed": 2016, "strata": "district", "population": 8,
    }  # fmt: skip
    assert [case["stratum"] for case in drawn["cases"]] == ["12", "22", "22"]
    assert [item["item"] for item in drawn["cases"][0]["items"]] == list(ITEMS)
    contacts = {one["stratum"]: one for one in drawn["shares"] if one["item"] == "contact"}
    assert contacts.keys() == {"*", "12", "22"}
    assert (contacts["*"]["documented"], contacts["*"]["of"]) == (3, 3)
    assert (contacts["*"]["population_documented"], contacts["*"]["population_of"]) == (8, 8)
    assert [contacts[code]["population_of"] for code in ("12", "22")] == [2, 6]
    (nothing,) = [one for one in drawn["shares"] if (one["item"], one["stratum"]) == ("end", "*")]
    assert (nothing["of"], nothing["low"], nothing["high"], nothing["population_of"]) == (0, None, None, 0)


def test_without_strata_all_are_one(small: Pipeline) -> None:
    drawn = _sample(small)
    assert {case.stratum for case in drawn.cases} == {"*"} == {one.stratum for one in drawn.shares}
    lots = [lot(2016, case.person) for case in drawn.cases]
    assert lots == sorted(lots)


def test_a_protected_identity_is_not_drawn_when_everybody_is(small: Pipeline) -> None:
    pseudonym = Pseudonymiser(small.home.pseudonym_key).pseudonym
    drawn = {case.person for case in _sample(small, n=8).cases}
    assert drawn == {pseudonym(number) for number in SEEN}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"n": 9}, "9 persons cannot be drawn of the 8 in the register"),
        ({"n": 1, "strata": "district"}, "There are 2 strata"),
        ({"period_id": "kalenderar-2019"}, "4 persons cannot be drawn of the 0 in the register"),
        ({"period_id": "dag-2023-03-01"}, "a period that is no single day"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(small: Pipeline, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        _sample(small, **asked)


def test_a_version_of_an_earlier_program_says_what_to_do(small: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    models = [one for one in small.models() if one.name != MODEL]
    monkeypatch.setattr("pipelines.audit.sample.kept_models", lambda path: models)
    with pytest.raises(NightlyFailed, match="Run kaa nightly once"):
        _sample(small)
