"""Excel, PDF, PX, CSV and the catalogue entry follow the rules of their formats."""

import json
import re
import warnings
from datetime import datetime
from typing import Any

import openpyxl
import page
import pytest
from csvw import CSVW
from openpyxl.utils import get_column_letter, range_boundaries
from pypdf import PdfReader
from rdflib import Graph, Literal, Namespace, URIRef, namespace
from rdflib.term import BNode

from dashboards.documents import names, outline
from dashboards.documents.cube import exact
from dashboards.documents.excel import _shortened
from dashboards.published.open_data import OpenData
from dashboards.published.report import read_report
from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.municipality import OpenData as Profile
from tests.dashboards.documents.documents_report import OPEN_DATA, Built

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")

# -- Excel ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book(tertial: Built) -> Any:
    return openpyxl.load_workbook(tertial.out / names.EXCEL)


def test_no_cell_of_the_workbook_is_a_formula(book: Any) -> None:
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s", "n", "d"}


def test_numbers_of_the_workbook_are_numbers(book: Any) -> None:
    """Shares too, and those are not rounded."""
    assert isinstance(book["Tabell 2"].cell(row=6, column=2).value, int)
    enrolled, ended, share = (book["Tabell 5"].cell(row=7, column=column) for column in (2, 3, 4))
    assert share.value == ended.value / enrolled.value != round(share.value, 2) and "%" in share.number_format


def test_every_sheet_is_listed_and_the_links_lead_there_and_back(book: Any) -> None:
    contents = book.worksheets[0]
    links = [cell.hyperlink.location for row in contents.iter_rows() for cell in row if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[1:]]
    assert book.sheetnames[:3] == ["Innehåll", "Siffror i texten", "Alla tal"] and book.sheetnames[-1] == "Definitioner"
    for sheet in book.worksheets[1:]:
        back = [cell for cell in next(sheet.iter_cols(max_col=1)) if cell.hyperlink]
        assert [cell.hyperlink.location for cell in back] == ["'Innehåll'!A1"], sheet.title
        # Above what is frozen: it is there wherever the reader has scrolled.
        assert back[0].row < int(re.sub(r"\D", "", sheet.freeze_panes)), sheet.title


def test_sheets_have_names_of_whole_words(book: Any) -> None:
    titles = {word for sheet in book for word in re.findall(r"[\w–-]+", str(sheet["A1"].value))} | {
        "i",
        "texten",
        "tal",
    }
    for name in book.sheetnames:
        assert len(name) <= 31
        words = name.split()
        assert all(word.isdigit() or word in titles for word in words) or name in (
            "Innehåll",
            "Alla tal",
            "Definitioner",
        )
        assert words[-1] not in ("av", "från", "genom", "och", "per", "som", "till", "under", "vid"), name


def test_a_long_name_is_shortened_by_words() -> None:
    words = ["Ungdomar", "som", "tar", "del", "av", "stöd", "från", "båda"]
    assert _shortened(words, "") == "Ungdomar som tar del av stöd"
    assert _shortened(words, " 12") == "Ungdomar som tar del av stöd 12"
    assert _shortened(["Ungdomar", "i", "registret", "under", "läsåret"], " 2") == "Ungdomar i registret 2"
    assert _shortened(["a" * 40], " 2") == "a" * 29 + " 2"


def test_sheets_print_on_a4_and_keep_their_heads(book: Any) -> None:
    for sheet in book.worksheets[3:-1]:
        assert sheet.page_setup.paperSize == 9 and sheet.page_setup.fitToHeight == 0
        assert sheet.freeze_panes and sheet.print_title_rows
        assert sheet["A3"].value.startswith("Avser ")
    assert (book.properties.creator, book.properties.title) == (
        "Stockholms stad", "Rapport för tertial 1 2023: Kommunens aktivitetsansvar i Stockholms stad",
    )  # fmt: skip


