"""One table written in every way that deliveries.md section 1 allows is one content, with the right physical lines."""

import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.delivery.nights import Nights, deliver

#: Header on line 1, the rows on lines 2, 4 (after an empty line), 7 and 8; the last is bad, and a value spans lines 4 to 6.
TEXT = (
    "svar_id;datum;fraga;svar\n"
    "a;2023-01-01;Fick du hjälp?;5\n"
    "\n"
    'b;2023-01-01;"Vad tycker du om\n'
    'stödet; ""rakt"" sagt,\n'
    'på en skala?";"4"\n'
    '"c"; 2023-01-02\t;" Fick du hjälp? ";3\n'
    "d;2023-01-02;Fick du hjälp?;9\n"
)
ROWS = 4
BAD_LINE = 8


def _permuted(text: str) -> str:
    """`svar` stands first: every row ends with its one digit."""
    lines = text.split("\n")
    lines[0] = "svar;svar_id;datum;fraga"
    lines[1], lines[6], lines[7] = ["5;" + lines[1][:-2], "3;" + lines[6][:-2], "9;" + lines[7][:-2]]
    lines[3], lines[5] = '"4";' + lines[3], lines[5].removesuffix(';"4"')
    return "\n".join(lines)


def _with_unknown_columns(text: str) -> str:
    lines = text.split("\n")
    lines[0] = "anteckning;" + lines[0] + ";"
    lines[1], lines[6], lines[7] = (f"HEMLIGT{place};{lines[place]};x" for place in (1, 6, 7))
    lines[3], lines[5] = "HEMLIGT3;" + lines[3], lines[5] + ";x"
    return "\n".join(lines)


