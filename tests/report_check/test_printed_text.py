"""The numbers in a report's sentences: nobody is asked for them; given as a text file, they are checked."""

from pathlib import Path

import pytest

from dashboards.report_check.checked import Checked, check
from dashboards.report_check.printed_report import read_cells
from dashboards.report_check.printed_text import mentions, read_sentences
from dashboards.report_check.tables import BadReport
from dashboards.report_check.wording import rows, text
from pipelines.commands.cli import main
from tests.report_check.mutations import FILES

SERIES = "\n".join(
    [
        "printed,label,period,op,terms,value",
        *(
            f'Diagram 3,unga utan arbete eller studier,{2010 + n},,,"{value} %"'
            for n, value in enumerate(("14,3", "12,6", "11,4", "11,2", "11,9", "12,2"))
        ),
    ]
)


def checked(folder: Path, sentences: str, tables: str = "") -> Checked:
    (folder / "text.txt").write_text(sentences, encoding="utf-8")
    (folder / "tabell.csv").write_text(tables, encoding="utf-8")
    return check(read_cells([folder / "tabell.csv"] if tables else []), None, read_sentences(folder / "text.txt"))


def numbers(sentences: str, folder: Path) -> list[str]:
    (folder / "text.txt").write_text(sentences, encoding="utf-8")
    return [
        sentence.text[mention.start : mention.end]
        for sentence in read_sentences(folder / "text.txt")
        for mention in mentions(sentence)
    ]


@pytest.mark.parametrize(
    ("sentence", "right"),
    [
        ("Av de 39 som avslutades gick 28 vidare, 70 procent.", False),
        ("Stödet hade 39 deltagare, varav 28 blev självförsörjande (70 procent).", False),
        ("Stödet hade 39 deltagare, av dem 28, 72 %.", True),
        ("Det gäller 28 av de 39 deltagarna, eller 70 procent.", False),
        ("Det gäller 28 av totalt 39 deltagare, eller 71,8 procent.", True),
    ],
)
def test_a_share_in_a_sentence_that_says_of_what(tmp_path: Path, sentence: str, right: bool) -> None:
    found = checked(tmp_path, sentence)
    assert bool(found.suspects) != right
    assert right or "28 av 39 är 71,8 %, men tryckt är 70 % (text.txt rad 1)." in text(found)


@pytest.mark.parametrize(
    "sentence", ["Andelen ökade till 13 procent.", "Unga utan studier ökade till 13 procent 2015."]
)
def test_rose_to_another_number_than_the_series_has(tmp_path: Path, sentence: str) -> None:
    said = text(checked(tmp_path, sentence, SERIES))
    assert "text.txt rad 1, ”13 procent" in said
    assert "tryckt 13 %, ska då vara 12 %" in said
    assert "Dessförinnan, 2014, är det 11,9 %." in said


@pytest.mark.parametrize(
    ("sentence", "right"),
    [
        ("Andelen ökade till 12,2 procent.", True),
        ("Andelen ökade till 12 procent.", True),
        ("Andelen sjönk till 12,2 procent.", False),
        ("Andelen hade 2013 sjunkit till 11,2 procent.", True),
        ("Från 2010 har andelen minskat till 12,2 procent 2015.", True),
        ("Från 2010 har andelen ökat till 12,2 procent 2015.", False),
        ("Andelen minskade med 2,1 procentenheter, eller 15 procent.", True),
    ],
)
def test_what_a_sentence_says_of_a_series(tmp_path: Path, sentence: str, right: bool) -> None:
    found = checked(tmp_path, sentence, SERIES)
    assert bool(found.suspects) != right
    assert not found.text.unsupported


def test_a_heading_that_is_loose_about_the_counts_below_it(tmp_path: Path) -> None:
    found = checked(tmp_path, "Var fjärde ungdom är i en insats\n\nAv 46 300 ungdomar var 10 000 i en insats.\n")
    assert not found.suspects
    assert "Löst uttryckt, men inte fel: 1 tal" in text(found)
    assert "10 000 av 46 300 är 21,6 %, men tryckt är ”Var fjärde” (text.txt rad 3 och text.txt rad 1)." in text(found)


def test_a_heading_of_something_else_is_not_held_against_the_counts_below_it(tmp_path: Path) -> None:
    found = checked(tmp_path, "Hälften går till studier\n\nAv 400 avslutade var 150 kvinnor.\n")
    assert not found.suspects
    assert "3 tal i texten\n  text.txt rad 1, ”Hälften går till studier”." in text(found)


def test_what_no_table_has_is_told_and_is_not_called_wrong(tmp_path: Path) -> None:
    found = checked(tmp_path, "Andelen var 14,3 procent.\nVi har 417 ärenden och 1 samordnare.", SERIES)
    assert "Finns inte i tabellerna: 1 tal i texten\n  text.txt rad 2, ”417 ärenden och 1”." in text(found)
    assert "Finns i tabellerna: 1 tal i texten." in text(found)
    assert [row[1] for row in rows(found)] == ["finns inte i tabellerna"]
    assert not found.suspects


def test_the_text_of_2023_is_checked_against_its_tables(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(
        "Totalt 7 546 ungdomar omfattades, vilket är 392 fler än 2022. Antalet sökta ökade med 676 till 5 777.\n"
        "Av de nådda var 87 % sysselsatta. Nio av tio nåddes inte.\n", encoding="utf-8",
    )  # fmt: skip
    found = check(read_cells([FILES[0]]), None, read_sentences(tmp_path / "text.txt"))
    assert {cell.label for cell in found.text.unsupported} == {
        "676 till 5 777",
        "87 % sysselsatta",
        "Nio av tio nåddes inte",
    }
    assert found.text.supported == 3


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("Enligt 29 kap. 9 § gäller det ungdomar 16–20 år, 17-åringar och läsåret 2022/23.", []),
        ("Den 30 november 2023 (2023-11-30) fanns tabell 3 på sidan 12, kl 10:30.", []),
        ("Det kostade 1,2 miljoner, 450 kronor och tog 90 dagar.", []),
        ("6.1 Antal ungdomar under 2023, 7 546 och 12,2 %.", ["7 546", "12,2 %"]),
        ("Av 2 015 var 2015 procent och hälften kvar.", ["2 015", "2015 procent", "hälften"]),
        ("Andra hälften av året nåddes ca 400 ungdomar i 12 kommuner.", ["ca 400", "12"]),
    ],
)
def test_what_is_a_number_in_a_sentence(tmp_path: Path, sentence: str, read: list[str]) -> None:
    assert numbers(f"Av 39 är 28 kvar.\n\n{sentence}", tmp_path)[2:] == read


def test_a_text_file_is_read_when_it_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.txt").write_text("Av 39 deltagare gick 28 vidare, 70 procent.", encoding="utf-8")
    for files, code in (((FILES[0], tmp_path / "text.txt"), 2), ((tmp_path / "text.txt",), 2), ((FILES[0],), 0)):
        with pytest.raises(SystemExit) as ended:
            main(["check-report", "--without-warehouse", *map(str, files)])
        assert ended.value.code == code
    assert "70 procent" in capsys.readouterr().out


def test_a_text_without_numbers_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("Det gick bra.", encoding="utf-8")
    with pytest.raises(BadReport, match="följs inte av några tal: ta bort filen"):
        read_sentences(tmp_path / "text.txt")
    (tmp_path / "text.txt").write_bytes("Två år på sjön".encode("latin-1"))
    with pytest.raises(BadReport, match="spara filen som text i UTF-8"):
        read_sentences(tmp_path / "text.txt")
