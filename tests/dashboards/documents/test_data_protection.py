"""The data protection officer's documents say what contracts, profile and program say, and mark what only a person can say."""

import io
import shutil
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from docx import Document
from docx.oxml.ns import qn

from dashboards.data_protection import build_data_protection
from pipelines.configuration.contract import CONTRACTS, load_sources
from pipelines.configuration.data_protection import read_data_protection
from pipelines.configuration.disclosure import CellSuppressionDecision
from pipelines.configuration.municipality import Municipality, load_municipality
from tests.dashboards.html_page import Page

NAMES = ("registerforteckning", "konsekvensbedomning", "behorighetsmatris")
RECORD, ASSESSMENT, ACCESS = NAMES
DAY = date(2026, 11, 28)

Files = dict[str, bytes]


@cache
def _files(municipality: str = "stockholm") -> Files:
    return build_data_protection(load_municipality(municipality), DAY)


def _word(files: Files, name: str) -> Any:
    return Document(io.BytesIO(files[f"{name}.docx"]))


def _words(files: Files, name: str) -> str:
    """The text of a Word file: one line for each paragraph, cells too."""
    paragraphs = _word(files, name).element.body.iter(qn("w:p"))
    return "\n".join("".join(text.text or "" for text in paragraph.iter(qn("w:t"))) for paragraph in paragraphs)


def _page(files: Files, name: str) -> Page:
    return Page(files[f"{name}.html"].decode())


def _page_words(files: Files, name: str) -> str:
    return " ".join(" ".join(_page(files, name).texts).split())


def _both(files: Files, name: str) -> tuple[str, str]:
    return " ".join(_words(files, name).split()), _page_words(files, name)


def test_each_document_is_a_word_file_and_a_page() -> None:
    assert set(_files()) == {f"{name}.{kind}" for name in NAMES for kind in ("docx", "html")} | {"dataskydd.css"}


@pytest.mark.parametrize("municipality", ["stockholm", "nacka"])
def test_every_source_and_column_of_the_contracts_is_in_the_record(municipality: str) -> None:
    for text in _both(_files(municipality), RECORD):
        for source in load_sources().values():
            assert source.title in text
            for dataset in source.datasets.values():
                for column in dataset.columns:
                    if column.classification != "ingen personuppgift":
                        assert f"{column.label} {column.classification} {column.legal_ground} " in text
                        assert " ".join(column.description.split()) in text


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """The contracts with a source and a column that nobody has thought of."""
    folder = tmp_path / "data_contracts"
    shutil.copytree(CONTRACTS, folder)
    ber = yaml.safe_load((folder / "ber.odcs.yaml").read_text(encoding="utf-8"))
    column = dict(
        ber["schema"][0]["properties"][1], name="vald_skola", description="Skolan som ungdomen helst vill till."
    )
    column["customProperties"] = [
        {"property": "label", "value": "Vald skola"},
        {"property": "legalGround", "value": "4 § 2 förordningen (2006:39), prövad"},
    ]
    ber["schema"][0]["properties"].append(column)
    ber["version"] = "1.2.0"
    (folder / "ber.odcs.yaml").write_text(yaml.safe_dump(ber, allow_unicode=True), encoding="utf-8")
    new = yaml.safe_load((folder / "beda.odcs.yaml").read_text(encoding="utf-8"))
    new |= {"id": "antagning_ny", "name": "Gymnasieantagningen i länet"}
    (folder / "antagning_ny.odcs.yaml").write_text(yaml.safe_dump(new, allow_unicode=True), encoding="utf-8")
    return folder


def test_a_new_source_or_column_is_in_the_documents_by_itself(contracts: Path) -> None:
    files = build_data_protection(load_municipality("stockholm"), DAY, contracts)
    for text in _both(files, RECORD):
        assert (
            "Vald skola indirekt personuppgift 4 § 2 förordningen (2006:39), prövad Skolan som ungdomen helst" in text
        )
        assert "4 § 2 förordningen (2006:39), prövad vald skola (registret)" in text  # by legal ground
        assert "Gymnasieantagningen i länet antagning_ny 1.1.0" in text and "(BER), KAA-modulen ber 1.2.0" in text
        assert "Personnummer" in text.split("Examina och bevis, ur Gymnasieantagningen i länet")[1]
    for text in _both(files, ASSESSMENT):
        assert "vald skola" in text
        assert (
            "11 källor lämnar fullständiga uttag, 5 av dem varje arbetsdag" in text
            and "ur 8 källor förs samman" in text
        )


