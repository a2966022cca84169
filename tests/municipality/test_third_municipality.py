"""A municipality that the program does not know is one folder of YAML: set up, a nightly, pages and documents in its own words.

No word of another municipality's may stand in anything that it shows.
"""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from pypdf import PdfReader

from dashboards.pages import site
from pipelines.commands.queries import write_report
from pipelines.runtime.errors import NightlyFailed
from pipelines.state.home import Home, initialise, open_home
from tests.dashboards import published_file
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer
from tests.pipeline import models_json

pytestmark = pytest.mark.long

FOLDER = Path(__file__).parent / "strandby"
YEAR = "verksamhetsar-2023"
YOUTHS = [personnummer("2006-03-01", serial) for serial in range(100, 106)]

#: Words of Stockholm's and Nacka's: names of their measures, places, documents and questions.
FOREIGN = re.compile(
    r"\baim\b|stockholm|\bnacka\b|globen|skärholmen|vällingby|\bkista\b|järva|södermalm|stadsrevision"
    r"|\(årsrapport 2023|årsrapport 2023 avsnitt|handlingsplan 201[68]|hjälpen du behövde|september och oktober|juni–15"
    r"|läsårets början",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Built:
    """Strandby after a nightly; ``out``: the report's pages and documents."""

    home: Home
    out: Path

    @property
    def published(self) -> Path:
        version = self.home.current()
        assert version is not None
        return version.published

    def page(self, name: str) -> str:
        return (self.out / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def strandby(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    place = tmp_path_factory.mktemp("third")
    folder = place / "somewhere else" / "vår kommun"
    shutil.copytree(FOLDER, folder)
    (place / "drop").mkdir()
    (place / "models.json").write_text(models_json(), encoding="utf-8")
    home, _ = initialise(str(folder), place / "drop", place / "home")
    for day in ("2022-07-02", "2023-01-20", "2023-06-30"):
        register = Extract("ber", day, municipality="9901")
        for place_, number in enumerate(YOUTHS):
            register.registered(number, stadsdelsomrade="NS"[place_ % 2], registrerad_datum="2022-07-01")
            register.contact(f"k{place_}", number, datum="2022-08-02", kanal="BREV")
        register.contact("b1", YOUTHS[0], datum="2023-01-10", kanal="BREV", besvarad="J", besvarad_av="UNGDOM")
        register.contact("h1", YOUTHS[1], datum="2023-01-11", kanal="HEMBESOK", antal_personal="2")
        register.enrolment("e1", YOUTHS[0], inskriven_datum="2023-01-12").measure(
            "m1", "e1", insats="UNGVUX", startdatum="2023-01-13"
        )
        register.write(home.drop)
        residents = Extract("folkbokforing", day, municipality="9901")
        for number in YOUTHS:
            residents.resident(number, stadsdelsomrade="N")
        residents.write(home.drop)
    survey = Extract("enkat", "2023-06-30", municipality="9901")
    survey.answer("s1", datum="2023-02-01", fraga="Blev du {väl} bemött?", svar="5")
    survey.answer("s2", datum="2023-02-01", fraga="Vet du vart du vänder dig?", svar="2").write(home.drop)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(plain_nightly.MODELS, str(place / "models.json"))
        patch.setenv("KAA_HOME", str(home.path))
        plain_nightly.nightly(home)
        built = Built(home, place / "report")
        site.build_report(built.published, YEAR, built.out, documents=True)
        public = published_file.public(built.published, place / "public.duckdb", YEAR)
        site.build_report(public, YEAR, built.out / "public", documents=True)
        yield built


def _texts(path: Path) -> Iterator[str]:
    """What stands in a file, unpacked."""
    if path.suffix in (".docx", ".xlsx"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name).decode("utf-8", errors="ignore")
    elif path.suffix == ".pdf":
        yield "\n".join(page.extract_text() for page in PdfReader(path).pages)
    elif path.name != "plotly.min.js":
        yield path.read_text(encoding="latin-1" if path.suffix == ".px" else "utf-8")


def test_nothing_that_it_shows_has_a_word_of_another_municipality(strandby: Built) -> None:
    version = strandby.home.current()
    assert version is not None
    files = [path for path in strandby.out.rglob("*") if path.is_file()]
    files += [path for path in version.folder("published").rglob("*") if path.is_file() and path.suffix != ".duckdb"]
    assert {".html", ".docx", ".xlsx", ".pdf", ".px", ".csv", ".ttl", ".js"} <= {path.suffix for path in files}
    found = {
        path.name: sorted({match[0] for text in _texts(path) for match in FOREIGN.finditer(text)}) for path in files
    }
    assert {name: words for name, words in found.items() if words} == {}


def test_the_report_has_its_chapters_in_its_order_with_its_titles(strandby: Built) -> None:
    titles = re.findall(r"<h2[^>]*>([^<]*)</h2>", strandby.page("arsrapport.html"))
    wanted = [
        "Så gick det för dem i Ny start",
        "Ungdomarnas synpunkter på stödet",
        "Året i Strandby",
        "Ungdomar som söktes och nåddes",
    ]
    assert [title for title in titles if title in wanted] == wanted
    names = {path.name for path in strandby.out.glob("kapitel-*.html")}
    assert names == {f"kapitel-{name}.html" for name in ("ny-start", "synpunkter", "sammanfattning", "uppsokande")}
    assert "Strandby kommun" in strandby.page("index.html")


def test_tables_and_diagrams_are_numbered_in_its_order(strandby: Built) -> None:
    text = strandby.page("arsrapport.html")
    numbers = re.findall(r"(Diagram|Tabell) (\d+)\. ", re.sub(r"<[^>]+>", "", text))
    for kind in ("Diagram", "Tabell"):
        found = list(dict.fromkeys(int(number) for name, number in numbers if name == kind))
        assert found == list(range(1, len(found) + 1)) and found


def test_its_own_measure_and_questions_have_their_numbers(strandby: Built) -> None:
    own = strandby.page("kapitel-ny-start.html")
    assert "inskrivna vid Ny start {2023}" in own and "Diagram 1. In- och utskrivna vid Ny start {2023}" in own
    survey = strandby.page("kapitel-synpunkter.html")
    for question in ("Blev du {väl} bemött?", "Vet du vart du vänder dig?"):
        assert f"Svar på frågan ”{question}”" in survey and f"svarade på frågan ”{question}”" in survey


def test_its_plan_and_its_letters_are_followed(strandby: Built) -> None:
    plan = strandby.page("handlingsplan.html")
    assert "Vi är alltid tre." in plan and "Handlingsplan för Strandby 2021" in plan
    with duckdb.connect(str(strandby.published), read_only=True) as connection:
        counted = connection.execute(
            "select rule_id, cases, followed from plan_rule_summary where period = ? and gender = '*' and job_centre = '*'",
            [YEAR],
        ).fetchall()
    assert counted == [("strandby-2021/hembesok-av-tre", 1, 0)]
    follow_up = strandby.page("uppfoljning.html")
    assert "Planen vill följa breven i januari." in follow_up and "Brev daterade i januari" in follow_up
    assert "Våren 2023" in follow_up and "Hösten" not in follow_up


def test_its_targets_are_published_with_their_source(strandby: Built) -> None:
    with duckdb.connect(str(strandby.published), read_only=True) as connection:
        found = connection.execute("select value from profile where name = 'targets'").fetchone()
    assert found is not None
    target = json.loads(found[0])[0]
    assert (target["value"], target["valid_from"]) == ("60", "2022-01-01")
    assert target["source"] == "Kommunfullmäktige 2021-11-08, paragraf 12"


def test_what_an_older_program_published_says_what_to_do(strandby: Built, tmp_path: Path) -> None:
    shutil.copytree(strandby.home.path, tmp_path / "home")
    home = open_home(tmp_path / "home")
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.published)) as connection:
        connection.execute("drop table profile")
    with pytest.raises(NightlyFailed, match="another version of this program: run kaa nightly"):
        write_report(home, YEAR, tmp_path / "out")