def test_all_numbers_stand_once_in_an_excel_table_with_a_filter(year: Built) -> None:
    sheet = openpyxl.load_workbook(year.out / names.EXCEL)["Alla tal"]
    (table,) = sheet.tables.values()
    assert table.ref == f"A5:N{sheet.max_row}" and table.autoFilter.ref == table.ref
    head, *rows = sheet.iter_rows(min_row=5, values_only=True)
    assert head[0] == "Period" and head[-4:] == ("Värde", "Enhet", "Andel av", "Bas") and len(set(head)) == len(head)
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert len({tuple((name, row[name]) for name in head if name not in ("Värde", "Bas")) for row in found}) == len(
        found
    )
    now = {
        "Period": "verksamhetsåret 2023",
        "Från och med": datetime(2022, 12, 1),
        "Till och med": datetime(2023, 11, 30),
    }
    everybody = {"Kön": "Alla", "Jobbtorg": "Alla", "Stadsdel": "Alla"}
    ended = {"Statistik": "Avslutsorsaker", "Mått": "Avslutade", "Enhet": "personer"}
    for expected in (
        {**now, **everybody, "Statistik": "Ungdomar i registret", "Mått": "I registret", "Värde": 7546, "Kategori": None},
        {**now, "Statistik": "Sökta och nådda ungdomar", "Mått": "Nådda", "Kön": "Kvinnor", "Värde": 1408, "Andel av": None},
        {**now, **everybody, **ended, "Kategori": "Studier + Arbete", "Värde": 599},
        {**now, **everybody, **ended, "Kategori": "Alla utom Studier och Arbete", "Värde": 807 - 599},
        {"Jobbtorg": "Jobbtorg Vällingby", "Enhet": "andel", "Andel av": "Inskrivna ungdomar: Avslutade", "Bas": 123,
         "Kategori": "Studier", "Period": now["Period"], "Värde": 83 / 123},
    ):  # fmt: skip
        assert len([row for row in found if expected.items() <= row.items()]) == 1, expected


def test_every_diagram_is_excels_own_and_draws_the_numbers_of_its_sheet(book: Any, tertial: Built) -> None:
    diagrams = {
        block.heading: block
        for block in outline.read(tertial.published, read_report(tertial.published, tertial.period)).blocks
        if block.charted and not block.charted.is_empty
    }
    drawn = {str(sheet["A1"].value): (sheet, sheet._charts) for sheet in book if sheet._charts}
    assert set(drawn) == set(diagrams) and len(drawn) > 15
    for heading, (sheet, charts) in drawn.items():
        block, (chart,) = diagrams[heading], charts
        names_of = [column.label for column in block.charted.columns]
        columns = [[cells[place] for cells in block.charted.cells] for place in range(len(names_of))]
        if block.marks:
            names_of = [name for label in names_of for name in (label, f"{label}, {block.marks_label}")]
            marks = [[cells[place] for cells in block.marks.cells] for place in range(len(columns))]
            columns = [column for pair in zip(columns, marks, strict=True) for column in pair]
        assert [series.tx.v for series in chart.series] == names_of
        for series, cells in zip(chart.series, columns, strict=True):
            shown = [sheet[place].value for place in _places(series.val.numRef.f)]
            assert shown == [pytest.approx(float(exact(cell) or 0)) for cell in cells], heading
            labels = [
                sheet[place].value
                for place in _places(series.cat.strRef.f if series.cat.strRef else series.cat.numRef.f)
            ]
            assert [str(label) for label in labels] == [row.label for row in block.charted.rows], heading


def _places(formula: str) -> list[str]:
    """The cells of a formula such as ``('Diagram 2'!$B$7:$B$9,'Diagram 2'!$B$11)``, in their order."""
    found = []
    for first, last in re.findall(r"!\$?([A-Z]+\$?\d+|\$[A-Z]+\$\d+)(?::(\$?[A-Z]+\$?\d+))?", formula):
        left, top, right, bottom = range_boundaries(f"{first}:{last or first}".replace("$", ""))
        found += [f"{get_column_letter(x)}{y}" for y in range(top, bottom + 1) for x in range(left, right + 1)]
    return found


# -- PDF -----------------------------------------------------------------------------------------------------------------


def _structure(node: Any, found: list[Any]) -> list[Any]:
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            _structure(child, found)
    elif isinstance(node, dict):
        if "/S" in node:
            found.append(node)
        if "/K" in node:
            _structure(node["/K"], found)
    return found


def test_the_pdf_is_tagged_swedish_and_says_that_it_is_accessible(tertial: Built) -> None:
    pdf = PdfReader(tertial.out / names.PDF)
    root: Any = pdf.trailer["/Root"]
    assert root["/Lang"] == "sv-SE" and root["/MarkInfo"]["/Marked"] and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert (
        pdf.metadata
        and pdf.metadata.title == "Rapport för tertial 1 2023: Kommunens aktivitetsansvar i Stockholms stad"
    )
    assert pdf.xmp_metadata and "<pdfuaid:part>1</pdfuaid:part>" in pdf.xmp_metadata.rdf_root.toxml()
    elements = _structure(root["/StructTreeRoot"], [])
    kinds = [element["/S"] for element in elements]
    assert {"/H1", "/H2", "/Table", "/THead", "/TH", "/TD", "/Figure", "/Caption", "/TOC"} <= set(kinds)
    figures = [element for element in elements if element["/S"] == "/Figure" and "/Alt" in element]
    assert len(figures) > 15 and all(figure["/Alt"].startswith("Stapeldiagram. ") for figure in figures)
    assert [round(float(side)) for side in pdf.pages[0].mediabox[2:]] == [595, 842]


