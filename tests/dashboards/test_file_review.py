"""The working paper of a file review says what the sample says, and has a page for each file."""

import io
from datetime import date
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from dashboards.file_review import ITEMS, LISTED, STATUSES, working_paper
from pipelines.audit.sample import ITEMS as ASKED
from pipelines.audit.sample import STRATA as ASKED_STRATA
from pipelines.configuration.municipality import load_municipality

PERSONS = ("a1b2", "c3d4")


def _evidence(count: int) -> list[dict[str, Any]]:
    return [
        {"key": f"k{place}", "folder": "ber/natt", "file": "kontakter.csv", "extract_date": "2023-11-30"}
        for place in range(count)
    ]


def _sample(strata: str | None = None, evidence: int = 2) -> dict[str, Any]:
    stratum = "06" if strata else "*"
    statuses = dict(zip(ASKED, [*STATUSES, "present", "missing", "contradictory"], strict=True))
    items = [{"item": item, "status": status, "evidence": _evidence(evidence)} for item, status in statuses.items()]
    shares = [
        {"item": item, "stratum": one, "documented": 1, "of": 2, "low": 0.0945, "high": 0.9055,
         "population_documented": 7, "population_of": 1234}
        for one in dict.fromkeys(["*", stratum])
        for item in ASKED
    ]  # fmt: skip
    shares[-1] |= {"documented": 0, "of": 0, "low": None, "high": None}
    cases = [{"person": person, "stratum": stratum, "items": items} for person in PERSONS]
    return {"period": "kalenderar-2023", "n": 2, "seed": 2016, "strata": strata, "population": 1234,
            "pseudonym_key": "abcd", "cases": cases, "shares": shares}  # fmt: skip


def _paper(sample: dict[str, Any]) -> Any:
    municipality = load_municipality("stockholm")
    days = date(2023, 1, 1), date(2023, 12, 31), municipality, date(2026, 1, 2)
    content = working_paper(sample, "kalenderåret 2023", *days)
    assert content == working_paper(sample, "kalenderåret 2023", *days)
    return Document(io.BytesIO(content))


def _text(paper: Any) -> str:
    return "\n".join(node.text or "" for node in paper.element.body.iter(qn("w:t")))


def _rows(paper: Any, place: int) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in paper.tables[place].rows]


def test_it_has_words_for_all_that_a_sample_can_hold() -> None:
    assert tuple(ITEMS) == ASKED
    for strata in ASKED_STRATA:
        _paper(_sample(strata))


def test_each_file_has_a_page_with_its_pseudonym_its_items_and_room_to_write() -> None:
    paper = _paper(_sample())
    headings = [one for one in paper.paragraphs if one.style.style_id == "Heading1"]
    assert [one.text for one in headings] == ["Metod", "Resultat", "Akt 1 av 2", "Akt 2 av 2"]
    assert all(one.paragraph_format.page_break_before for one in headings)
    text = _text(paper)
    assert all(text.count(person) == 1 for person in PERSONS)
    rows = _rows(paper, 2)
    assert rows[0] == ["Punkt", "Status", "Underlag", "I akten"]
    assert [row[:2] for row in rows[1:5]] == [
        ["Registrering", "Finns"], ["Sysselsättning", "Saknas"], ["Kontakt", "Motsägs"], ["Erbjudande", "Inte aktuellt"],
    ]  # fmt: skip
    assert rows[1][2] == "ber/natt/kontakter.csv (uttag 2023-11-30): k0, k1"
    controls = [one.get(qn("w:val")) for one in paper.element.body.iter(qn("w:tag"))]
    assert controls.count("skriv-har") == 1 + len(PERSONS) * (len(ASKED) + 3)


def test_the_method_is_stated() -> None:
    text = _text(_paper(_sample()))
    for words in (
        "1\u00a0234\u00a0personer",
        "fröet 2016",
        "HMAC-SHA-256",
        "nyckeln abcd",
        "utan återläggning",
        "bortfall",
        "Ingen: alla",
    ):
        assert words in text, words
    stratified = _text(_paper(_sample("district")))
    assert "Per stadsdelsområde" in stratified and "Ingen: alla" not in stratified
    assert "det innehåller de här personerna" in text and "det innehåller de här personerna" not in stratified


def test_the_summary_has_shares_and_intervals_of_all_and_of_each_stratum() -> None:
    paper = _paper(_sample("district"))
    assert _rows(paper, 1)[1] == [
        "Registrering",
        "1",
        "2",
        "50\u00a0%",
        "9,45–90,55\u00a0%",
        "7 av 1\u00a0234",
        "1\u00a0%",
    ]
    assert "Stadsdelsområde: Norrmalm" in _text(paper)
    by_centre = _sample("job_centre")
    by_centre["shares"][-1]["stratum"] = "KISTA"
    assert "Jobbtorg Kista" in _text(_paper(by_centre)).splitlines()
    assert _rows(paper, 2)[-1][1:5] == ["–", "–", ".", "."]


def test_what_a_page_cannot_list_is_counted() -> None:
    row = _rows(_paper(_sample(evidence=LISTED + 3)), 2)[1][2]
    assert row.endswith(f"k{LISTED - 1} och 3 till")
    assert _rows(_paper(_sample(evidence=0)), 2)[1][2] == "–"
