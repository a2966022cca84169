"""What the report of a lake's costs says follows from what was measured."""

from datetime import date

import pytest

from tests.benchmarks.lake_question import STEPS
from tests.benchmarks.lake_report import LakeReport, Line, Measured, Size, fitted
from tests.benchmarks.process_tree import TreeUsed

SIZES = [
    Size(
        count, 2, inhabitants, inhabitants // 10, inhabitants // 2, 8_000 * count, 20 * count, 10 * inhabitants, is_one
    )
    for count, inhabitants, is_one in (
        (1, 16_000, False),
        (10, 200_000, False),
        (50, 1_400_000, False),
        (1, 1_400_000, True),
    )
]


def _report(**lines: Line) -> LakeReport:
    report = LakeReport(date(2026, 1, 1), "a machine", 2, 2, "verksamhetsar-2023", "local[2]", 8.0, 300.0)
    for size in SIZES:
        for engine, line in lines.items():
            seconds = line.at(size.rows, size.nights)
            used = TreeUsed(seconds, seconds, 1.0, 0.5, "")
            report.measured.append(Measured(size, engine, used, dict.fromkeys(STEPS, 0.1), 100))
    return report


DUCKDB = Line(2.0, 3.0, 0.01, 0.0)


def test_a_line_is_found_again() -> None:
    line = fitted(SIZES, [DUCKDB.at(size.rows, size.nights) for size in SIZES])
    assert (line.fixed, line.each_million, line.each_year) == pytest.approx((2.0, 3.0, 0.01))
    assert line.misses < 1e-6


def test_what_no_line_fits_is_said_to_be_off() -> None:
    values = [DUCKDB.at(size.rows, size.nights) for size in SIZES]
    assert fitted(SIZES, [*values[:2], 2 * values[2], values[3]]).misses > 0.1


def test_rows_and_municipalities_are_not_told_apart_by_lakes_that_grow_in_both() -> None:
    grown = SIZES[:3]
    assert fitted(grown, [DUCKDB.at(size.rows, size.nights) for size in grown]).each_year == 0.0


def test_the_country_is_what_its_people_bring() -> None:
    """A tenth of a row for each inhabitant at first, a fifth more a year."""
    assert _report(duckdb=DUCKDB).nation_rows() == pytest.approx(10_600_000 * (0.1 + 20 * 0.2))


def test_spark_pays_nowhere_where_it_is_slower_by_the_row() -> None:
    text = _report(duckdb=DUCKDB, spark=Line(30.0, 9.0, 0.02, 0.0)).as_markdown()
    assert "Spark pays at no size" in text
    assert "Spark is ahead" not in text


def test_spark_pays_from_where_the_lines_cross() -> None:
    """20 s later at the start, 2 s sooner each million rows: from ten million on."""
    duckdb, spark = Line(2.0, 3.0, 0.0, 0.0), Line(22.0, 1.0, 0.0, 0.0)
    text = _report(duckdb=duckdb, spark=spark).as_markdown()
    assert "Spark is ahead from some 10 million rows of persons on" in text


def test_what_was_stopped_is_said() -> None:
    report = _report(duckdb=DUCKDB)
    report.measured.append(Measured(SIZES[2], "spark", None))
    text = report.as_markdown()
    assert "stopped after 300" in text
    assert "Spark pays" not in text