def test_legal_ground_sensitivity_and_retention_are_the_contracts() -> None:
    for text in _both(_files(), RECORD):
        assert "Skyddsvärda uppgifter: skyddsmarkering (folkbokförda ungdomar)." in text
        assert "6 kalenderår efter uttagsåret" in text and "gallras inte" in text
        assert (
            "Utan personuppgifter: Enkäten till ungdomar som fått stöd, Jobbtorg Unga 20–29 år och Verksamheternas nyckeltal."
            in text
        )
        assert "Skatteverkets folkbokföringsuppgifter (2 kap. 8 § lagen 2001:182)" in text


def test_what_rests_on_consent_is_named_with_what_a_withdrawal_does() -> None:
    for text in _both(_files(), RECORD):
        assert "Uppgifterna ur Flai vilar på den enskildes samtycke (artikel 6.1 a) och bara på det" in text
        assert "Artikel 6.1 a dataskyddsförordningen (samtycke)" in text
    for text in _both(_files(), ASSESSMENT):
        assert "Återkallat samtycke (artikel 7.3) Gäller Flai." in text
        assert "ligger leveransen kvar tills arkivtiden är ute" in text


def test_without_a_source_that_rests_on_consent_none_is_spoken_of(contracts: Path) -> None:
    (contracts / "flai.odcs.yaml").unlink()
    files = build_data_protection(load_municipality("stockholm"), DAY, contracts)
    for text in (*_both(files, RECORD), *_both(files, ASSESSMENT)):
        assert "artikel 6.1 a)" not in text
        assert "artikel 7.3" not in text


def test_roles_zones_safeguards_and_risks_are_those_of_the_file() -> None:
    known = read_data_protection()
    for text in _both(_files(), ACCESS):
        for zone in known.zones:
            reads = " ".join(zone.access.get(role.id, "–") for role in known.roles)
            assert f"{zone.title} {reads}" in text, zone.path
            assert " ".join(zone.holds.split()) in text
    for text in _both(_files(), ASSESSMENT):
        for entry in (*known.safeguards, *known.risks):
            assert f"{entry.title} {' '.join(entry.text.split())}" in text


def test_what_a_person_must_say_is_marked_and_not_made_up() -> None:
    """In Word as a field that disappears when something is written in it, on the page as a mark."""
    for name in NAMES:
        fields = [
            "".join(text.text for text in field.iter(qn("w:t")))
            for field in _word(_files(), name).element.iter(qn("w:sdt"))
            if field.find(f".//{qn('w:showingPlcHdr')}") is not None
        ]
        asked = [text for text in fields if text.startswith("Fylls i av ")]
        assert len(asked) > 5 and len(fields) == len(asked) + 1  # and how the document is used
        page = _page(_files(), name)
        assert len([tag for tag, _ in page.tags if tag == "mark"]) == len(asked) + 1  # and what the mark means
    record = _page_words(_files(), RECORD)
    for what in ("Personuppgiftsansvarig Fylls i av kommunen", "Dataskyddsombud Fylls i av personuppgiftsansvarig"):
        assert what in record


