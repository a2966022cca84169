"""What code and documentation refer to is there: pages, and sections of the specification in docs/spec."""

import re
from collections.abc import Iterator

import pytest

from tests.repository import ROOT, repository_files
from tests.spec.cases import chapters

SPEC = ROOT / "docs" / "spec"
PAGES = {page.name: page.read_text(encoding="utf-8") for page in SPEC.glob("*.md") if page.name != "README.md"}

_NUMBERS = r"\d(?:(?:, | and | och |–)\d)*(?![\w-])"
#: ``figures.md section 3``, ``deliveries.md avsnitt 4–6``, ``figures.md 2``; perhaps with a link around the name.
_CITED = re.compile(r"\b(\w+\.md)`?(?:\]\([^)]*\))?,?\s+(?:(?:sections?|avsnitt)\s+)?(" + _NUMBERS + ")")
_PAGE = re.compile(r"(?<![\w/.-])([\w-]+\.md)\b")
_PATH = re.compile(
    r"(?<![\w/.-])(?:tests|pipelines|dashboards|dbt_project|data_contracts|demo|docs)/[\w/.-]*\.(?:py|md|sql|ya?ml|csv)\b"
)
#: What dbt and Python write.
_WRITTEN = ("/target/", "/logs/", "/dbt_packages/", "/__pycache__/")
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
#: What an example says of a section besides the words that stand in it.
_PLACES = ("sista stycket", "inledningen")


FILES = [path for path in repository_files() if path.suffix not in (".png", ".txt", ".xz")]


def _sections(page: str) -> dict[int, str]:
    """The numbered sections of a page; what was added later stands behind another one and says to which it belongs."""
    parts = re.split(r"^## (\d+)\. ", PAGES[page], flags=re.MULTILINE)
    sections = {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}
    for text in list(sections.values()):
        for added, number in re.findall(
            r"^(### Added .*?\nThey belong to section (\d).*)", text, re.MULTILINE | re.DOTALL
        ):
            sections[int(number)] += added
    return sections


def _numbers(text: str) -> Iterator[int]:
    """``1, 3–5`` is 1, 3, 4, 5."""
    for first, last in re.findall(r"(\d)(?:–(\d))?", text):
        yield from range(int(first), int(last or first) + 1)


def test_the_sections_of_the_specification_are_found() -> None:
    assert {page: len(_sections(page)) for page in PAGES} == {
        "audit.md": 6, "deliveries.md": 7, "disclosure.md": 3, "figures.md": 5, "interface.md": 0,
    }  # fmt: skip


def test_every_cited_section_of_the_specification_is_there() -> None:
    cited = 0
    for path in FILES:
        # A comment or a text goes on in the next line; what begins that line is no part of it.
        text = re.sub(r"\n[ \t]*(?:#:?|--|//)?[ \t]*", " ", path.read_text(encoding="utf-8"))
        for page, numbers in _CITED.findall(text):
            assert page in PAGES, f"{path.relative_to(ROOT)} cites {page}"
            for number in _numbers(numbers):
                assert number in _sections(page), f"{path.relative_to(ROOT)} cites {page} section {number}"
                cited += 1
    assert cited > 100  # fewer: the pattern no longer finds them


@pytest.mark.parametrize("text, pages", [
    ("figures.md section 3, outreach", [("figures.md", [3])]),
    ("deliveries.md sections 1 and 4.", [("deliveries.md", [1, 4])]),
    ("deliveries.md sections 4–6", [("deliveries.md", [4, 5, 6])]),
    ("| deliveries.md 6, Report 7.1 |", [("deliveries.md", [6])]),
    ("[figures.md](spec/figures.md) sections 2, 3 (a period)", [("figures.md", [2, 3])]),
    ("`deliveries.md` avsnitt 5; 16 kap.", [("deliveries.md", [5])]),
    ("interface.md. 20 rows", []),
    ("SkolL 29:9, figures.md 4", [("figures.md", [4])]),
])  # fmt: skip
def test_a_citation_is_read(text: str, pages: list[tuple[str, list[int]]]) -> None:
    assert [(page, list(_numbers(numbers))) for page, numbers in _CITED.findall(text)] == pages


def test_every_example_names_words_of_the_section_that_it_shows() -> None:
    for chapter in chapters():
        for case in chapter.cases:
            page = "figures.md"
            for part in case.section.split("; "):
                if cited := re.fullmatch(r"(?:(\w+\.md) )?(\d)(?:[, ]+(.*))?", part):
                    page = cited[1] or page
                    section = _sections(page)[int(cited[2])].casefold()
                    for word in (cited[3] or "").split(", "):
                        assert word in _PLACES or _says(section, word), f"{case.id}: {page} {cited[2]} says no {word!r}"
                else:
                    assert part in _PLACES or part.startswith(("egen figur ", "handlingsplan ")), f"{case.id}: {part}"


def _says(section: str, word: str) -> bool:
    """Whether a section has a word; ``Eligible 3`` is the third item of what it says about Eligible."""
    name = re.sub(r" \d$", "", word)
    return name.casefold() in section


def test_every_page_that_is_named_is_there() -> None:
    names = {path.name for path in FILES}
    for path in FILES:
        for name in _PAGE.findall(path.read_text(encoding="utf-8")):
            assert name in names, f"{path.relative_to(ROOT)} names {name}"


def test_every_file_that_is_named_is_there() -> None:
    cited = 0
    for path in FILES:
        if path.parent != SPEC:  # the specification names what is still to come
            for name in _PATH.findall(path.read_text(encoding="utf-8")):
                cited += 1
                written = any(folder in name for folder in _WRITTEN)
                assert written or (ROOT / name).is_file(), f"{path.relative_to(ROOT)} names {name}"
    assert cited > 20


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    for path in FILES:
        if path.suffix == ".md":
            for target in _LINK.findall(path.read_text(encoding="utf-8")):
                assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}"


def test_every_page_of_the_documentation_is_linked() -> None:
    linked = {
        (path.parent / target).resolve()
        for path in FILES
        if path.suffix == ".md"
        for target in _LINK.findall(path.read_text(encoding="utf-8"))
    }
    assert {path for path in FILES if ROOT / "docs" in path.parents and path.suffix == ".md"} <= linked


def test_every_folder_of_tests_is_described_and_those_of_test_fast_are_marked() -> None:
    table = re.findall(r"^\| (`.*?) \| ", (ROOT / "tests" / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    described = {name: "●" in cell for cell in table for name in re.findall(r"`(.*?)`", cell)}
    folders = {path.parent.name for path in FILES if path.match("tests/*/test_*.py")}
    assert folders and folders <= described.keys()
    (fast,) = re.findall(r"^FAST := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {f"tests/{name}" for name, is_fast in described.items() if is_fast} == set(fast.split())
