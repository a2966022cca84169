"""What a municipality calls its own, in its profile: read where it lies, and refused in one sentence where it is wrong."""

import shutil
from pathlib import Path

import pytest

from dashboards.content import annual_report
from pipelines.configuration.municipality import CHAPTERS, PROFILES, load_municipality
from pipelines.configuration.report_document import report_document
from pipelines.runtime.errors import UsageError
from pipelines.state.home import initialise, open_home

STRANDBY = Path(__file__).parent / "strandby"
LETTERS = "letter_months: [1]"
COMMON = [chapter for chapter in CHAPTERS if chapter != "synpunkter"]


def test_the_chapters_that_a_profile_may_name_are_those_that_there_are() -> None:
    assert {chapter.id for chapter in annual_report.COMMON} | {annual_report.SURVEY} == set(CHAPTERS)


def test_a_municipality_is_known_by_name_by_file_and_by_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_municipality("stockholm").own_measures[0].title == "Aim"
    assert load_municipality(str(STRANDBY)) == load_municipality(str(STRANDBY / "profile.yaml"))
    shutil.copytree(STRANDBY, tmp_path / "profile")
    (tmp_path / "drop").mkdir()
    monkeypatch.chdir(tmp_path)
    initialise("profile", tmp_path / "drop", tmp_path / "home")  # a relative path, with the file's own name
    monkeypatch.chdir("/")
    assert open_home(tmp_path / "home").municipality.name == "Strandby"


def test_a_profile_that_says_nothing_of_its_own_has_the_programs_chapters(tmp_path: Path) -> None:
    text = (PROFILES / "nacka.yaml").read_text(encoding="utf-8").replace("plans: [nacka]", "")
    plain = tmp_path / "plain.yaml"
    plain.write_text(text, encoding="utf-8")
    municipality = load_municipality(str(plain))
    assert [chapter.id for chapter in municipality.report_chapters] == COMMON
    assert (municipality.plans, municipality.letter_months, municipality.follow_up) == ([], [], None)
    plain.write_text(text + "own_measures: [{code: SYV, title: Syv}]\nsurvey_questions: [Hur gick det?]\n", "utf-8")
    chapters = [chapter.id for chapter in load_municipality(str(plain)).report_chapters]
    assert chapters == [*COMMON, "insats", "synpunkter"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("code: UNGVUX", "code: NYSTART", "names the own measure 'NYSTART': choose one of AIM, "),
        ("chapter: ny-start}", "chapter: stod}", "gives an own measure the chapter 'stod', which shows something else"),
        ("chapter: ny-start}", "chapter: annat}", "names the chapter 'ny-start', which nothing fills"),
        ("  - {id: uppsokande}", "  - {id: uppsökande}", "is wrong at chapters.3.id"),
        ("  - {id: uppsokande}", "  - {id: uppsokning}", "names the chapter 'uppsokning', which nothing fills"),
        ("  - {id: uppsokande}", "  - {id: synpunkter}", "names the chapter 'synpunkter' twice"),
        (
            "  - {id: ny-start, title: Så gick det för dem i Ny start}\n",
            "",
            "in the chapter 'ny-start', which is not among",
        ),
        ("  - {id: synpunkter}\n", "", "needs both the chapter 'synpunkter' and survey_questions"),
        (
            "  - Vet du vart du vänder dig?",
            '  - "  Blev du {väl} bemött? "',
            "names the survey question 'Blev du {väl}",
        ),
        ("  - Vet du vart du vänder dig?", '  - "*"', "has a meaning of its own"),
        ("letter_months: [1]", "letter_months: [13]", "is wrong at letter_months.0"),
        ("letter_months: [1]", "letter_months: [1, 1]", "names the month 1 twice"),
        ("plans: [handlingsplan.yaml]", "plans: [stokholm]", "names the plan 'stokholm'"),
        ("plans: [handlingsplan.yaml]", "plans: handlingsplan.yaml", "is wrong at plans"),
        ("    source: Kommunfullmäktige 2021-11-08, paragraf 12\n", "", "is wrong at targets.0.source"),
        ("    valid_from: 2022-01-01\n", "", "is wrong at targets.0.valid_from"),
        (
            "    figure: outreach\n",
            "    figure: utreach\n",
            "the target 'nadda' the number utreach/reached/sought, which is no",
        ),
        (
            "    measure: reached\n",
            "    measure: nadda\n",
            "the target 'nadda' the number outreach/nadda/sought, which is no",
        ),
        (
            "    figure: outreach\n",
            "    figure: outreach\n    category: STUDIER\n",
            "the category 'STUDIER', which outreach",
        ),
        ("    whole: sought\n", "", "gives the target 'nadda' in procent: name its whole"),
        ("    unit: procent\n", "    unit: antal\n", "gives the target 'nadda' in antal: name its whole"),
        (
            LETTERS,
            f"{LETTERS}\ndocument: [{{write: Något}}]",
            "is wrong at document.0: a part of the document needs a title",
        ),
        (
            LETTERS,
            f"{LETTERS}\ndocument: [{{shows: stod}}]",
            "shows 'stod' in its document, which the report does not have",
        ),
        (
            LETTERS,
            f"{LETTERS}\ndocument: [{{shows: uppsokande}}, {{shows: uppsokande, others: true}}]",
            "shows the chapter 'uppsokande' twice",
        ),
        (LETTERS, f"{LETTERS}\ndocument: [{{shows: uppsokande}}]", "shows the chapter 'ny-start' nowhere"),
        (
            LETTERS,
            f"{LETTERS}\ndocument: [{{title: A, others: true}}, {{title: B, others: true}}]",
            "has more than one chapter with `others`",
        ),
        (LETTERS, f"{LETTERS}\nword_template: mall.dotx", "names the Word template 'mall.dotx', but no such file"),
        (LETTERS, f"{LETTERS}\nword_template: profile.yaml", "is no Word file"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = tmp_path / "profile"
    shutil.copytree(STRANDBY, folder)
    path = folder / "profile.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load_municipality(str(folder))
    assert said in str(refused.value) and str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_a_folder_without_a_profile_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds profile\.yaml"):
        load_municipality(str(tmp_path))


def test_the_report_document_has_each_chapter_of_the_report_in_one_place() -> None:
    strandby = load_municipality(str(STRANDBY))
    chapters = [chapter.id for chapter in strandby.report_chapters]
    document = report_document(strandby.document, chapters)
    assert [part.title for part in document][:3] == [
        "Inledning och bakgrund",
        "Sammanfattning av resultat",
        "Organisation",
    ]
    shown = [part.shows for chapter in document for part in (chapter, *chapter.sections) if part.shows]
    assert sorted(shown) == sorted(chapters)
    assert [section.shows for section in document[6].sections] == ["ny-start", "synpunkter"]


def test_a_report_document_of_ones_own_is_as_the_profile_says(tmp_path: Path) -> None:
    own = "document: [{title: Året, shows: sammanfattning}, {title: Resten av {year}, write: Läs, others: true}]"
    path = tmp_path / "profile.yaml"
    path.write_text((PROFILES / "nacka.yaml").read_text("utf-8") + own.replace("{year}", "åren") + "\n", "utf-8")
    municipality = load_municipality(str(path))
    chapters = [chapter.id for chapter in municipality.report_chapters]
    first, second = report_document(municipality.document, chapters)
    assert (first.title, first.shows, second.title, second.write) == ("Året", "sammanfattning", "Resten av åren", "Läs")
    assert [section.shows for section in second.sections] == [each for each in chapters if each != "sammanfattning"]
