"""`kaa scb`: the file to SCB has the rows that the sentences of interface.md give, and with errors only the report is written."""

import csv
import io
import stat
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
import yaml

from pipelines.audit.access_log import read_accesses
from pipelines.state import decision_log
from pipelines.state.home import Home
from pipelines.state.keys import ARCHIVE_PRIVATE, make_archive_keys
from pipelines.statistics.checks import broken_checks
from pipelines.statistics.hand_in import DECISION
from pipelines.statistics.layout import LAYOUTS, Layout, read_layout
from pipelines.statistics.youths import Youth, birthday, ceased
from pipelines.warehouse.periods import parse_period
from tests.cli.conftest import Kaa
from tests.state.world import everything
from tests.statistics.conftest import ANNA, BO, CILLA, CILLA_EARLIER, DAN, ESTER, FREJA

PERIOD = "halvar1-2023"


def _scb(kaa: Kaa, key: Path, out: Path, *more: object, period: str = PERIOD) -> Any:
    return kaa("scb", "--period", period, "--key", key, "--out", out, *more)


def _rows(out: Path) -> list[list[str]]:
    text = (out / f"scb_kaa_{PERIOD}.csv").read_bytes().decode()
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_the_file_holds_every_youth_once_with_the_longest_of_the_lists(
    home: Home, kaa: Kaa, key: Path, tmp_path: Path
) -> None:
    said = _scb(kaa, key, tmp_path / "out")
    assert said.exit_code == 0, said.err
    header, *rows = _rows(tmp_path / "out")
    assert header[:5] == [
        "Personnummer", "Kommunkod", "Registreringsdatum", "Registreringsorsak", "Sysselsättning vid registrering",
    ]  # fmt: skip
    registered = ["0180", "2023-02-01", "AVBROTT"]
    nothing = [""] * 6
    expected = [
        # Two contacts that reached her, the earlier first; o1 is the latest occupation by the day of registration.
        [ANNA, *registered, "INGEN", "2023-02-10", "UTOMLANDS", *nothing, "", ""],
        [ANNA, *registered, "INGEN", "2023-03-10", "OKAND", *nothing, "", ""],
        # Gone by the extract of 2 May; twenty on 10 April.
        [BO, *registered, "OKAND", "", "", *nothing, "2023-04-10", "FYLLT_20"],
        # Two measures under her earlier number, by start; on 2 April, the day after the end, o4 and not o3.
        [CILLA, *registered, "PRAKTIK", "", "", "PRAKTIK", "2023-02-20", "OKAND", "", "", "", "", ""],
        [CILLA, *registered, "PRAKTIK", "", "", "AIM", "2023-03-01", "OKAND", "2023-04-01", "ARBETE", "ARBETE", "", ""],
        [DAN, *registered, "OKAND", "", "", *nothing, "2023-03-20", "STUDIER"],
        # In no extract of the population register.
        [FREJA, *registered, "OKAND", "", "", *nothing, "2023-05-02", "FLYTTAT"],
    ]
    assert rows == sorted(expected, key=lambda row: row[0])
    sheet = openpyxl.load_workbook(tmp_path / "out" / f"scb_kaa_{PERIOD}.xlsx").active
    assert sheet is not None
    assert [[value or "" for value in row] for row in sheet.iter_rows(values_only=True)] == [header, *rows]


