"""The comparison with the printed annual report: its arithmetic and its verdict."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from rich.console import Console

from dashboards.published.numbers import DIMENSIONS
from dashboards.report_check.cells import rounded_share
from demo.comparison import (
    GOLDEN,
    ComparedRow,
    Key,
    compare,
    print_table,
    verdict,
)


def printed() -> dict[Key, Decimal]:
    """Values that give every row of the first golden file, shares included."""
    values: dict[Key, Decimal] = {}
    with (GOLDEN / "arsrapport_2023.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] != "share":
                values[tuple(row[column] for column in DIMENSIONS)] = Decimal(row["value"])
    for year, occupied, aim_ended, aim in (
        ("2022", 1877, 182, {"STUDIER": 102, "ARBETE": 36}),
        ("2023", 2257, 162, {"STUDIER": 86, "ARBETE": 37}),
    ):
        period = f"verksamhetsar-{year}"
        values["occupation", "occupied", period, "*", "*", "*", "*", "*"] = Decimal(occupied)
        values["measures", "ended", period, "*", "*", "*", "AIM", "*"] = Decimal(aim_ended)
        for reason, number in aim.items():
            values["measure_exits", "ended", period, "*", "*", "*", "AIM", reason] = Decimal(number)
    return values


def compared(values: dict[Key, Decimal]) -> list[ComparedRow]:
    return compare(lambda key: values.get(key, Decimal(0)))


@pytest.mark.parametrize(
    ("part", "whole", "per_cent"),
    [("1", "200", 1), ("3", "200", 2), ("1", "201", 0), ("86", "162", 53), ("85", "162", 52), ("0", "7", 0)],
)
def test_halves_are_rounded_up_to_whole_per_cent(part: str, whole: str, per_cent: int) -> None:
    assert rounded_share(Decimal(part), Decimal(whole), Decimal(1)) == per_cent


def test_a_share_of_nothing_is_no_number_and_equals_nothing() -> None:
    assert rounded_share(Decimal(0), Decimal(0), Decimal(1)) is None
    share = next(row for row in compare(lambda _: Decimal(0)) if row.kind == "share")
    assert share.computed is None
    assert not share.equal


def test_the_printed_values_agree_with_themselves_but_for_the_three_misprints() -> None:
    rows = compared(printed())
    assert verdict(rows).fine, verdict(rows).sentence
    misprints = {(row.printed_in, row.label, str(row.printed), str(row.computed)) for row in rows if not row.equal}
    assert misprints == {
        ("section 2", "sökta, ökning", "676", "625"),
        ("Tabell 5", "SAKNAS antal till studier/arbete", "40", "30"),
        ("Tabell 5", "SAKNAS andel till studier/arbete", "75", "57"),
    }


def test_every_row_of_both_files_is_compared() -> None:
    lines = 0
    for name in ("arsrapport_2023.csv", "arsrapport_2023_derived.csv"):
        with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
            lines += len(list(csv.DictReader(file)))
    assert len(compared(printed())) == lines


def is_exact(key: Key) -> bool:
    """The other keys are known as shares or as "about" only: one more or less need not be seen."""
    about = ("contacts", "attempts", "verksamhetsar-2022")
    return key[0] not in ("occupation", "measure_exits") and key[:3] not in (
        about,
        ("measures", "ended", "verksamhetsar-2022"),
    )


@pytest.mark.parametrize("key", [key for key in sorted(printed()) if is_exact(key)])
def test_one_more_than_a_printed_count_is_seen(key: Key) -> None:
    values = printed()
    values[key] += 1
    assert not verdict(compared(values)).fine


@pytest.mark.parametrize(("attempts", "fine"), [(17325, True), (17324, False), (17675, True), (17676, False)])
def test_about_means_within_one_per_cent(attempts: int, fine: bool) -> None:
    values = printed()
    values["contacts", "attempts", "verksamhetsar-2022", "*", "*", "*", "*", "*"] = Decimal(attempts)
    assert verdict(compared(values)).fine is fine


def test_reproducing_a_misprint_is_wrong() -> None:
    """676 more sought is what the report says and what its tables deny."""
    values = printed()
    values["outreach", "sought", "verksamhetsar-2022", "*", "*", "*", "*", "*"] = Decimal(5777 - 676)
    rows = compared(values)
    assert not verdict(rows).fine
    assert next(row for row in rows if row.label == "sökta, ökning").is_wrong


def test_the_table_names_both_numbers_and_the_misprints() -> None:
    output = io.StringIO()
    print_table(compared(printed()), Console(file=output, width=120))
    text = output.getvalue()
    assert "7 546" in text
    assert "≈ 17 500" in text
    assert "73 %" in text
    assert text.count("tryckfel") == 3
    assert "5 777 - 5 152 = 625" in text