WAYS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "plain": ("svar.csv", lambda: TEXT.encode(), "utf-8"),
    "byte-order mark": ("svar.csv", lambda: b"\xef\xbb\xbf" + TEXT.encode(), "utf-8"),
    "CRLF": ("svar.csv", lambda: TEXT.replace("\n", "\r\n").encode(), "utf-8"),
    "no last line end": ("svar.csv", lambda: TEXT.rstrip("\n").encode(), "utf-8"),
    "lines of blanks": ("svar.csv", lambda: TEXT.replace("\n\n", "\n \t \n").encode() + b"  \n\n", "utf-8"),
    "gzip": ("svar.csv.gz", lambda: gzip.compress(TEXT.encode()), "utf-8"),
    "gzip in capitals": ("SVAR.CSV.GZ", lambda: gzip.compress(TEXT.encode()), "utf-8"),
    "latin-1": ("svar.csv", lambda: TEXT.encode("iso-8859-1"), "iso-8859-1"),
    "latin-1, CRLF and gzip": (
        "svar.csv.gz", lambda: gzip.compress(TEXT.replace("\n", "\r\n").encode("iso-8859-1")), "iso-8859-1",
    ),
    "other column order": ("svar.csv", lambda: _permuted(TEXT).encode(), "utf-8"),
    "unknown columns": ("svar.csv", lambda: _with_unknown_columns(TEXT).encode(), "utf-8"),
    "quoted header": (
        "svar.csv", lambda: TEXT.replace("svar_id;datum", ' "svar_id" ;\t"datum\t"', 1).encode(), "utf-8",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    nights = Nights(tmp_path_factory.mktemp("formats"))
    for place, (way, (name, content, encoding)) in enumerate(WAYS.items(), start=1):
        day = f"2023-11-{place:02}"
        deliver(nights.drop, f"enkat/{way}", day, {"svar": (name, content())},
                filer={"rader": ROWS, "teckenkodning": encoding})  # fmt: skip
    nights.run()
    return nights


@pytest.mark.parametrize("way", WAYS)
def test_a_file_is_read_in_every_way_it_may_be_written(night: Nights, way: str) -> None:
    line = night.of(f"enkat/{way}")
    assert (line["status"], line["rows"], line["quarantined_rows"]) == ("accepted", ROWS, 1)


@pytest.mark.parametrize("way", WAYS)
def test_the_line_of_a_bad_row_is_the_physical_line_on_which_it_begins(night: Nights, way: str) -> None:
    (entry,) = [one for one in night.quarantine() if one["folder"] == f"enkat/{way}"]
    assert (entry["line"], entry["column"], entry["file"]) == (BAD_LINE, "svar", WAYS[way][0])


def test_all_ways_are_one_content(night: Nights) -> None:
    """Each row is one unbroken run of extracts: no night differed from the one before it."""
    first = date(2023, 11, 1)
    rows = night.query("select * exclude (datum) from enkat_svar order by svar_id")
    assert rows == [
        ("a", "Fick du hjälp?", 5, first, None),
        ("b", 'Vad tycker du om\nstödet; "rakt" sagt,\npå en skala?', 4, first, None),
        ("c", "Fick du hjälp?", 3, first, None),
    ]


def test_unknown_columns_give_a_warning_and_are_stored_nowhere(night: Nights) -> None:
    assert "svar.csv har 2 kolumner utanför kontraktet; de sparas inte" in night.of("enkat/unknown columns")["message"]
    assert "kolumner" not in night.of("enkat/plain")["message"]
    kept = [path for path in night.home.path.rglob("*") if path.is_file() and "archive" not in path.parts]
    assert kept
    assert not [path for path in kept if b"HEMLIGT" in path.read_bytes()]


def test_a_dataset_that_the_source_does_not_have_gives_a_warning_and_is_not_read(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    deliver(nights.drop, "enkat/more", "2023-11-30", {
        "svar": ("svar.csv", b"svar_id;datum;fraga;svar\na;2023-01-01;Hur?;5\n"),
        "kommentarer": ("kommentarer.csv", b'broken;"\n'),
    })  # fmt: skip
    nights.run()
    line = nights.of("enkat/more")
    assert (line["status"], line["rows"]) == ("accepted", 1)
    assert "1 datamängder som källan inte har" in line["message"]


def test_a_bad_row_inside_a_record_of_many_lines_has_the_line_where_the_record_begins(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    text = 'svar_id;datum;fraga;svar\r\n\r\na;2023-01-01;"Hur\r\n\r\nbra?";6\r\n\r\n"b";2023-01-01;Hur?;"\r\n"\r\n'
    deliver(nights.drop, "enkat/a", "2023-11-30", {"svar": ("svar.csv", text.encode())}, filer={"rader": 2})
    nights.run()
    assert [(one["line"], one["reason"]) for one in sorted(nights.quarantine(), key=lambda one: one["line"])] == [
        (3, "bad_type"),
        (7, "missing_value"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("after a record of many lines", b'svar_id;datum;fraga;svar\na;2023-01-01;"x\ny";5\nb;2023\n', "rad 4"),
        ("in a record of many lines", b'svar_id;datum;fraga;svar\n\na;2023-01-01;"x\ny"z;5\n', "rad 3"),
        ("with CRLF", b"svar_id;datum;fraga;svar\r\na;2023-01-01;Hur?;5\r\nb;2023\r\n", "rad 3"),
        ("header after empty lines", b"\n\nsvar_id;datum;datum;fraga;svar\n", "rad 3"),
        ("never closed", b'svar_id;datum;fraga;svar\na;2023-01-01;Hur?;5\nb;2023-01-01;"Hur?;5\nc;1;1;1\n', "rad 3"),
    ],
)
def test_a_broken_csv_is_told_with_the_line_of_the_record(tmp_path: Path, name: str, content: bytes, line: str) -> None:
    nights = Nights(tmp_path)
    deliver(nights.drop, f"enkat/{name}", "2023-11-30", {"svar": ("svar.csv", content)})
    nights.run()
    found = nights.of(f"enkat/{name}")
    assert found["reason"] == "malformed_csv"
    assert f"svar.csv {line}:" in found["message"]


def test_an_extract_without_rows_is_an_extract(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    header = b"svar_id;datum;fraga;svar\n"
    deliver(nights.drop, "enkat/1", "2023-11-29", {"svar": ("svar.csv", header + b"a;2023-01-01;Hur?;5\n")})
    deliver(nights.drop, "enkat/2", "2023-11-30", {"svar": ("svar.csv", header)})
    nights.run()
    assert nights.counting() == {("enkat", "2023-11-29", 1), ("enkat", "2023-11-30", 1)}
    assert nights.query("select last_extract_date from enkat_svar") == [(date(2023, 11, 29),)]


@pytest.mark.parametrize("name", ["svar.csv.gz", "SVAR.CSV.GZ", "svar.Csv.Gz"])
def test_a_gzip_of_no_bytes_is_undecodable(tmp_path: Path, name: str) -> None:
    nights = Nights(tmp_path)
    deliver(nights.drop, "enkat/empty", "2023-11-30", {"svar": (name, b"")}, filer={"rader": 0})
    nights.run()
    assert nights.of("enkat/empty")["reason"] == "undecodable"


@pytest.mark.parametrize(
    ("question", "encoding", "stated", "is_garbled"),
    [
        ("Fick du hjälp – på riktigt?", "windows-1252", "iso-8859-1", True),
        ("Kostade det 5 €?", "windows-1252", "iso-8859-1", True),
        ("Fick du hjälp?", "utf-8", "iso-8859-1", True),
        ("Vad gör en ÅÄÖ?", "utf-8", "iso-8859-1", True),
        ("Fick du hjälp?".encode().decode("iso-8859-1"), "utf-8", "utf-8", True),
        ("Är Öst bra? – å".encode().decode("windows-1252", "replace"), "utf-8", "utf-8", True),
        ("Fick du hj\ufffdlp?", "utf-8", "utf-8", True),
        ("Fick du hjälp?", "windows-1252", "iso-8859-1", False),
        ("Är 5\u00a0° kallt enligt § 2, São Paulo, Ü é ½ – ”ja”?", "utf-8", "utf-8", False),
        ("ÅÄÖåäö ÃO Â", "utf-8", "utf-8", False),
    ],
)
def test_another_encoding_than_the_stated_one_gives_a_warning(
    tmp_path: Path, question: str, encoding: str, stated: str, is_garbled: bool
) -> None:
    nights = Nights(tmp_path)
    rows = [f"a;2023-01-01;{question};5", "b;2023-01-01;Hur?;5", f"c;2023-01-01;{question};4"]
    content = ("svar_id;datum;fraga;svar\n" + "\n".join(rows) + "\n").encode(encoding)
    deliver(nights.drop, "enkat/a", "2023-11-30", {"svar": ("svar.csv", content)}, filer={"teckenkodning": stated})
    nights.run()
    line = nights.of("enkat/a")
    assert line["status"] == "accepted"
    assert (
        f"2 rader i svar.csv har tecken som tyder på en annan teckenkodning än {stated}" in line["message"]
    ) is is_garbled
    assert question not in line["message"]


@pytest.mark.parametrize(("different", "is_told"), [(200, False), (201, True)])
def test_more_different_questions_than_a_survey_has_give_a_warning(
    tmp_path: Path, different: int, is_told: bool
) -> None:
    nights = Nights(tmp_path)
    for day, count in (("2023-11-29", 3), ("2023-11-30", different)):
        rows = "".join(f"s{place};2023-01-01;Fråga {place}?;5\n" for place in range(count))
        content = f"svar_id;datum;fraga;svar\n{rows}".encode()
        deliver(nights.drop, f"enkat/{day}", day, {"svar": ("svar.csv", content)})
    nights.run()
    assert "olika värden" not in nights.of("enkat/2023-11-29")["message"]
    assert (
        f"kolumnen fraga i svar.csv har {different} olika värden" in nights.of("enkat/2023-11-30")["message"]
    ) is is_told


def test_control_signs_in_a_value_are_kept_as_delivered(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    content = b"svar_id;datum;fraga;svar\n\x1b[31ma;2023-01-01;R\x1b[31m\x07?;5\n"
    deliver(nights.drop, "enkat/a", "2023-11-30", {"svar": ("svar.csv", content)})
    nights.run()
    assert nights.query("select svar_id, fraga from enkat_svar") == [("\x1b[31ma", "R\x1b[31m\x07?")]
