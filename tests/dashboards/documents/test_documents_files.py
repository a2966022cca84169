"""Excel, PDF, PX, CSV and the catalogue entry follow the rules of their formats."""

import csv
import io
import json
import re
import shutil
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import page
import pytest
from csvw import CSVW
from openpyxl.utils import get_column_letter, range_boundaries
from pypdf import PdfReader
from rdflib import Graph, Literal, Namespace, URIRef, namespace
from rdflib.term import BNode

from dashboards.documents import build_documents, names, outline, px
from dashboards.documents.cell_notes import cell_notes
from dashboards.documents.cube import TIME_SCALES, cube, exact
from dashboards.documents.excel import _shortened
from dashboards.published.numbers import NumberKey
from dashboards.published.open_data import OpenData
from dashboards.published.report import read_report
from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.disclosure import CellKey
from pipelines.configuration.municipality import OpenData as Profile
from tests.dashboards import published_file
from tests.dashboards.documents import px_format
from tests.dashboards.documents.documents_report import OPEN_DATA, Built

pytestmark = pytest.mark.long

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
    assert head[0] == "Period" and head[-4:] == ("Tal", "Enhet", "Andel av", "Bas") and len(set(head)) == len(head)
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert len({tuple((name, row[name]) for name in head if name not in ("Tal", "Bas")) for row in found}) == len(found)
    now = {
        "Period": "verksamhetsåret 2023",
        "Från och med": datetime(2022, 12, 1),
        "Till och med": datetime(2023, 11, 30),
    }
    everybody = {"Kön": "Alla", "Jobbtorg": "Alla", "Stadsdel": "Alla"}
    ended = {"Statistik": "Avslutsorsaker", "Mått": "Avslutade", "Enhet": "personer"}
    for expected in (
        {**now, **everybody, "Statistik": "Ungdomar i registret", "Mått": "I registret", "Tal": 7546, "Kategori": None},
        {**now, "Statistik": "Sökta och nådda ungdomar", "Mått": "Nådda", "Kön": "Kvinnor", "Tal": 1408, "Andel av": None},
        {**now, **everybody, **ended, "Kategori": "Studier + Arbete", "Tal": 599},
        {**now, **everybody, **ended, "Kategori": "Alla utom Studier och Arbete", "Tal": 807 - 599},
        {"Jobbtorg": "Jobbtorg Vällingby", "Enhet": "andel", "Andel av": "Inskrivna ungdomar: Avslutade", "Bas": 123,
         "Kategori": "Studier", "Period": now["Period"], "Tal": 83 / 123},
    ):  # fmt: skip
        assert len([row for row in found if expected.items() <= row.items()]) == 1, expected


def test_the_sheet_of_the_texts_numbers_has_those_that_sentences_tell(year: Built) -> None:
    """With what a share is a share of, this year and the year before."""
    sheet = openpyxl.load_workbook(year.out / names.EXCEL)["Siffror i texten"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5, max_col=6)]
    numbers_of = {row[2] for row in rows}
    assert {7546, 5777, 3092, 1231, 807, 599} <= numbers_of
    (women,) = [row[2:] for row in rows if row[4] == 2643]
    assert women == pytest.approx([1408 / 2643, 1297 / 2406, 2643, 2406])


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
    beginnings = ("Stapeldiagram. ", "Diagram med två punkter", "Det finns inga uppgifter att visa i diagrammet.")
    assert len(figures) > 15 and all(figure["/Alt"].startswith(beginnings) for figure in figures)
    assert [round(float(side)) for side in pdf.pages[0].mediabox[2:]] == [595, 842]


def test_the_pdf_is_set_in_one_typeface(year: Built) -> None:
    """Text, headings and diagrams, whose numbers can be found by searching."""
    pages = PdfReader(year.out / names.PDF).pages
    fonts: list[Any] = [font.get_object() for each in pages for font in each["/Resources"].get("/Font", {}).values()]
    assert {re.sub(r"^/[A-Z]{6}\+", "", font["/BaseFont"]) for font in fonts} == {"DejaVuSans", "DejaVuSans-Bold"}
    assert "Hägersten-Älvsjö" in pages[5].extract_text() and "Mål: minst 50" in "".join(p.extract_text() for p in pages)


