"""From a number on a page to the question behind it, and to what `kaa serve` answers."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.content.report import Report
from dashboards.content.tables import TableContent
from dashboards.content.traces import asked_key, cell_id, command, is_traced, trace_file
from dashboards.pages import serve, site, traced
from dashboards.published.numbers import NumberKey
from dashboards.published.report import read_report
from dashboards.wording import numbers
from tests.dashboards import published_file
from tests.dashboards.built_site import Site
from tests.dashboards.html_page import Page
from tests.dashboards.test_serve import ask, internal, serving

NOW = "verksamhetsar-2023"
KEY = NumberKey("outreach", "reached", NOW, gender="kvinna", job_centre="GLOBEN")


def questions(built: Site, file: str) -> dict[str, str]:
    """Id -> command, of a page of questions."""
    text = (built.out / file).read_text(encoding="utf-8")
    return {found[0]: Page(found[1]).text for found in re.findall(r'<code id="([^"]+)">(.*?)</code>', text)}


def cells(table: TableContent) -> Iterator[tuple[str, Any]]:
    for row, found in enumerate(table.cells, start=1):
        for column, cell in enumerate(found, start=1):
            yield cell_id(row, column), cell


@pytest.mark.parametrize("code", ["BREV", "Aim & \"Slussen\": <besök> $(x) 'och' mer", "-a --figure b"])
def test_a_command_asks_for_the_number_that_it_was_made_of(code: str) -> None:
    key = NumberKey("key_numbers", "value", NOW, category=code, subcategory="x y")
    assert asked_key(command(key)) == key
    assert command(KEY) == (
        f"kaa audit trace --period {NOW} --figure outreach --measure reached --gender kvinna --job-centre GLOBEN"
    )


def test_every_number_of_every_table_has_its_question(stockholm: Site) -> None:
    asked = 0
    for chapter in Report(read_report(stockholm.published, NOW)).chapters():
        for block in chapter.blocks:
            wanted = {id_: cell for id_, cell in cells(block.table) if is_traced(cell)}
            if not wanted:
                continue
            found = questions(stockholm, trace_file(block.id))
            assert {id_.split("-")[0] for id_ in found} == set(wanted), block.id
            for id_, cell in wanted.items():
                keys = [asked_key(text) for name, text in found.items() if name.split("-")[0] == id_]
                assert keys == list(cell.number.keys), (block.id, id_)
                asked += 1
    assert asked > 300


def test_a_share_asks_for_its_part_and_its_whole(stockholm: Site) -> None:
    found = questions(stockholm, "spar-sammanfattning-text.html")
    assert asked_key(found["reached"]) == NumberKey("outreach", "reached", NOW)
    shares = [asked_key(found[f"reached-mer-{place}"]) for place in (1, 2)]
    assert shares == [NumberKey("outreach", "reached", NOW), NumberKey("outreach", "sought", NOW)]
    either = [asked_key(found[f"either-{place}"]).category for place in (1, 2)]
    assert either == ["STUDIER", "ARBETE"]  # a sum: each of its numbers


def test_links_from_numbers_in_the_text_lead_to_their_question(stockholm: Site) -> None:
    followed = 0
    for page in stockholm.pages.values():
        for tag, attributes in stockholm.page(page.file).tags:
            if tag == "a" and attributes.get("class") == "traced":
                file, _, rest = (attributes["href"] or "").partition("?")
                id_ = rest.partition("#")[0]
                assert f'id="{id_}"' in (stockholm.out / file).read_text(encoding="utf-8"), attributes["href"]
                followed += 1
    assert followed > 40


def test_a_page_of_questions_is_small_and_the_pages_hardly_grow(stockholm: Site) -> None:
    text = (stockholm.out / "uppfoljning.html").read_text(encoding="utf-8")
    added = sum(len(found) for found in re.findall(r' data-traces="[^"]*"|<p class="traces">.*?</p>', text))
    assert 0 < added < len(text) / 10
    for path in stockholm.out.glob("spar-*.html"):
        assert path.stat().st_size < 300_000, path.name


def test_the_public_has_no_question_and_no_link_to_one(stockholm: Site, tmp_path: Path) -> None:
    public = published_file.public(stockholm.published, tmp_path / "published.duckdb", NOW)
    written = site.build_report(public, NOW, tmp_path / "site")
    assert not [path for path in written if path.name.startswith("spar-")]
    for path in written:
        if path.suffix == ".html":
            text = path.read_text(encoding="utf-8")
            assert "spar-" not in text and "kaa audit" not in text and "data-traces" not in text, path.name


# --- what the server answers ----------------------------------------------------------------------------------------------


def trace(key: NumberKey) -> dict[str, Any]:
    evidence = {
        "role": "decides", "dataset": "ber/kontakter", "key": "K<1>", "extract_date": "2023-03-01", "delivery_id": "d1",
        "folder": "ber/2023-03-01", "file": "kontakter.csv", "line": 7, "sha256": "0" * 64,
    }  # fmt: skip
    return {
        "value": "1234", "unit": "person", "legal_ground": "29 kap. 9 §", "sql": "select '<b>'", "models": ["stg_a", "figure_b"],
        "rows": [{"person": "abc", "key": None, "value": "1", "evidence": [evidence]}], "all_rows": 1200, "protected": 34,
        "version": 3, "published_at": "2023-12-01T06:00:00+01:00", "pseudonym_key": "k1",
    }  # fmt: skip


@pytest.fixture(scope="module")
def version(stockholm: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("version")
    shutil.copy(stockholm.published, folder / "published.duckdb")
    shutil.copytree(stockholm.out, folder / "report" / NOW)
    return folder


Asked = list[NumberKey]


def answering(
    version: Path, answer: Callable[[NumberKey], dict[str, Any]] = trace
) -> tuple[Asked, Callable[[NumberKey], dict[str, Any]], Callable[[], serve.Shown]]:
    asked: Asked = []

    def noted(key: NumberKey) -> dict[str, Any]:
        asked.append(key)
        return answer(key)

    return asked, noted, lambda: internal(version)


def test_a_number_is_answered_with_its_rows_in_swedish_and_nothing_of_it_is_code(version: Path) -> None:
    asked, noted, shown = answering(version)
    with serving(shown, noted) as server:
        status, headers, body = ask(server, f"/{NOW}/spar-sammanfattning-text.html?reached")
    text = Page(body.decode()).text
    assert (status, asked) == (200, [NumberKey("outreach", "reached", NOW)])
    assert headers["cache-control"] == "no-store" and headers["content-security-policy"] == serve.POLICY
    for found in (
        numbers.number(1234).replace(numbers.BLANK, " "), "De första 1 av 1 200 rader", "34 räknas men visas inte", "stg_a",
        "Avgör att personen hör dit", "ber/2023-03-01/kontakter.csv", "rad 7", "K<1>", "select '<b>'",
        f"{command(asked[0])} --format csv",
    ):  # fmt: skip
        assert found in text, found
    assert b"<b>" not in body and b"K<1>" not in body


@pytest.mark.parametrize("query", ["either", "nothing", "reached&figure=contacts", "%22%3E", "innehall"])
def test_what_no_page_asks_is_not_answered(version: Path, query: str) -> None:
    asked, noted, shown = answering(version)
    with serving(shown, noted) as server:
        status, _, body = ask(server, f"/{NOW}/spar-sammanfattning-text.html?{query}")
    assert status == 200 and asked == []  # the page of questions itself
    assert body == (version / "report" / NOW / "spar-sammanfattning-text.html").read_bytes()


def test_another_sites_page_asks_nothing(version: Path) -> None:
    asked, noted, shown = answering(version)
    with serving(shown, noted) as server:
        headers = {"Sec-Fetch-Site": "cross-site"}
        assert ask(server, f"/{NOW}/spar-sammanfattning-text.html?reached", **headers)[0] == 403
        assert asked == []


def test_without_somebody_to_answer_the_page_shows_the_command(version: Path) -> None:
    with serving(lambda: internal(version)) as server:
        status, _, body = ask(server, f"/{NOW}/spar-sammanfattning-text.html?reached")
    assert status == 200 and b"kaa audit trace" in body


def test_what_cannot_be_answered_is_one_sentence(version: Path) -> None:
    def refuse(key: NumberKey) -> dict[str, Any]:
        raise traced.NoTrace("Nothing is shown, for <the access log> cannot be written.")

    _, noted, shown = answering(version, refuse)
    with serving(shown, noted) as server:
        status, _, body = ask(server, f"/{NOW}/spar-sammanfattning-text.html?reached")
    assert status == 404 and "for <the access log> cannot" in Page(body.decode()).text