def test_the_pdf_breaks_no_rule_of_accessible_documents(built: Built) -> None:
    """By another program than made it: PDF/UA-1, all of its rules that a machine can check."""
    found = page.validate_pdf(built.out / names.PDF, profile="ua1")
    assert found.rules.total > 100 and not [failure.message for failure in found.failures]


# -- PX ------------------------------------------------------------------------------------------------------------------

MANDATORY = (
    "MATRIX", "SUBJECT-CODE", "SUBJECT-AREA", "TITLE", "CONTENTS", "UNITS", "STUB", "HEADING", "DECIMALS", "DATA",
)  # fmt: skip


def _px(built: Built, id_: str) -> str:
    return (built.out / names.px(id_)).read_bytes().decode("utf-8")


def test_px_files_follow_the_format(open_built: Built) -> None:
    files = sorted((open_built.out / names.TABLES).glob("*.px"))
    assert len(files) > 40
    matrices = []
    for file in files:
        text = file.read_bytes().decode("utf-8")
        assert text.startswith('CHARSET="ANSI";\r\nAXIS-VERSION="2013";\r\nCODEPAGE="utf-8";\r\nLANGUAGE="sv";')
        assert max(len(line) for line in text.split("\r\n")) <= 256
        assert "\n" not in text.replace("\r\n", "") and text.endswith(";\r\n")
        outside = re.sub(r'"[^"\r\n]*"', "", text)
        assert '"' not in outside and outside.isascii()
        keywords = re.findall(r"^([A-Z0-9-]+)(?:\(\))?=", outside, re.MULTILINE)
        assert set(MANDATORY) <= set(keywords) and keywords[-1] == "DATA"
        matrices += re.findall(r'MATRIX="([A-Z0-9]{1,20})";', text)
    assert len(set(matrices)) == len(files)


def test_px_says_which_period_a_table_is_of(open_year: Built) -> None:
    assert 'REFPERIOD="verksamhetsåret 2022";' in _px(open_year, "tabell-3")
    assert 'REFPERIOD="verksamhetsåret 2022 och verksamhetsåret 2023";' in _px(open_year, "tabell-1")
    assert "REFPERIOD" not in _px(open_year, "telefon")


def test_px_has_two_variables_where_columns_have_headings_in_common(open_year: Built) -> None:
    text = _px(open_year, "andel-16-19")
    assert 'HEADING="Period","Tabellinnehåll";\r\nCONTVARIABLE="Tabellinnehåll";' in text
    assert 'VALUES("Period")="2023","2022";' in text and 'UNITS("Andel")="procent";' in text
    assert 'CONTACT("Andel")="Statistikgruppen, statistik@stad.example";' in text
    assert 'HEADING="Kön";' in _px(open_year, "tabell-2") and "CONTVARIABLE" not in _px(open_year, "tabell-2")
    assert 'CODES("Kön")="kvinna","man","TOTALT";' in _px(open_year, "tabell-2")


def test_px_keeps_signs_apart(open_tertial: Built) -> None:
    text = _px(open_tertial, "nyckeltal")
    assert "DECIMALS=2;\r\nSHOWDECIMALS=2;" in text
    assert '1234.5 ".."' in text and '-2.25 ".."' in text
    assert 'DATASYMBOL1=".";\r\nDATASYMBOL2="..";\r\nDATASYMBOLNIL="–";' in text


# -- CSV -----------------------------------------------------------------------------------------------------------------


def test_csv_files_are_valid_by_their_descriptions(open_built: Built) -> None:
    files = sorted((open_built.out / names.TABLES).glob("*.json"))
    assert len(files) > 40
    for file in files:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert CSVW(str(file), validate=True).is_valid, file.name


def test_the_description_tells_what_a_data_user_asks(open_year: Built) -> None:
    found = json.loads((open_year.out / names.csv_description("tabell-3")).read_text(encoding="utf-8"))
    assert found["url"] == "tabell-3.csv" and found["dc:title"] == "Tabell 3. Nådda och ej nådda ungdomar, 2022"
    assert found["dc:publisher"] == "Stockholms stad" and found["dc:license"]["@id"] == OPEN_DATA["licence"]
    assert found["dc:temporal"] == "2021-12-01/2022-11-30" and found["dc:modified"]["@value"] == "2024-01-08"
    columns = {column["titles"]: column["datatype"]["base"] for column in found["tableSchema"]["columns"]}
    assert columns == {"Resultat": "string", "Kön": "string", "Värde": "integer", "Enhet": "string", "Tecken": "string"}
    assert found["tableSchema"]["primaryKey"] == ["resultat", "kon"]
    outreach = read_catalogue()["outreach"]
    assert f"{outreach.title}: {outreach.definition}" in found["dc:description"]


# -- the catalogue -------------------------------------------------------------------------------------------------------


def _graph(built: Built) -> Graph:
    return Graph().parse(built.out / names.CATALOGUE, format="turtle", publicID="https://else.example/")


