"""The rows of the school register, from servers of both profiles, well and ill, night after night."""

import json
import stat
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.runtime.errors import UsageError
from pipelines.sending.ss12000 import SS12000Settings, read_school_register
from tests.model.world import personnummer
from tests.ss12000.server import School, serving

pytestmark = pytest.mark.long

NIGHT = date(2023, 9, 4)
NUMBERS = [personnummer(date(2006, 1, 1) + timedelta(days=40 * place), 10 + place) for place in range(5)]


def _person(place: int, *enrolments: dict[str, Any], number: str | None = None) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-00000000000{place}",
        "civicNo": {"value": number or NUMBERS[place], "nationality": "SE"},
        "enrolments": list(enrolments),
    }


def _enrolment(unit: str = "a", form: str = "GY", code: str | None = "NA", **more: Any) -> dict[str, Any]:
    named = {"educationCode": code} if code else {}
    return {"enroledAt": {"id": f"unit-{unit}"}, "schoolType": form, "cancelled": False, **named, **more}


def _school(**more: Any) -> School:
    """Five persons over three pages, without dates (Skolverket's profile)."""
    persons = [
        _person(0, _enrolment()),
        _person(1, _enrolment("b", code="IMA")),
        _person(2, _enrolment("a", "GYS", "IAADM"), _enrolment("b", "KOMVUX", None)),
        _person(3, _enrolment("a", "GR", None)),
        _person(4, _enrolment(cancelled=True)),
    ]
    organisations = [
        {"id": "unit-a", "displayName": "A", "schoolUnitCode": "12345678"},
        {"id": "unit-b", "displayName": "B", "schoolUnitCode": "87654321"},
        {"id": "owner", "displayName": "Huvudman"},
    ]
    return School(**{"persons": persons, "organisations": organisations, **more})


def _read(
    school: School, folder: Path, night: date = NIGHT, dry_run: bool = False, **keys: Any
) -> list[dict[str, str]]:
    folder.mkdir(exist_ok=True)
    (folder / "token").write_text("first\n")
    with serving(school) as address:
        given_keys = {"token_file": "token", "first_wait": 0, "timeout": 5, "retries": 3, **keys}
        return read_school_register(
            SS12000Settings(address=address, **given_keys), night, folder / "skolregister.yaml", dry_run
        )


