"""The public report of a municipality that has chosen the Cell Key Method: a night, and what leaves the house of it."""

import csv
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path
from random import Random

import duckdb
import pytest
from pypdf import PdfReader

from dashboards.content.tables import Cell
from dashboards.disclosure.output import changed_output
from dashboards.disclosure.relations import order
from dashboards.pages.site import build_report
from dashboards.published.numbers import one
from pipelines.commands.queries import write_report
from pipelines.configuration.disclosure import CellKey, CellSuppression
from pipelines.configuration.municipality import PROFILES, load_municipality
from pipelines.publication.public_file import write_public_file
from pipelines.publication.public_outputs import Output, read_outputs, told_otherwise
from pipelines.runtime.errors import UsageError
from pipelines.state.home import Home, initialise
from pipelines.warehouse.periods import parse_period
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer
from tests.pipeline import models_json

pytestmark = pytest.mark.long

YEAR, NEXT = "verksamhetsar-2023", "verksamhetsar-2024"
CHOICE = CellKey.model_validate({"method": "cell_key", "D": 3, "V": 2, "js": 2})
DECIDED = (
    "disclosure: {method: cell_key, D: 3, V: 2, js: 2, protected_identities: %s, decided: 2022-01-10, by: DSO, "
    "valid_to: 2023-11-30}"
)
NOTE = "slumpmässigt ändrat med högst 3, lika för samma personer. Summan av delar är inte alltid helheten."
NONE_SMALL = "Inget antal är 1–2."

CellId = tuple[str, ...]


def _deliver(drop: Path, day: str) -> None:
    """A small city: sixty youths, some of whom have been sought, reached, helped and asked."""
    random = Random(day)
    register, residents = Extract("ber", day), Extract("folkbokforing", day)
    year = int(day[:4])
    for place in range(60):
        number = personnummer(f"{year - 18}-03-{place % 28 + 1:02d}", 100 + place)
        district = random.choice(["03", "04", "08", "12"])
        residents.resident(number, stadsdelsomrade=district, skyddsmarkering="SEKRETESS" if place == 7 else "")
        register.registered(number, stadsdelsomrade=district, registrerad_datum=f"{year}-01-{place % 28 + 1:02d}")
        for turn in range(random.choice((0, 1, 1, 2))):
            name, on = f"k{place}-{turn}", f"{year}-0{random.randint(2, 9)}-11"
            answered = random.random() < 0.5
            channel = random.choice(("TELEFON", "BREV", "HEMBESOK"))
            register.contact(name, number, datum=on, kanal=channel, besvarad="NJ"[answered],
                             besvarad_av="UNGDOM" if answered else "")  # fmt: skip
            if answered:
                doing = random.choice(("ARBETE", "INGEN"))
                register.occupation(f"s{place}-{turn}", number, datum=on, kontakt_id=name, sysselsattning=doing)
        if random.random() < 0.4:
            ended = random.choice(("", f"{year}-10-02"))
            register.enrolment(f"e{place}", number, inskriven_datum=f"{year}-05-02", avslutad_datum=ended,
                               avslutsorsak="STUDIER" if ended else "")  # fmt: skip
            register.measure(f"m{place}", f"e{place}", insats="AIM", startdatum=f"{year}-05-03")
    register.write(drop)
    residents.write(drop)
    by_hand = Extract("nyckeltal", day)
    by_hand.key_number(period_fran=f"{year - 1}-12-01", period_till=f"{year}-11-30", varde="1").write(drop)
    survey = Extract("enkat", day)
    for place, answer in enumerate("1122233455555"):
        survey.answer(f"a{place}", datum=f"{year}-03-04", svar=answer)
    survey.write(drop)


@dataclass(frozen=True)
class Given:
    """A home after a night of the method, and the folder of its year's public report."""

    home: Home
    out: Path

    @property
    def published(self) -> Path:
        version = self.home.current()
        assert version is not None
        return version.published

    def true(self, table: str = "(from figures union all from own_figures)") -> dict[CellId, float]:
        with duckdb.connect(str(self.published), read_only=True) as connection:
            return {row[:-1]: float(row[-1]) for row in connection.execute(f"from {table}").fetchall()}


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Given]]:
    with pytest.MonkeyPatch.context() as patch:

        def made(protected_identities: str = "as_figures") -> Given:
            place = tmp_path_factory.mktemp("city")
            (place / "drop").mkdir()
            (place / "models.json").write_text(models_json(), encoding="utf-8")
            patch.setenv(plain_nightly.MODELS, str(place / "models.json"))
            patch.setenv("KAA_HOME", str(place / "home"))
            profile = (PROFILES / "stockholm.yaml").read_text(encoding="utf-8")
            (place / "profile.yaml").write_text(f"{profile}\n{DECIDED % protected_identities}\n", encoding="utf-8")
            home, _ = initialise(str(place / "profile.yaml"), place / "drop", place / "home")
            for day in ("2022-06-01", "2023-11-30"):
                _deliver(home.drop, day)
            plain_nightly.nightly(home)
            return Given(home, place / "report")

        yield made