def test_the_pdf_breaks_no_rule_of_accessible_documents(built: Built) -> None:
    """By another program than made it: PDF/UA-1, all of its rules that a machine can check."""
    found = page.validate_pdf(built.out / names.PDF, profile="ua1")
    assert found.rules.total > 100 and not [failure.message for failure in found.failures]


# -- PX ------------------------------------------------------------------------------------------------------------------


def _px(built: Built, id_: str) -> str:
    return (built.out / names.px(id_)).read_bytes().decode("utf-8")


def test_px_files_follow_the_format(open_built: Built) -> None:
    files = sorted((open_built.out / names.TABLES).glob("*.px"))
    assert len(files) > 40
    found = {file.name: px_format.faults(file.read_bytes().decode("utf-8")) for file in files}
    assert {name: faults for name, faults in found.items() if faults} == {}
    texts = [file.read_text(encoding="utf-8") for file in files]
    assert all(text.startswith('CHARSET="ANSI";\nAXIS-VERSION="2013";\nCODEPAGE="utf-8";') for text in texts)
    assert len({re.findall('MATRIX="(.+)";', text)[0] for text in texts}) == len(files)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('MATRIX="TABELL5";\r\n', "", "MATRIX is missing"),
        ('MATRIX="TABELL5"', 'MATRIX="TABELL5TABELL5TABELL5"', "MATRIX is too long: TABELL5TABELL5TABELL5"),
        ('LANGUAGE="sv"', "LANGUAGE=sv", "LANGUAGE is not of its type: sv"),
        ("COPYRIGHT=NO", "COPYRIGHT=PERHAPS", "COPYRIGHT is not of its type: PERHAPS"),
        ('CREATION-DATE="2024', 'CREATION-DATE="24', "CREATION-DATE is not of its type"),
        ('HEADING="Period","Tabellinnehåll"', 'HEADING="Period"', "STUB and HEADING name each variable once"),
        ('CONTVARIABLE="Tabellinnehåll"', 'CONTVARIABLE="Mått"', "CONTVARIABLE is no variable: Mått"),
        ('UNITS("Inskrivna")="personer";\r\n', "", "UNITS is not given for each of the contents"),
        ("TLIST(A1)", "TLIST(Z1)", "TIMEVAL is not of its type"),
        ('TLIST(A1),"2023"', 'TLIST(A1),"2023","2022"', "TIMEVAL of Period does not have one for each value"),
        ('VALUES("Period")="2023"', 'VALUES("Period")="2023","2022"', "DATA has 54 cells, not 108"),
        ("DATA=\r\n490 ", "DATA=\r\n490,5 ", "DATA has no number: 490,5"),
        ("DATA=\r\n490 ", "DATA=\r\n490.5 ", "DATA has more decimals than DECIMALS says: 490.5"),
        ('SOURCE="', 'INVENTED="x";\r\nSOURCE="', "INVENTED is not in the table of keywords"),
        (
            'AUTOPEN=YES;\r\nSUBJECT-CODE="UF";',
            'SUBJECT-CODE="UF";\r\nAUTOPEN=YES;',
            "the keywords are not in the recommended",
        ),
        ('TITLE="', 'TITLE="a "quoted" ', "TITLE is not of its type"),
        ("DATASYMBOL1=", 'CELLNOTE("*","2022","*")="x";\r\nDATASYMBOL1=', "CELLNOTE is of no cell"),
        ("AUTOPEN=YES;", "AUTOPEN=YES;\n", "a line ends without CR"),
        ("DATASYMBOL1=", f'DATASYMBOL1="{"x" * 250}";\r\nDATASYMBOL1=', "a line is longer than 256"),
    ],
)
def test_a_fault_of_a_px_file_is_found(open_year: Built, old: str, new: str, fault: str) -> None:
    text = _px(open_year, "tabell-5")
    assert px_format.faults(text) == [] and text.count(old) == 1
    assert any(found.startswith(fault) for found in px_format.faults(text.replace(old, new)))