def _facts(rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """Rows without their ids."""
    return sorted(tuple(value for name, value in row.items() if name != "studieperiod_id") for row in rows)


EXPECTED = sorted(
    [
        (NUMBERS[0], "12345678", "GY", "NA", "2023-09-04", "", ""),
        (NUMBERS[1], "87654321", "GY", "IMA", "2023-09-04", "", ""),
        (NUMBERS[2], "12345678", "ANPGY", "IAADM", "2023-09-04", "", ""),
        (NUMBERS[2], "87654321", "KOMVUX", "KOMVUX", "2023-09-04", "", ""),
    ]
)


def test_upper_secondary_enrolments_of_all_pages_become_rows(tmp_path: Path) -> None:
    rows = _read(_school(), tmp_path)
    assert _facts(rows) == EXPECTED
    assert len({row["studieperiod_id"] for row in rows}) == 4


def _to_own_resource(school: School) -> None:
    school.embeds = "never"
    school.enrolments = [
        {**deepcopy(one), "id": f"e{place}{number}", "person": {"id": person["id"]}}
        for place, person in enumerate(school.persons)
        for number, one in enumerate(person["enrolments"])
    ]


def _to_references(school: School) -> None:
    _to_own_resource(school)
    school.embeds = "always"
    for place, person in enumerate(school.persons):
        person["enrolments"] = [{"id": f"e{place}{number}"} for number, _ in enumerate(person["enrolments"])]


def _to_expand(school: School) -> None:
    school.embeds = "asked"


@pytest.mark.parametrize("move", [_to_own_resource, _to_references, _to_expand])
def test_enrolments_are_found_wherever_the_server_has_them(move: Callable[[School], None], tmp_path: Path) -> None:
    school = _school()
    move(school)
    assert _facts(_read(school, tmp_path)) == EXPECTED


FAULTS = ("busy", "broken", "cut", "cut short", "token refused", "expired", "lost")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.dictionaries(st.sampled_from(FAULTS), st.just(1), max_size=3))
def test_faults_that_heal_change_no_row(faults: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("faults")
    school = _school(faults=dict(faults))
    secrets = folder / "secret"
    secrets.write_text("s")
    with serving(school) as address:
        keys = SS12000Settings(
            address=address,
            oauth={"token_address": address + "/token", "client_id": "c", "secret_file": secrets},
            first_wait=0,
            retries=3,
            timeout=5,
        )
        assert _facts(read_school_register(keys, NIGHT, folder / "m.yaml")) == EXPECTED


def _leaves(school: School) -> None:
    school.persons = school.persons[1:]


def _comes(school: School) -> None:
    school.persons = [
        _person(0, _enrolment("b", code="TE"), number=personnummer(date(2007, 7, 7), 77)),
        *school.persons,
    ]
    school.persons[0]["id"] = "00000000-0000-4000-8000-000000000009"


@pytest.mark.parametrize("change, persons", [(_leaves, 3), (_comes, 5)])
def test_a_set_that_changes_between_pages_is_read_as_it_is_afterwards(
    change: Callable[[School], None], persons: int, tmp_path: Path
) -> None:
    rows = _read(_school(change=change, faults={"changed": 1}), tmp_path)
    assert len(rows) == persons
    assert {row["personnummer"] for row in rows} >= set(NUMBERS[1:3])


def test_a_set_that_never_stands_still_is_one_sentence(tmp_path: Path) -> None:
    def turns(school: School) -> None:
        school.persons = [*school.persons[1:], school.persons[0]]
        school.persons[0]["enrolments"] = [_enrolment(code=f"X{len(school.seen)}")]

    with pytest.raises(UsageError, match="could not be read as a whole in 6 readings"):
        _read(_school(change=turns, faults={"changed": 1000}), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


@pytest.mark.parametrize("wants", ["basic", "form"])
def test_client_credentials_open_the_server(wants: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret")
    school = _school(wants=wants)
    with serving(school) as address:
        oauth = {"token_address": address + "/token", "client_id": "kaa", "secret_file": "secret"}
        keys = SS12000Settings(address=address, oauth=oauth)
        assert _facts(read_school_register(keys, NIGHT, tmp_path / "m.yaml")) == EXPECTED


# --- numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [lambda n: f"{n[2:8]}-{n[8:]}", lambda n: n[2:], lambda n: f"{n[:8]}-{n[8:]}"])
def test_a_number_without_its_century_gets_it(write: Callable[[str], str], tmp_path: Path) -> None:
    school = _school()
    for place, person in enumerate(school.persons):
        person["civicNo"] = {"value": write(NUMBERS[place])} if place else write(NUMBERS[place])
    assert _facts(_read(school, tmp_path)) == EXPECTED


def test_a_foreign_number_is_none(tmp_path: Path) -> None:
    school = _school(persons=[_person(0, _enrolment())])
    school.persons[0]["civicNo"]["nationality"] = "NO"
    assert [row["personnummer"] for row in _read(school, tmp_path)] == [""]


# --- the standard's own profile -----------------------------------------------------------------------


def test_dates_of_the_server_are_delivered(tmp_path: Path) -> None:
    persons = [
        _person(0, _enrolment(startDate="2022-08-17", endDate="2023-06-09", why="slutat"),
                _enrolment("b", startDate="2023-08-16")),
        _person(1, _enrolment(startDate="2021-08-15T22:00:00Z", endDate="2024-06-07")),
        _person(2, _enrolment(startDate="2024-01-09")),
        _person(3, _enrolment(startDate="2018-08-17", endDate="2021-06-09")),
        _person(4, _enrolment(startDate="2022-08-17", cancelled=True, endDate="2023-01-09")),
    ]  # fmt: skip
    keys = {"end_reason": {"attribute": "why", "codes": {"slutat": "AVBROTT"}}}
    rows = _read(_school(persons=persons), tmp_path, **keys)
    assert _facts(rows) == sorted(
        [
            (NUMBERS[0], "12345678", "GY", "NA", "2022-08-17", "2023-06-09", "AVBROTT"),
            (NUMBERS[0], "87654321", "GY", "NA", "2023-08-16", "", ""),
            (NUMBERS[1], "12345678", "GY", "NA", "2021-08-16", "2024-06-07", ""),
        ]
    )
    with_cancelled = _read(_school(persons=persons), tmp_path / "2", cancelled_is="AVBROTT", **keys)
    assert (NUMBERS[4], "12345678", "GY", "NA", "2022-08-17", "2023-01-09", "AVBROTT") in _facts(with_cancelled)


def test_a_start_that_is_corrected_keeps_the_id(tmp_path: Path) -> None:
    first = _read(_school(persons=[_person(0, _enrolment(startDate="2022-08-17"))]), tmp_path)
    second = _read(
        _school(persons=[_person(0, _enrolment(startDate="2022-08-22"))]), tmp_path, NIGHT + timedelta(days=1)
    )
    assert [row["studieperiod_id"] for row in first] == [row["studieperiod_id"] for row in second]
    assert second[0]["startdatum"] == "2022-08-22"


def test_a_programme_gives_the_study_path(tmp_path: Path) -> None:
    school = _school(persons=[_person(0, _enrolment(code=None, programme={"id": "p"}))])
    school.programmes = [{"id": "p", "code": "EK25", "name": "Ekonomi"}]
    assert _read(school, tmp_path)[0]["studievag"] == "EK25"


def test_only_wanted_school_units_are_delivered(tmp_path: Path) -> None:
    rows = _read(_school(), tmp_path, school_units=["87654321"])
    assert {row["skolenhetskod"] for row in rows} == {"87654321"}


# --- night after night --------------------------------------------------------------------------------


def test_without_dates_the_first_and_the_last_night_are_the_dates(tmp_path: Path) -> None:
    school = _school()
    _read(school, tmp_path)
    school.persons[0]["enrolments"] = []
    school.deleted = {"persons": [school.persons[1]["id"]], "activitites": ["x"]}
    rows = _read(school, tmp_path, NIGHT + timedelta(days=3))
    assert (NUMBERS[0], "12345678", "GY", "NA", "2023-09-04", "2023-09-04", "") in _facts(rows)
    assert (NUMBERS[1], "87654321", "GY", "IMA", "2023-09-04", "2023-09-04", "") in _facts(rows)
    assert len(rows) == 4
    later = _read(school, tmp_path, NIGHT + timedelta(days=801))
    assert len(later) == 2
    assert {row["startdatum"] for row in later} == {"2023-09-04"}


def test_ids_stay_and_the_same_night_gives_the_same(tmp_path: Path) -> None:
    school = _school()
    first = _read(school, tmp_path)
    assert _read(school, tmp_path) == first
    left = deepcopy(school)
    left.persons = left.persons[1:]
    next_night = _read(left, tmp_path, NIGHT + timedelta(days=1))
    assert {row["studieperiod_id"] for row in next_night} == {row["studieperiod_id"] for row in first}
    assert _facts(_read(school, tmp_path, NIGHT + timedelta(days=1))) == EXPECTED


@pytest.mark.parametrize("away, periods", [(1, 1), (100, 1), (101, 2)])
def test_who_comes_back_soon_was_never_gone(away: int, periods: int, tmp_path: Path) -> None:
    school, empty = _school(), _school(persons=[_person(3)])
    _read(school, tmp_path)
    _read(empty, tmp_path, NIGHT + timedelta(days=1))
    rows = _read(school, tmp_path, NIGHT + timedelta(days=max(away, 2)))
    assert sum(row["personnummer"] == NUMBERS[0] for row in rows) == periods


def test_an_older_night_is_refused(tmp_path: Path) -> None:
    _read(_school(), tmp_path)
    with pytest.raises(UsageError, match="have been read already"):
        _read(_school(), tmp_path, NIGHT - timedelta(days=1))


def test_a_night_that_fails_and_a_dry_run_change_nothing(tmp_path: Path) -> None:
    _read(_school(), tmp_path, dry_run=True)
    assert [path.name for path in tmp_path.iterdir()] == ["token"]
    _read(_school(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(UsageError):
        _read(_school(answer=(503, "text/plain", "")), tmp_path, NIGHT + timedelta(days=1))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_state_is_its_owners_and_holds_no_number(tmp_path: Path) -> None:
    _read(_school(), tmp_path)
    for name in ("skolregister.seen.json", "skolregister.seen.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    text = (tmp_path / "skolregister.seen.json").read_text()
    assert len(json.loads(text)["newest"]["enrolments"]) == 4
    assert not any(number[2:] in text or number[:8] in text for number in NUMBERS)


@pytest.mark.parametrize("spoil", [lambda key: key.unlink(), lambda key: key.write_text("x"),
                                   lambda key: key.write_text("A" * 43 + "=")])  # fmt: skip
def test_a_state_without_its_key_is_not_used(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    _read(_school(), tmp_path)
    spoil(tmp_path / "skolregister.seen.key")
    with pytest.raises(UsageError, match="put back the one that belongs to it"):
        _read(_school(), tmp_path)


def test_a_large_drop_is_asked_about(tmp_path: Path) -> None:
    def numbered(count: int) -> School:
        return _school(
            own_page=500,
            persons=[
                {**_person(0, _enrolment()), "id": f"p{place}", "civicNo": personnummer(date(2006, 1, 1), place + 1)}
                for place in range(count)
            ],
        )

    _read(numbered(100), tmp_path)
    night = NIGHT + timedelta(days=1)
    with pytest.raises(UsageError, match="shows 69 running enrolments, of 100"):
        _read(numbered(69), tmp_path, night)
    assert len(_read(numbered(69), tmp_path, night, accept_drop_on=night)) == 100


# --- who is gone --------------------------------------------------------------------------------------

_GONE = [_school().persons[place]["id"] for place in (0, 1)]


@pytest.mark.parametrize(
    "deleted",
    [
        {"persons": _GONE, "activitites": ["x"]},
        {"Person": [{"id": identity} for identity in _GONE]},
        [{"entityType": "Person", "id": identity, "deletedAt": "2023-09-01"} for identity in _GONE],
        [*_GONE, "another", "and another"],
        [{"persons": _GONE}, {"activities": [NUMBERS[2]]}],
    ],
)
def test_persons_that_are_gone_have_no_row(deleted: Any, tmp_path: Path) -> None:
    assert {row["personnummer"] for row in _read(_school(deleted=deleted), tmp_path)} == {NUMBERS[2]}


def test_only_persons_are_taken_for_persons(tmp_path: Path) -> None:
    assert _facts(_read(_school(deleted={"groups": _GONE, "activitites": _GONE}), tmp_path)) == EXPECTED


# --- servers that answer something else ----------------------------------------------------------------

HTML = (200, "text/html", "<!doctype html><title>Logga in</title>")


@pytest.mark.parametrize(
    "answer, says",
    [
        (HTML, "answers with a web page"),
        ((200, "application/json", '{"status": "ok"}'), "something other than SS 12000"),
        ((200, "application/json", '"ok"'), "something other than SS 12000"),
        ((200, "application/json", '{"data": [{"name": "x"}]}'), "something other than SS 12000"),
        ((200, "application/json", "[" * 100_000), "something other than SS 12000"),
        ((200, "application/json", '{"data": [], "pageToken": "again"}'), "came back to a page"),
        ((403, "application/json", "{}"), "does not let this client read it"),
        ((401, "application/json", "{}"), "does not accept the token"),
        ((404, "application/json", "{}"), "has no /persons"),
        ((400, "application/json", "{}"), "answers 400"),
        ((503, "text/plain", "too busy"), "still answers 503"),
        ((302, "text/html", "https://login.example/"), "sends on to login.example"),
        ((204, "text/plain", ""), "answers 204"),
    ],
)
def test_another_answer_is_one_sentence(answer: tuple[int, str, str], says: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=says) as told:
        _read(_school(answer=answer), tmp_path)
    sentence = str(told.value)
    assert "\n" not in sentence and "first" not in sentence.replace("first seen", "")
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_a_school_type_that_nobody_has_mapped_is_named(tmp_path: Path) -> None:
    persons = [_person(0, _enrolment(form="XYZ"), _enrolment(form=NUMBERS[1]))]
    with pytest.raises(UsageError, match="'XYZ'") as told:
        _read(_school(persons=persons), tmp_path)
    assert NUMBERS[1] not in str(told.value)
    rows = _read(_school(persons=persons), tmp_path, school_types={"XYZ": "OVRIG", NUMBERS[1]: None})
    assert [row["skolform"] for row in rows] == ["OVRIG"]


def test_a_server_that_is_too_slow_or_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did not answer within"):
        _read(_school(faults={"slow": 100}), tmp_path, timeout=0.1, retries=1)
    (tmp_path / "token").write_text("t")
    for address, says in (("http://127.0.0.1:1/v2", "cannot be reached"), ("https://nowhere.invalid/v2", "cannot be")):
        with pytest.raises(UsageError, match=says):
            read_school_register(
                SS12000Settings(address=address, token_file="token", first_wait=0, retries=0),
                NIGHT,
                tmp_path / "m.yaml",
            )


def test_a_slow_server_is_waited_for(tmp_path: Path) -> None:
    assert _facts(_read(_school(faults={"slow": 1}), tmp_path)) == EXPECTED


@pytest.mark.parametrize(
    "keys, says",
    [
        ({"address": "http://school.example/v2"}, "not encrypted"),
        ({"address": "school.example"}, "begins with https"),
        ({"address": "https://u:p@school.example"}, "no user"),
        ({"token_file": None}, "token_file or oauth"),
        ({"school_types": {"GY": "GYMNASIET"}}, "choose one of GY"),
        ({"pagesize": 4}, "Extra inputs"),
    ],
)
def test_settings_that_are_wrong_are_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SS12000Settings(**{"address": "https://school.example/v2", "token_file": "token", **keys})
