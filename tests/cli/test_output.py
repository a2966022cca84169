"""What programs read: the columns of interface.md, as RFC 4180 with LF and as JSON; and what the nightly says to people."""

import csv
import io
import json
import re
from decimal import Decimal
from typing import Any

import pytest

from pipelines.commands.cli import say
from pipelines.commands.tables import write_csv, write_json, write_table
from tests.cli.conftest import Kaa, Published

DELIVERY_COLUMNS = [
    "source", "extract_date", "revision", "status", "reason", "message", "rows", "quarantined_rows", "delivery_id",
    "folder",
]  # fmt: skip
QUARANTINE_COLUMNS = ["delivery_id", "dataset", "file", "line", "column", "reason", "expected"]
FIGURE_COLUMNS = [
    "figure", "measure", "period", "gender", "district", "job_centre", "category", "subcategory", "value",
]  # fmt: skip

LISTS = [
    (("deliveries",), DELIVERY_COLUMNS),
    (("quarantine",), QUARANTINE_COLUMNS),
    (("figures", "--period", "verksamhetsar-2023"), FIGURE_COLUMNS),
    (("figures", "--period", "dag-2023-11-30"), FIGURE_COLUMNS),
    (("figures", "--period", "verksamhetsar-2023", "--as-known", "2023-11-30"), FIGURE_COLUMNS),
    (("figures", "--period", "manad-2023-11", "--figure", "population"), FIGURE_COLUMNS),
]


def test_the_nightly_ends_with_two_when_a_delivery_was_rejected_or_is_held(published: Published) -> None:
    said = published.nightly
    assert (said.exit_code, said.out) == (2, "")
    assert "Published version 1" in said.err
    assert "1 waiting for a decision" in said.err
    assert "Traceback" not in said.err
    assert (published.home / "current.json").is_file()


@pytest.mark.parametrize(("command", "columns"), LISTS, ids=str)
def test_csv_is_rfc_4180_with_line_feeds_and_a_header_row(
    published: Published, kaa: Kaa, command: tuple[str, ...], columns: list[str]
) -> None:
    said = kaa(*command, "--format", "csv")
    assert (said.exit_code, said.err) == (0, "")
    assert "\r" not in said.out
    assert said.out.endswith("\n")
    header, *rows = csv.reader(io.StringIO(said.out, newline=""), strict=True)
    assert header == columns
    assert all(len(row) == len(columns) for row in rows)
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([header, *rows])
    assert written.getvalue() == said.out
    assert rows


@pytest.mark.parametrize(("command", "columns"), LISTS, ids=str)
def test_json_is_a_list_of_objects_with_the_same_names_and_values(
    published: Published, kaa: Kaa, command: tuple[str, ...], columns: list[str]
) -> None:
    objects = json.loads(kaa(*command, "--format", "json").out, parse_float=Decimal)
    rows = list(csv.DictReader(io.StringIO(kaa(*command, "--format", "csv").out, newline="")))
    assert [list(one) for one in objects] == [columns] * len(rows)
    assert [{name: _text(value) for name, value in one.items()} for one in objects] == rows


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def test_figures_are_csv_where_no_format_is_asked_for(published: Published, kaa: Kaa) -> None:
    command = ("figures", "--period", "verksamhetsar-2023")
    assert kaa(*command).out == kaa(*command, "--format", "csv").out
    assert kaa(*command).out.startswith(",".join(FIGURE_COLUMNS) + "\n")


def test_only_the_figure_that_is_asked_for_is_given(published: Published, kaa: Kaa) -> None:
    every = kaa("figures", "--period", "verksamhetsar-2023").out.splitlines()
    for more in ([], ["--as-known", "2023-11-30"]):
        one = kaa("figures", "--period", "verksamhetsar-2023", "--figure", "population", *more).out.splitlines()
        assert one[1:] == [line for line in every if line.startswith("population,")]
        assert len(one) > 1


def test_what_was_known_before_the_first_extract_is_nothing(published: Published, kaa: Kaa) -> None:
    said = kaa("figures", "--period", "verksamhetsar-2023", "--as-known", "2020-01-01")
    assert said.exit_code == 0
    assert said.out == ",".join(FIGURE_COLUMNS) + "\n"


def test_the_lists_hold_what_the_deliveries_deserve(published: Published, kaa: Kaa) -> None:
    lines = json.loads(kaa("deliveries", "--format", "json").out)
    assert {line["status"] for line in lines} == {"accepted", "held", "rejected"}
    unread = next(line for line in lines if line["folder"] == "beda/no json")
    assert (unread["source"], unread["extract_date"], unread["revision"]) == (None, None, None)
    loaded = next(line for line in lines if line["source"] == "folkbokforing")
    assert (loaded["extract_date"], loaded["revision"], loaded["rows"], loaded["quarantined_rows"]) == (
        "2023-11-30", 1, 4, 2,
    )  # fmt: skip
    entries = json.loads(kaa("quarantine", "--format", "json").out)
    own = [entry for entry in entries if entry["delivery_id"] == loaded["delivery_id"]]
    assert [(entry["dataset"], entry["file"], entry["line"], entry["column"], entry["reason"]) for entry in own] == [
        ("personer", "personer.csv", 4, "personnummer", "bad_personnummer"),
        ("personer", "personer.csv", 5, "stadsdelsomrade", "bad_code"),
    ]
    assert len(entries) == sum(line["quarantined_rows"] for line in lines)


def test_a_table_for_people_names_every_column(published: Published, kaa: Kaa) -> None:
    for command, columns in (("deliveries", DELIVERY_COLUMNS), ("quarantine", QUARANTINE_COLUMNS)):
        said = kaa(command)
        assert said.exit_code == 0
        for column in columns:
            assert column in said.out


def test_a_report_is_written_and_opens_with_its_first_file(published: Published, kaa: Kaa, tmp_path: Any) -> None:
    said = kaa("report", "--period", "verksamhetsar-2023", "--out", tmp_path / "new" / "report")
    assert (said.exit_code, said.out) == (0, "")
    first = re.search(r"open (\S+) in a browser", said.err)
    assert first
    assert first[1].endswith(".html")


# --- values as they are -------------------------------------------------------------------------------------------------

STEERING = "R\x1b[31möd\x07 \x9b2J\x08 \u202e x"


@pytest.mark.parametrize("value", [STEERING, "a\rb", 'a"b', "a;b,c", "a\nb", " \t", "=1+1"])
def test_what_a_program_reads_is_the_value_sign_by_sign(capsys: pytest.CaptureFixture[str], value: str) -> None:
    write_csv(["fraga", "svar"], [[value, 1]])
    assert list(csv.reader(io.StringIO(capsys.readouterr().out, newline=""), strict=True)) == [
        ["fraga", "svar"],
        [value, "1"],
    ]
    write_json(["fraga"], [[value]])
    assert json.loads(capsys.readouterr().out) == [{"fraga": value}]


def test_a_table_for_people_does_not_steer_their_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write_table(["fraga"], [[STEERING]])
    shown = capsys.readouterr().out
    assert r"R\x1b[31möd\x07 \x9b2J\x08 \u202e x" in shown
    assert not set(shown) & set("\x1b\x07\x9b\x08\u202e")


def test_nor_does_what_is_said_to_them(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"Leveransen {STEERING} lämnades i natt.\nNästa rad.")
    assert capsys.readouterr().err == (
        "Leveransen R\\x1b[31möd\\x07 \\x9b2J\\x08 \\u202e x lämnades i natt.\nNästa rad.\n"
    )