def test_px_says_which_period_a_table_is_of(open_year: Built) -> None:
    of_2022 = "verksamhetsåret 2022 (1\u00a0december 2021–30\u00a0november 2022)"
    of_2023 = "verksamhetsåret 2023 (1\u00a0december 2022–30\u00a0november 2023)"
    assert f'REFPERIOD="{of_2022}";' in _px(open_year, "tabell-3")
    assert f'REFPERIOD="{of_2022} och {of_2023}";' in _px(open_year, "tabell-1")
    assert "REFPERIOD" not in _px(open_year, "telefon")


def test_px_has_a_variable_of_time(open_year: Built) -> None:
    """Of its own where all numbers are of one period; on a scale where its values are of one length."""
    assert 'VALUES("Period")="2022";' in _px(open_year, "tabell-3") and 'HEADING="Period","Kön";' in _px(
        open_year, "tabell-3"
    )
    assert 'TIMEVAL("Period")=TLIST(A1),"2022";' in _px(open_year, "tabell-3")
    assert 'TIMEVAL("År")=TLIST(A1),"2023","2022";' in _px(open_year, "tabell-1")
    assert 'STUB="Jobbtorg","Period";' in _px(open_year, "telefon-2")
    # School years are no calendar years, and terms and years are no points on one scale.
    for other in ("lasar", "telefon"):
        assert "TIMEVAL" not in _px(open_year, other) or "tertial" not in _px(open_year, other).lower()


def test_months_and_half_years_are_on_their_scales() -> None:
    found = {
        scale: [match.expand(time) for match in map(pattern.fullmatch, ids) if match]
        for ids in [
            ["kalenderar-2023", "halvar2-2023", "manad-2023-05", "tertial1-2023", "lasar-2022-2023", "dag-2023-11-30"]
        ]
        for scale, pattern, time in TIME_SCALES
    }
    assert found == {"A1": ["2023"], "H1": ["20232"], "M1": ["202305"]}


def test_px_says_at_a_number_that_it_is_hidden(tmp_path: Path, year: Built) -> None:
    hidden = NumberKey("outreach", "reached", year.period, gender="kvinna")
    published = published_file.public(year.published, tmp_path / "public.duckdb", year.period, [hidden])
    build_documents(published, year.period, tmp_path / "out")
    text = (tmp_path / "out" / names.px("tabell-2")).read_bytes().decode("utf-8")
    assert px_format.faults(text) == []
    notes = [(entry.of, entry.plain) for entry in px_format.entries(text) if entry.keyword.startswith("CELLNOTE")]
    assert [of for of, _ in notes] == [("Nådd", "2023", "Kvinnor")]
    assert ".. betyder mindre än 5, eller skyddad" in notes[0][1][0]
    lines = text[text.index("DATA=") :].split()
    assert lines.count('".."') == 1 and lines[4] == '".."'
    book = openpyxl.load_workbook(tmp_path / "out" / names.EXCEL)
    assert not [sheet.title for sheet in book for row in sheet.iter_rows(values_only=True) if 1408 in row]
    women = ("Sökta och nådda ungdomar", "Nådda", "Kvinnor", "Alla", "Alla")
    rows = [row for row in book["Alla tal"].iter_rows(min_row=6, values_only=True) if row[3:8] == women]
    shown = [row[10:12] for row in rows if row[0] == "verksamhetsåret 2023"]
    assert shown == [("..", "personer"), ("..", "andel")]


