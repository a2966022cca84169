"""A municipality of a few youths, taken in and published once; each test works in a copy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.state.home import Home
from tests.cli.conftest import kaa
from tests.faults import plain_nightly
from tests.homes import copied_home, made_home
from tests.model.world import Extract, personnummer, samordningsnummer

__all__ = ["kaa"]

ANNA = personnummer("2005-03-01", 210)
BO = personnummer("2003-04-10", 211)  # twenty on 10 April 2023
CILLA, CILLA_EARLIER = personnummer("2006-01-01", 302), samordningsnummer("2006-01-01", 300)
DAN = personnummer("2005-06-06", 213)
ESTER = personnummer("2005-07-07", 214)  # a protected identity
FREJA = personnummer("2005-08-08", 216)


def deliver(drop: Path) -> None:
    """What the sources hold: in the autumn of 2022 Anna alone, in the spring of 2023 all, in May without Bo, Dan and Freja."""
    Extract("ber", "2022-11-01").registered(ANNA, registrerad_datum="2022-10-01").write(drop)
    _register("2023-03-01", ANNA, BO, CILLA, DAN, ESTER, FREJA).write(drop)
    _register("2023-05-02", ANNA, CILLA, ESTER).write(drop)
    residents = Extract("folkbokforing", "2023-05-02")
    residents.resident(CILLA, tidigare_personnummer=CILLA_EARLIER).resident(ESTER, skyddsmarkering="SEKRETESS")
    for number in (ANNA, BO, DAN):
        residents.resident(number)
    residents.write(drop)
    Extract("skolregister", "2023-05-02").study(
        "s1", DAN, skolform="GY", studievag="NA", startdatum="2023-03-20", slutdatum="", avslut=""
    ).write(drop)


def _register(day: str, *numbers: str) -> Extract:
    register = Extract("ber", day)
    for number in numbers:
        register.registered(number, registrerad_datum="2023-02-01", registreringsorsak="AVBROTT")
    register.contact("k1", ANNA, datum="2023-02-10", riktning="UT", besvarad="J")
    register.contact("k2", ANNA, datum="2023-02-05", riktning="UT", besvarad="N")  # nobody was reached
    register.contact("k3", ANNA, datum="2023-03-10", riktning="IN", besvarad="J")
    register.contact("k4", ANNA, datum="2022-12-10", riktning="IN", besvarad="J")  # the half-year before
    register.occupation("o1", ANNA, datum="2023-01-31", kontakt_id="", sysselsattning="INGEN")
    register.occupation("o2", ANNA, datum="2023-02-10", kontakt_id="k1", sysselsattning="UTOMLANDS")
    register.enrolment("i1", CILLA_EARLIER, inskriven_datum="2023-02-10", avslutad_datum="", avslutsorsak="")
    register.measure("m2", "i1", insats="AIM", startdatum="2023-03-01", slutdatum="2023-04-01", avslutsorsak="ARBETE")
    register.measure("m1", "i1", insats="PRAKTIK", startdatum="2023-02-20", slutdatum="", avslutsorsak="")
    register.occupation("o3", CILLA, datum="2023-04-01", kontakt_id="", sysselsattning="PRAKTIK")
    return register.occupation("o4", CILLA, datum="2023-04-02", kontakt_id="", sysselsattning="ARBETE")


def _live(home: Home) -> None:
    deliver(home.drop)
    plain_nightly.nightly(home)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with made_home(tmp_path_factory.mktemp("scb"), _live) as place:
        yield place


@pytest.fixture
def home(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy; the commands' KAA_HOME."""
    return copied_home(published, tmp_path, monkeypatch)


@pytest.fixture
def key(home: Home, tmp_path: Path) -> Path:
    return Path(shutil.move(home.path / "keys/archive.private", tmp_path / "archive.private"))