@pytest.fixture(scope="module")
def given(make: Callable[[], Given]) -> Given:
    return _reported(make())


def _reported(given: Given) -> Given:
    write_report(given.home, YEAR, given.out, public=True)
    return given


def _cells(folder: Path) -> dict[CellId, str]:
    lines = csv.reader(StringIO((folder / "cells.csv").read_text(encoding="utf-8")))
    return {tuple(key): value for *key, value in list(lines)[1:]}


def _counts(given: Given) -> dict[CellId, int]:
    return {cell: int(value) for cell, value in _cells(given.out).items() if cell[0] != "key_numbers"}


def test_every_count_is_changed_a_little_and_none_is_small(given: Given) -> None:
    true, shown = given.true(), _counts(given)
    assert len(shown) > 1000
    changes = {cell: value - true.get(cell, 0) for cell, value in shown.items()}
    assert max(map(abs, changes.values())) == CHOICE.D
    assert not set(shown.values()) & {1, 2}
    assert all(cell in true for cell, change in changes.items() if change), "a zero stays a zero"
    counted = [change for cell, change in changes.items() if cell in true]
    assert {-3, -2, -1, 0, 1, 2, 3} == set(counted)


def test_parts_need_not_add_up(given: Given) -> None:
    shown = _counts(given)
    genders = {
        cell: [(*cell[:3], gender, *cell[4:]) for gender in ("kvinna", "man")] for cell in shown if cell[3] == "*"
    }
    sums = [
        shown[cell] == sum(shown[part] for part in parts) for cell, parts in genders.items() if {*parts} <= {*shown}
    ]
    assert 0 < sum(sums) < len(sums)


@pytest.mark.parametrize(("counted", "same"), [
    (("occupation", "reached"), ("outreach", "reached")),
    (("exits", "ended"), ("participants", "ended")),
    (("time_to_contact", "stays"), ("timeliness", "registered")),
    (("reached_by_channel", "first_reached"), ("outreach", "reached")),
], ids=str)  # fmt: skip
def test_the_same_persons_have_the_same_change_in_every_table(given: Given, counted: CellId, same: CellId) -> None:
    shown = given.true("public_figures")
    pairs = [
        (value, shown.get((*same, *cell[2:6], "*", "*"), 0))
        for cell, value in shown.items()
        if cell[:2] == counted and cell[4:] == ("*",) * 4
    ]
    assert pairs and all(left == right for left, right in pairs)


def test_a_difference_of_changed_numbers_is_not_below_zero() -> None:
    ended, studies = one("exits", "ended"), one("exits", "ended", category="STUDIER")
    changed = {ended.keys[0]: Decimal(3), studies.keys[0]: Decimal(5)}
    assert Cell.of(ended - studies, changed.get).part == 0
    assert Cell.of(studies - ended, changed.get).part == 2


def test_what_is_delivered_as_a_number_is_not_changed_and_a_median_not_shown(given: Given) -> None:
    by_hand = {cell: value for cell, value in _cells(given.out).items() if cell[0] == "key_numbers"}
    assert set(by_hand.values()) == {"1"}
    assert not [cell for cell in _cells(given.out) if cell[0] == "median_wait"]


def _built(published: Path, place: Path) -> dict[str, bytes]:
    """The public report as it follows from a published file, and its cells."""
    output = changed_output(published, YEAR, CHOICE)
    write_public_file(published, place / "public.duckdb", [order(key) for key in output.values], [])
    build_report(place / "public.duckdb", YEAR, place / "out", documents=True)
    files = {
        path.relative_to(place).as_posix(): path.read_bytes() for path in (place / "out").rglob("*") if path.is_file()
    }
    return {**files, "cells.csv": output.cells().encode()}


def test_nothing_in_it_depends_on_the_true_figures(given: Given, tmp_path: Path) -> None:
    """Without them, the same bytes: of which numbers there are, too."""
    without = Path(shutil.copy(given.published, tmp_path / "published.duckdb"))
    with duckdb.connect(str(without)) as connection:
        connection.execute("delete from figures; delete from own_figures")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert _built(without, tmp_path / "a") == _built(given.published, tmp_path / "b")