def test_who_has_a_protected_identity_is_counted_and_in_no_row(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    _scb(kaa, key, tmp_path / "out")
    assert ESTER not in (tmp_path / "out" / f"scb_kaa_{PERIOD}.csv").read_text()
    report = (tmp_path / "out" / f"kontroll_{PERIOD}.html").read_text()
    assert "1 ungdomar har skyddade personuppgifter" in report
    # Six youths in the register during the half-year: so does population say; the half-year before had one.
    assert '<td class="number">6</td>\n<td class="number">1</td>\n<td class="number">6</td>' in report


def test_no_number_leaves_but_in_the_file(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    said = _scb(kaa, key, tmp_path / "out")
    numbers = [ANNA, BO, CILLA, CILLA_EARLIER, DAN, ESTER, FREJA]
    kept = b"".join(
        content for name, content in everything(home.path).items() if not name.startswith("archive") and content
    )
    report = (tmp_path / "out" / f"kontroll_{PERIOD}.html").read_text()
    for number in numbers:
        assert number not in said.out + said.err + report
        assert number.encode() not in kept
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    for path in (tmp_path / "out").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_archive_is_opened_with_its_key_and_a_line_in_the_log(
    home: Home, kaa: Kaa, key: Path, tmp_path: Path
) -> None:
    _scb(kaa, key, tmp_path / "out")
    [entry] = read_accesses(home)
    assert (entry["what"], entry["rows"]) == (f"kaa scb --period {PERIOD}", 5)
    other = tmp_path / "other"
    other.mkdir()
    make_archive_keys(other)
    said = _scb(kaa, other / ARCHIVE_PRIVATE, tmp_path / "out2")
    assert (said.exit_code, said.err.count("\n")) == (64, 1)
    assert not (tmp_path / "out2").exists()


def test_a_later_file_replaces_the_earlier_one_and_what_was_sent_is_kept(
    home: Home, kaa: Kaa, key: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    _scb(kaa, key, out)
    first = (out / f"scb_kaa_{PERIOD}.csv").read_bytes()
    said = _scb(kaa, key, out)
    assert said.exit_code == 0 and "replaces the file of" in said.err
    assert (out / f"scb_kaa_{PERIOD}.csv").read_bytes() == first
    one, two = decision_log.decisions(home, DECISION)
    assert (one["replaces"], two["replaces"], two["rows"], two["counts"]["covered"]) == (0, 1, 7, 6)
    assert one["sha256"] == two["sha256"] | {f"kontroll_{PERIOD}.html": one["sha256"][f"kontroll_{PERIOD}.html"]}


def test_a_file_that_somebody_has_changed_is_not_replaced(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _scb(kaa, key, out)
    path = out / f"scb_kaa_{PERIOD}.csv"
    path.write_text("rättad för hand")
    said = _scb(kaa, key, out)
    assert said.exit_code == 64 and "is not as kaa scb wrote it" in said.err
    assert path.read_text() == "rättad för hand"


def test_check_only_writes_the_report_and_remembers_nothing(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    said = _scb(kaa, key, tmp_path / "out", "--check-only")
    assert said.exit_code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"kontroll_{PERIOD}.html"]
    assert decision_log.decisions(home, DECISION) == []


def test_with_errors_nothing_but_the_report_is_written(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    layout = yaml.safe_load(LAYOUTS.read_text())
    layout["layouts"][0]["checks"].append(
        {"id": "egen", "kind": "not_code", "value": "measure", "codes": ["AIM"], "severity": "error",
         "sentence": "Aim ska inte rapporteras.", "do": "Ta bort åtgärden."}
    )  # fmt: skip
    (tmp_path / "egen.yaml").write_text(yaml.safe_dump(layout, allow_unicode=True))
    said = _scb(kaa, key, tmp_path / "out", "--layout", tmp_path / "egen.yaml")
    assert said.exit_code == 2
    [report] = (tmp_path / "out").iterdir()
    text = report.read_text()
    assert "Fel: Aim ska inte rapporteras." in text and "<td>m2</td>" in text and CILLA not in text


def test_a_file_of_an_earlier_run_is_named_where_none_is_made(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    _scb(kaa, key, tmp_path / "out")
    said = _scb(kaa, key, tmp_path / "out", "--check-only")
    assert "are of an earlier run: do not send them" in said.err and "A new file will replace the file of" in said.err
    report = (tmp_path / "out" / f"kontroll_{PERIOD}.html").read_text()
    assert f"scb_kaa_{PERIOD}.csv och scb_kaa_{PERIOD}.xlsx i samma mapp är från en tidigare körning" in report


def test_a_count_that_is_not_the_figures_keeps_the_file_back(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    version = home.current()
    assert version
    with duckdb.connect(str(version.published)) as published:
        published.execute("update figures set value = value + 1 where figure = 'population'")
    said = _scb(kaa, key, tmp_path / "out")
    assert said.exit_code == 2 and "1 errors" in said.err
    [report] = (tmp_path / "out").iterdir()
    assert '<td class="number">7 (stämmer inte)</td>' in report.read_text()
    assert decision_log.decisions(home, DECISION) == []


def test_without_the_archives_key_nothing_is_read(home: Home, kaa: Kaa, tmp_path: Path) -> None:
    said = kaa("scb", "--period", PERIOD, "--out", tmp_path / "out")
    assert said.exit_code == 64 and "--key" in said.err
    assert not (tmp_path / "out").exists() and read_accesses(home) == []


def test_a_code_without_a_word_is_named(home: Home, kaa: Kaa, key: Path, tmp_path: Path) -> None:
    layout = yaml.safe_load(LAYOUTS.read_text())
    del layout["layouts"][0]["codes"]["insats"]["AIM"]
    (tmp_path / "egen.yaml").write_text(yaml.safe_dump(layout, allow_unicode=True))
    said = _scb(kaa, key, tmp_path / "out", "--layout", tmp_path / "egen.yaml")
    assert (said.exit_code, said.err.count("\n")) == (64, 1) and "no code for AIM in the table insats" in said.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("period", "says"),
    [("verksamhetsar-2023", "is no half-year"), ("halvar1-2019", "Nothing is loaded of halvar1-2019")],
)
def test_another_period_is_refused(home: Home, kaa: Kaa, key: Path, tmp_path: Path, period: str, says: str) -> None:
    said = _scb(kaa, key, tmp_path / "out", period=period)
    assert (said.exit_code, said.err.count("\n")) == (64, 1) and says in said.err


# --- rules of one value ----------------------------------------------------------------------------------------------------

GONE = date(2023, 5, 2)


@pytest.mark.parametrize(
    ("born", "gone", "studying", "certified", "resident", "expected"),
    [
        (date(2005, 1, 1), None, None, None, True, (None, None)),
        (date(2005, 1, 1), GONE, None, None, True, (GONE, "OKAND")),
        (date(2005, 1, 1), GONE, None, None, False, (GONE, "FLYTTAT")),
        (date(2003, 5, 2), GONE, None, None, False, (GONE, "FYLLT_20")),
        (date(2003, 5, 3), GONE, None, None, True, (GONE, "OKAND")),
        (date(2003, 5, 1), GONE, date(2023, 4, 30), None, True, (date(2023, 4, 30), "STUDIER")),
        (date(2005, 1, 1), GONE, GONE, GONE, True, (GONE, "EXAMEN")),
    ],
)
def test_why_the_responsibility_ceased(
    born: date,
    gone: date | None,
    studying: date | None,
    certified: date | None,
    resident: bool,
    expected: tuple[Any, Any],
) -> None:
    assert ceased(born, gone, studying, certified, resident) == expected


def test_a_birthday_of_29_february() -> None:
    assert (birthday(date(2004, 2, 29), 19), birthday(date(2004, 2, 29), 20)) == (date(2023, 3, 1), date(2024, 2, 29))


_SOUND = {
    "personnummer": "1",
    "registered_on": date(2023, 2, 1),
    "registration_reason": "AVBROTT",
    "ceased_on": None,
    "ceased_reason": None,
}
_MEASURE = {
    "measure_record": "m", "measure": "AIM", "measure_started_on": date(2023, 3, 1), "measure_ended_on": date(2023, 4, 1),
    "measure_end_reason": "ARBETE", "occupation_after": "ARBETE",
}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "measure", "contact", "check"),
    [
        ({"personnummer": None}, {}, {}, "personnummer-finns"),
        ({"registered_on": None}, {}, {}, "registreringsdatum-finns"),
        ({"registration_reason": None}, {}, {}, "orsak-finns"),
        ({"registration_reason": "OVRIGT"}, {}, {}, "orsak-angiven"),
        ({"registered_on": date(2025, 1, 1)}, {"measure_started_on": date(2025, 1, 1), "measure_ended_on": date(2025, 1, 1)}, {},
         "registrerad-fore-tjugo"),
        ({}, {"measure_started_on": None}, {}, "atgard-har-start"),
        ({}, {"measure_ended_on": date(2023, 2, 28)}, {}, "slut-efter-start"),
        ({}, {"measure_end_reason": None}, {}, "avslut-har-orsak"),
        ({}, {"measure_ended_on": None, "occupation_after": None}, {}, "orsak-har-avslut"),
        ({}, {"measure_ended_on": None, "measure_end_reason": None}, {}, "efter-bara-efter-avslut"),
        ({"registered_on": date(2023, 3, 2)}, {}, {}, "atgard-efter-registrering"),
        ({"ceased_on": date(2023, 1, 31), "ceased_reason": "STUDIER"}, {}, {}, "upphor-efter-registrering"),
        ({"ceased_on": date(2023, 2, 1)}, {}, {}, "upphor-har-orsak"),
        ({"ceased_on": date(2023, 2, 1), "ceased_reason": "OKAND"}, {}, {}, "upphor-kand-orsak"),
        ({}, {}, {"contact": "k", "contacted_on": date(2022, 12, 31)}, "kontakt-inom-halvaret"),
    ],
)  # fmt: skip
def test_each_check_finds_its_fault(
    values: dict[str, Any], measure: dict[str, Any], contact: dict[str, Any], check: str
) -> None:
    assert _found({}, {}, {}) == []
    assert _found(values, measure, contact) == [check]


def _found(values: dict[str, Any], measure: dict[str, Any], contact: dict[str, Any]) -> list[str]:
    youth = Youth("p", date(2005, 1, 1), _SOUND | values, [contact] if contact else [], [_MEASURE | measure])
    period = parse_period(PERIOD, None)  # type: ignore[arg-type]  # a half-year is the same everywhere
    return [one.check.id for one in broken_checks(_layout(), [youth], period)]


def test_two_youths_with_one_number_are_found() -> None:
    youths = [Youth(name, date(2005, 1, 1), dict(_SOUND)) for name in "ab"]
    period = parse_period(PERIOD, None)  # type: ignore[arg-type]
    found = broken_checks(_layout(), youths, period)
    assert [(one.check.id, one.person) for one in found] == [
        ("en-ungdom-per-nummer", "a"),
        ("en-ungdom-per-nummer", "b"),
    ]


def test_every_check_that_is_shipped_has_been_provoked() -> None:
    marks = test_each_check_finds_its_fault.pytestmark  # type: ignore[attr-defined]
    provoked = {case[3] for mark in marks for case in mark.args[1]}
    assert {check.id for check in _layout().checks} == provoked | {"en-ungdom-per-nummer"}


def _layout() -> Layout:
    return read_layout(date(2023, 6, 30))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda layout: layout["columns"].append(layout["columns"][0]), "a column is named twice"),
        (lambda layout: layout["columns"][3].update(codes="okand"), "uses the codes okand, which are not there"),
        (lambda layout: layout["columns"].pop(0), "no column holds the personnummer"),
        (lambda layout: layout["checks"][0].update(kind="annat"), "kind"),
        (lambda layout: layout.update(valid_from=date(2023, 7, 1)), "none that holds on 2023-06-30"),
    ],
)
def test_a_wrong_layout_is_told_in_one_sentence(
    home: Home, kaa: Kaa, key: Path, tmp_path: Path, change: Any, says: str
) -> None:
    content = yaml.safe_load(LAYOUTS.read_text())
    change(content["layouts"][0])
    (tmp_path / "egen.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    said = _scb(kaa, key, tmp_path / "out", "--layout", tmp_path / "egen.yaml")
    assert (said.exit_code, said.err.count("\n")) == (64, 1) and says in said.err
