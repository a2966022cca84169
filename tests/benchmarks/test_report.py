"""The benchmark's report says of each aim whether it was met, by the worst round where an aim is for each of them."""

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import BEGINS, ENDS, put
from tests.benchmarks.growth import Cost
from tests.benchmarks.measure import Used, measured
from tests.benchmarks.nights import Latency, Pair
from tests.benchmarks.report import Nation, Report
from tests.repository import ROOT

QUICK, SLOW = Used(1.0, 1.0, 0.2), Used(20.0, 30.0, 0.9)
PAIR = Pair(
    by_hand=Used(3.0, 5.0, 0.4),
    by_pandas=Used(40.0, 45.0, 3.0),
    year=Used(22.0, 31.0, 0.9),
    ordinary=Used(14.0, 16.0, 0.5),
    quiet=Used(2.0, 2.0, 0.2),
    sixth=Used(13.5, 15.0, 0.5),
    steps={"take_in": 2.5, "dbt_models": 8.0},
    latencies=[Latency("kaa --help", 0.15, 0.2)],
)


def _report(*pairs: Pair) -> Report:
    costs = {20: {"figures": Cost(0.5, 1000)}, 40: {"figures": Cost(0.6, 2000)}}
    return Report(date(2026, 11, 29), 260, 1_760_000_000, list(pairs), costs)


def _line(text: str, aim: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {aim}")]
    return line


def test_an_aim_for_every_round_is_met_by_the_worst_or_not_at_all() -> None:
    slower = replace(PAIR, year=Used(24.5, 33.0, 0.9))
    text = _report(PAIR, slower, PAIR).as_markdown()
    assert _line(text, "the year less an ordinary night").endswith("| 3.50 times | 3 times | **no** |")
    text = _report(PAIR).as_markdown()
    assert _line(text, "the year less an ordinary night").endswith("| 2.67 times | 3 times | yes |")
    assert _line(text, "the same, the further aim").endswith("| **no** |")
    assert _line(text, "night 261 to night 6").endswith("| 1.04 times | 1.1 times | yes |")


def test_the_report_tells_each_round_the_parts_of_a_night_and_the_models() -> None:
    report = _report(PAIR, PAIR)
    text = report.as_markdown()
    assert "260 nights, 1.76 GB of CSV, 2 rounds" in text and "Python" in text
    assert "| 2 | 3.0 | 40.0 | 22.0 | 31.0 | 0.90 GB | 14.0 | 8.0 | 2.67 | 13.5 | 2.0 |" in text
    assert "| start-up, end and between the steps | 3.5 |" in text
    assert "| `figures` | 0.50 s, 1000 rows | 0.60 s, 2000 rows |" in text
    assert "No model's time grows faster than its rows." in text
    assert "country" not in text and "2.67 times by hand" in report.last_pair()


def test_the_country_has_aims_of_its_own() -> None:
    report = _report(PAIR)
    report.nation = Nation(1_400_000_000, Used(181.0, 200.0, 2.6), Used(98.0, 100.0, 2.2), {"take_in": 20.0})
    text = report.as_markdown()
    assert _line(text, "the country: one more night").endswith("| 98.00 s | 60 s | **no** |")
    assert _line(text, "the country: memory").endswith("| 2.60 GB | 8 GB | yes |")


def test_what_a_command_took_is_measured_and_one_that_fails_ends_the_run() -> None:
    used = measured([sys.executable, "-c", "import sys; held = bytearray(60_000_000); sys.exit(2)"])
    assert used.memory > 0.06 and used.processor > 0 and used.seconds > 0
    with pytest.raises(SystemExit, match="ended with 1: no room"):
        measured([sys.executable, "-c", "import sys; print('no room', file=sys.stderr); sys.exit(1)"])


def test_the_report_takes_the_place_of_the_last_one_in_its_document(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    put(document, "first\n")
    assert document.read_text() == "first\n"
    document.write_text(f"# Costs\n\n{BEGINS}\nfirst\n{ENDS}\n\nand so on\n")
    put(document, "second\n")
    assert document.read_text() == f"# Costs\n\n{BEGINS}\nsecond\n{ENDS}\n\nand so on\n"
    assert (ROOT / "docs" / "benchmarks.md").read_text().count(ENDS) == 1