def test_a_table_shows_the_numbers_of_cells_csv(given: Given) -> None:
    """Table 1 as data, as PX and as the script of the trends has it."""
    shown, genders = _counts(given), {"Kvinnor": "kvinna", "Män": "man", "Totalt": "*"}
    found = {
        (line["År"], genders[line["Kön"]]): int(line["Tal"])
        for line in csv.DictReader(StringIO((given.out / "tabeller" / "tabell-1.csv").read_text(encoding="utf-8")))
    }
    assert len(found) == 6
    for (year, gender), number in found.items():
        assert number == shown["population", "in_register", f"verksamhetsar-{year}", gender, "*", "*", "*", "*"]
    px = (given.out / "tabeller" / "tabell-1.px").read_text(encoding="utf-8").partition("DATA=")[2]
    assert sorted(map(int, px.strip().rstrip(";").split())) == sorted(found.values())
    trends = (given.out / "trender.html").read_text(encoding="utf-8")
    assert "”..” är det som är för fint" in trends and "små tal" not in trends
    script = (given.out / "data" / "population.in_register.verksamhetsar.js").read_text(encoding="utf-8")
    assert f'"{found["2022", "*"]},{found["2023", "*"]}"' in script


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".pdf":
            yield path.name, " ".join(PdfReader(path).pages[1].extract_text().split())
        elif path.suffix == ".docx":
            with zipfile.ZipFile(path) as archive:
                headers = [name for name in archive.namelist() if name.startswith("word/header")]
                yield path.name, " ".join(archive.read(name).decode() for name in headers)
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.startswith("xl/worksheets/sheet"):
                        yield f"{path.name} {name}", archive.read(name).decode()
        elif path.suffix == ".px":
            yield path.name, path.read_text(encoding="utf-8").replace('"\r\n"', "")
        elif path.suffix in (".html", ".ttl", ".json") and not path.name.startswith((".kaa", "trend")):
            yield path.name, path.read_text(encoding="utf-8")


def test_every_page_sheet_and_file_says_so(given: Given) -> None:
    texts = dict(_texts(given.out))
    assert {Path(name.split()[0]).suffix for name in texts} == {
        ".html",
        ".ttl",
        ".json",
        ".px",
        ".pdf",
        ".docx",
        ".xlsx",
    }
    for name, text in texts.items():
        assert NOTE in text and NONE_SMALL in text, name
        assert "mindre än 5" not in text, name


def test_the_same_again_is_the_same_and_is_remembered_once(given: Given, tmp_path: Path) -> None:
    write_report(given.home, YEAR, tmp_path / "again", public=True)
    assert _cells(tmp_path / "again") == _cells(given.out)
    (told,) = read_outputs(given.home.path)
    assert told.kind == "cell_key-D3-V2-js2"
    assert {key: value for key, value, _ in told.entries} == _counts(given)


def test_protected_identities_have_no_place_where_that_is_decided_too(make: Callable[[str], Given]) -> None:
    given = make("missing_place")
    shown = given.true("public_figures")
    place = ("population", "in_register", YEAR, "*", "SAKNAS", "*", "*", "*")
    assert place not in given.true() and shown.get(place, 0) in (0, 3)
    assert not {value for cell, value in shown.items() if cell[0] not in ("key_numbers", "median_wait")} & {1, 2}


def test_another_table_of_changes_is_another_method() -> None:
    stockholm = load_municipality("stockholm")
    told = Output(CHOICE.kind, [(("outreach", "sought", "kalenderar-2023", "*", "*", "*", "*", "*"), 7, False)])
    periods = [parse_period(name, stockholm) for name in ("lasar-2022-2023", NEXT, "kalenderar-2024", "manad-2022-12")]
    other = CHOICE.model_copy(update={"V": Decimal(3)})
    assert told_otherwise([told], CHOICE, stockholm, periods) == frozenset()
    assert told_otherwise([told], other, stockholm, periods) == {"lasar-2022-2023", NEXT}
    assert told_otherwise([told], CellSuppression(), stockholm, periods) == {"lasar-2022-2023", NEXT}


@pytest.mark.slow
def test_the_two_methods_do_not_tell_of_the_same_days(make: Callable[[], Given], tmp_path: Path) -> None:
    """The decision ends: what was told by it is not told again by hiding, and later periods are."""
    given = _reported(make())
    _deliver(given.home.drop, "2024-11-30")
    plain_nightly.nightly(given.home)
    with duckdb.connect(str(given.published), read_only=True) as connection:
        said = connection.execute("select value from profile where name = 'disclosure'").fetchone()
        assert said and json.loads(said[0])["method"] == "cell_suppression"
    with pytest.raises(UsageError) as refused:
        write_report(given.home, YEAR, tmp_path / "refused", public=True)
    assert f"No public report is made of {YEAR}: an earlier one has told of days in it" in str(refused.value)
    assert not (tmp_path / "refused").exists()
    write_report(given.home, NEXT, tmp_path / "next", public=True)
    shown = _cells(tmp_path / "next")
    told = {cell: value for cell, value in shown.items() if cell[2] == YEAR and cell[0] != "key_numbers"}
    assert told and set(told.values()) == {".."}
    assert any(value.isdigit() and int(value) > 5 for cell, value in shown.items() if cell[2] == NEXT)
    page = (tmp_path / "next" / "index.html").read_text(encoding="utf-8")
    assert "mindre än 5" in page and "redan har redovisats på annat sätt" in page
    kinds = [output.kind for output in read_outputs(given.home.path)]
    assert kinds == ["cell_key-D3-V2-js2", "cell_suppression"]
    assert not {key[2] for key, _, _ in read_outputs(given.home.path)[1].entries} & {YEAR, "kalenderar-2023"}