def test_what_was_decided_on_public_output_is_the_profile_s_decision() -> None:
    municipality = load_municipality("stockholm")
    for text in _both(_files(), ASSESSMENT):
        assert (
            "Tills dess gäller: tal under 5 visas inte" in text
            and "Tills dess gäller: räknas i sitt stadsdelsområde" in text
        )
    decisions = [
        CellSuppressionDecision(smallest=7, decided=date(2026, 2, 1), by="nämnden", valid_to=date(2026, 12, 31)),
        CellSuppressionDecision(
            smallest=6, protected_identities="missing_place", decided=date(2027, 1, 9), by="dataskyddsombudet",
            valid_from=date(2027, 1, 1),
        ),
    ]  # fmt: skip
    files = build_data_protection(municipality.model_copy(update={"disclosure": decisions}), DAY)
    for text in _both(files, ASSESSMENT):
        assert "Tal under 7 visas inte, beslutat 2026-02-01 av nämnden, för uttag till 2026-12-31." in text
        assert "Tal under 6 visas inte, beslutat 2027-01-09 av dataskyddsombudet, för uttag från 2027-01-01." in text
        assert "Räknas som uppgift saknas, beslutat 2027-01-09 av dataskyddsombudet" in text
        assert "Tills dess gäller" not in text


def test_a_profile_without_open_data_leaves_number_and_contact_to_people() -> None:
    stockholm = load_municipality("stockholm")
    assert "Organisationsnummer 212000-0142" in _page_words(_files(), RECORD)
    files = build_data_protection(stockholm.model_copy(update={"open_data": None}), DAY)
    for text in _both(files, RECORD):
        assert "Organisationsnummer Fylls i av kommunen: organisationsnumret" in text
        assert "Kontakt om siffrorna Fylls i av personuppgiftsansvarig" in text


def test_tables_fill_the_page_and_repeat_their_head() -> None:
    for name in NAMES:
        tables = _word(_files(), name).tables
        assert len(tables) >= 4
        for table in tables:
            rows = table._tbl.tr_lst
            assert rows[0].trPr.find(qn("w:tblHeader")) is not None
            assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
            assert 9500 < sum(int(column.get(qn("w:w"))) for column in table._tbl.tblGrid) <= 9526
            assert {len(row.cells) for row in table.rows} == {len(table.columns)}


def test_headings_are_in_the_contents_and_control_ids_are_unique() -> None:
    for name in NAMES:
        document = _word(_files(), name)
        headings = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 1"]
        entries = [
            "".join(text.text for text in paragraph.iter(qn("w:t")))
            for paragraph in document.element.iter(qn("w:p"))
            if paragraph.pPr is not None and paragraph.pPr.style == "TOC1"
        ]
        assert headings == entries and len(headings) >= 4
        ids = [element.get(qn("w:val")) for element in document.element.iter(qn("w:id"))]
        assert len(ids) == len(set(ids)) > 1


def test_every_document_says_that_it_is_internal_and_when_it_was_made() -> None:
    for name in NAMES:
        for text in _both(_files(), name):
            assert "Internt underlag, framställt 28 november 2026" in text
        assert _word(_files(), name).core_properties.author == "Stockholms stad"


def test_the_pages_lead_to_each_other_and_fetch_nothing_else() -> None:
    for name in NAMES:
        page = _page(_files(), name)
        links = {href for tag, attributes in page.tags for href in [attributes.get("href")] if tag == "a" and href}
        assert {f"{other}.html" for other in NAMES} | {f"{name}.docx"} <= links
        sections = {f"#{attributes['id']}" for tag, attributes in page.tags if tag == "section"}
        assert sections < links
        fetched = [attributes.get("href") for tag, attributes in page.tags if tag == "link"]
        assert fetched == ["data:,", "dataskydd.css"]
        assert not [tag for tag, _ in page.tags if tag in ("script", "img", "iframe")]


def test_the_same_contracts_and_day_give_the_same_bytes() -> None:
    assert build_data_protection(load_municipality("stockholm"), DAY) == _files()


def test_a_name_that_looks_like_markup_is_text() -> None:
    name: Municipality = load_municipality("nacka").model_copy(update={"title": "Nacka <b>kommun</b> & \x0bcompany"})
    files = build_data_protection(name, DAY)
    assert "Nacka <b>kommun</b> &" in _words(files, RECORD)
    assert b"Nacka &lt;b&gt;kommun&lt;/b&gt; &amp;" in files[f"{RECORD}.html"] and b"<b>" not in files[f"{RECORD}.html"]