def test_the_catalogue_has_what_dcat_ap_se_demands(open_built: Built) -> None:
    graph = _graph(open_built)
    catalogue = next(iter(graph.subjects(namespace.RDF.type, namespace.DCAT.Catalog)))
    for predicate in (
        namespace.DCTERMS.title,
        namespace.DCTERMS.description,
        namespace.DCTERMS.publisher,
        namespace.DCTERMS.license,
        namespace.DCAT.dataset,
        namespace.DCTERMS.language,
    ):
        assert graph.value(catalogue, predicate, any=True), predicate
    datasets = set(graph.subjects(namespace.RDF.type, namespace.DCAT.Dataset))
    assert set(graph.objects(catalogue, namespace.DCAT.dataset)) == datasets
    terms, dcat = namespace.DCTERMS, namespace.DCAT
    demanded = (
        terms.title, terms.description, terms.publisher, terms.accessRights, terms.spatial, terms.temporal,
        dcat.theme, dcat.keyword, dcat.distribution,
    )  # fmt: skip
    for dataset in datasets:
        assert not [predicate for predicate in demanded if graph.value(dataset, predicate, any=True) is None], dataset
    for node in graph.subjects(namespace.RDF.type, namespace.DCAT.Distribution):
        for predicate in (namespace.DCAT.accessURL, namespace.DCTERMS["format"], namespace.DCTERMS.license):
            assert len(set(graph.objects(node, predicate))) == 1
    for agent in graph.subjects(namespace.RDF.type, namespace.FOAF.Agent):
        assert graph.value(agent, namespace.FOAF.name) and graph.value(agent, namespace.DCTERMS.type)
    assert not [term for triple in graph for term in triple if isinstance(term, BNode)]


def test_every_distribution_is_a_file_of_that_size(open_year: Built) -> None:
    graph = _graph(open_year)
    base = OPEN_DATA["base_address"] + "verksamhetsar-2023/"
    found = {}
    for node in graph.subjects(namespace.RDF.type, namespace.DCAT.Distribution):
        address = str(graph.value(node, namespace.DCAT.downloadURL))
        assert address.startswith(base)
        found[address.removeprefix(base)] = int(str(graph.value(node, namespace.DCAT.byteSize)))
    tables = sorted((open_year.out / names.TABLES).glob("*"))
    data = {f"{names.TABLES}/{path.name}" for path in tables if path.suffix in (".csv", ".px")}
    assert set(found) == data | {names.EXCEL, names.PDF}
    assert all((open_year.out / name).stat().st_size == size for name, size in found.items())


def test_the_catalogue_says_who_publishes_and_whom_to_ask(open_year: Built) -> None:
    graph = _graph(open_year)
    publisher = URIRef("http://dataportal.se/organisation/SE2120000142")
    assert (publisher, namespace.FOAF.name, Literal("Stockholms stad", lang="sv")) in graph
    contact = next(iter(graph.subjects(namespace.RDF.type, VCARD.Organization)))
    assert graph.value(contact, VCARD.hasEmail) == URIRef("mailto:statistik@stad.example")
    assert len(set(graph.subjects(namespace.DCAT.contactPoint, contact))) == len(
        set(graph.subjects(namespace.RDF.type, namespace.DCAT.Dataset))
    )


def test_a_municipality_that_has_said_nothing_has_addresses_relative_to_the_catalogue(open_tertial: Built) -> None:
    graph = _graph(open_tertial)
    assert URIRef("https://else.example/tabeller/tabell-1.csv") in set(graph.objects(None, namespace.DCAT.downloadURL))
    assert not list(graph.subjects(namespace.RDF.type, VCARD.Organization))


def test_a_dataset_says_the_days_that_its_table_is_about(open_year: Built) -> None:
    graph = _graph(open_year)
    period = graph.value(
        URIRef(OPEN_DATA["base_address"] + "verksamhetsar-2023/katalog.ttl#data-tabell-3"), namespace.DCTERMS.temporal
    )
    assert graph.value(period, namespace.DCAT.startDate) == Literal("2021-12-01", datatype=namespace.XSD.date)
    assert graph.value(period, namespace.DCAT.endDate) == Literal("2022-11-30", datatype=namespace.XSD.date)


def test_a_profile_says_what_the_catalogue_asks() -> None:
    assert set(Profile.model_fields) == set(OpenData.__dataclass_fields__)


def test_no_text_of_a_sheet_runs_on_to_the_right(book: Any) -> None:
    """The print is as wide as the widest text, so one long line would make all numbers of its sheet too small to read."""
    for sheet in book.worksheets:
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                long = isinstance(cell.value, str) and len(cell.value) > 120
                assert not long or cell.alignment.wrap_text, (sheet.title, cell.coordinate)