def test_px_says_at_a_number_that_it_has_been_changed(tmp_path: Path, open_year: Built) -> None:
    public = shutil.copy(open_year.published, tmp_path / "public.duckdb")
    with duckdb.connect(str(public)) as connection:
        choice = CellKey(method="cell_key", D=3, V=1, js=0)
        connection.execute("update public_output set disclosure = ?", [choice.model_dump_json()])
    data = read_report(public, open_year.period)
    content = outline.read(public, data)
    blocks = {block.id: block for block in content.blocks}
    (changed,) = cell_notes(cube(blocks["tabell-1"], data), content)
    assert changed.where == ("*", "*") and "slumpmässigt ändrat med högst 3" in changed.text
    # What was delivered as a number has not been changed.
    assert cell_notes(cube(blocks["nyckeltal"], data), content) == []
    text = px.table(blocks["tabell-1"], content)
    assert f'CELLNOTEX("*","*")="{changed.text}";' in text.replace('"\r\n"', "") and px_format.faults(text) == []


def test_px_has_two_variables_where_columns_have_headings_in_common(open_year: Built) -> None:
    text = _px(open_year, "andel-16-19")
    assert 'HEADING="Period","Tabellinnehåll";\r\nCONTVARIABLE="Tabellinnehåll";' in text
    assert 'VALUES("Period")="2023","2022";' in text and 'UNITS("Andel")="procent";' in text
    assert 'CONTACT("Andel")="Statistikgruppen, statistik@stad.example";' in text
    assert "CONTVARIABLE" not in _px(open_year, "tabell-2")
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


def test_both_csv_files_have_the_same_lines(open_built: Built) -> None:
    """For spreadsheets in Swedish with semicolons, decimal commas and a byte-order mark."""
    files = [
        path for path in sorted((open_built.out / names.TABLES).glob("*.csv")) if not path.name.endswith("-excel.csv")
    ]
    assert len(files) > 40
    for path in files:
        for_excel = path.with_name(path.stem + "-excel.csv").read_bytes()
        assert for_excel.startswith(b"\xef\xbb\xbf") and not path.read_bytes().startswith(b"\xef\xbb\xbf")
        head, *rows = csv.reader(io.StringIO(for_excel.decode("utf-8-sig"), newline=""), delimiter=";")
        place = head.index("Tal")
        assert all(re.fullmatch(r"(-?\d+(,\d+)?)?", row[place]) for row in rows), path
        points = [[*row[:place], row[place].replace(",", "."), *row[place + 1 :]] for row in rows]
        assert [head, *points] == list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        assert {"Från och med", "Till och med"} <= set(head) and any(row[head.index("Till och med")] for row in rows)


def test_a_line_has_its_period_and_a_share_what_it_is_a_share_of(open_year: Built) -> None:
    text = (open_year.out / names.csv_for_excel("tabell-5")).read_text(encoding="utf-8-sig")
    assert "Jobbtorg Globen;2023;Avslutade, andel;2022-12-01;2023-11-30;65;procent;490;" in text.splitlines()
    text = (open_year.out / names.csv("brev-2")).read_text(encoding="utf-8")
    assert "Jobbtorg Globen,Hösten 2023,Totalt,Försök,2023-09-01,2023-10-28,0,antal,," in text.splitlines()


def test_the_description_tells_what_a_data_user_asks(open_year: Built) -> None:
    found = json.loads((open_year.out / names.csv_description("tabell-3")).read_text(encoding="utf-8"))
    assert found["url"] == "tabell-3.csv" and found["dc:title"] == "Tabell 3. Nådda och ej nådda ungdomar, 2022"
    assert found["dc:publisher"] == "Stockholms stad" and found["dc:license"]["@id"] == OPEN_DATA["licence"]
    assert found["dc:temporal"] == "2021-12-01/2022-11-30" and found["dc:modified"]["@value"] == "2024-01-08"
    columns = {column["titles"]: column["datatype"]["base"] for column in found["tableSchema"]["columns"]}
    assert columns == {
        "Resultat": "string", "Period": "string", "Kön": "string", "Från och med": "date", "Till och med": "date",
        "Tal": "integer", "Enhet": "string", "Bas": "integer", "Tecken": "string",
    }  # fmt: skip
    assert found["tableSchema"]["primaryKey"] == ["resultat", "period", "kon"]
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
