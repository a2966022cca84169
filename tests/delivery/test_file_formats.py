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
