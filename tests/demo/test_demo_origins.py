"""What the auditors printed of 2015, scaled: the city adds up to it, and the demo says so, and what is invented."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from rich.console import Console

from dashboards.report_check.cells import rounded_share
from demo.comparison import Key
from demo.origins import INVENTED, compare_scaled, print_origins, scale, scaled, scaled_verdict
from demo.synthetic_city import targets as t
from tests.demo.reckoning import Reckoning

YEAR = "verksamhetsar-2023"
EVERYBODY = (YEAR, "*", "*", "*")
# Each count of the table, as the city is built.
COUNTS: dict[Key, int] = {
    ("participants", "new", *EVERYBODY, "*", "*"): 916,
    ("school_entry_visits", "visitors", *EVERYBODY, "*", "*"): 1251,
    ("school_entry_visits", "before_term", *EVERYBODY, "*", "*"): 585,
    ("youth_20_29", "value", *EVERYBODY, "KONTAKT", "*"): 595,
    ("youth_20_29", "value", *EVERYBODY, "INSKRIVNA", "*"): 470,
    ("youth_20_29", "value", *EVERYBODY, "AVSLUTADE", "*"): 401,
}
PARTS: dict[Key, int] = {
    ("exits", "ended", *EVERYBODY, "STUDIER", "*"): 438,
    ("exits", "ended", *EVERYBODY, "ARBETE", "*"): 161,
    ("participants", "ended", *EVERYBODY, "*", "*"): 807,
    ("youth_20_29", "value", *EVERYBODY, "AVSLUTADE", "ARBETE"): 204,
    ("youth_20_29", "value", *EVERYBODY, "AVSLUTADE", "STUDIER"): 64,
    ("youth_20_29", "value", *EVERYBODY, "AVSLUTADE", "OKAND"): 120,
}


def of(values: dict[Key, int], key: Key) -> Decimal:
    return Decimal(values.get(key, 0))


def test_2023_is_916_over_557_of_2015() -> None:
    assert scale() == Fraction(916, 557)


@pytest.mark.parametrize(
    ("targets", "printed"),
    [
        (t.VISITORS, 761),
        (t.BEFORE_TERM, 356),
        (t.CONTACTED_20_29, 362),
        (t.ENROLLED_20_29, 286),
        (t.ENDED_20_29, 244),
    ],
)
def test_the_targets_are_the_printed_counts_times_the_newly_enrolled(targets: Sequence[int], printed: int) -> None:
    assert [int(scaled(Decimal(printed), Fraction(new, 557))) for new in (705, 916)] == list(targets)


@pytest.mark.parametrize("year", [0, 1])
def test_the_shares_of_the_ended_are_the_printed_ones(year: int) -> None:
    parts = (t.WORK_20_29, t.YOUTH_EMPLOYMENT_20_29, t.STUDIES_20_29, t.UNKNOWN_20_29)
    whole = Decimal(t.ENDED_20_29[year])
    shares = [rounded_share(Decimal(part[year]), whole, Decimal(1)) for part in parts]
    assert shares == [40, 11, 16, 30]


def test_every_scaled_number_comes_out_of_the_files(reckoning: Reckoning) -> None:
    rows = compare_scaled(lambda key: reckoning.values.get(key, Decimal(0)))
    assert [row.label for row in rows if not row.equal] == []
    assert scaled_verdict(rows).sentence == "10 numbers of 2015 scaled to 2023: 10 equal, 0 wrong."


def test_the_year_before_is_scaled_too(reckoning: Reckoning) -> None:
    period = ("verksamhetsar-2022", "*", "*", "*")
    assert reckoning.values["school_entry_visits", "visitors", *period, "*", "*"] == 963
    assert reckoning.values["school_entry_visits", "before_term", *period, "*", "*"] == 451
    values = [
        int(reckoning.values["youth_20_29", "value", *period, *rest])
        for rest in (("KONTAKT", "*"), ("INSKRIVNA", "*"), ("AVSLUTADE", "*"), ("AVSLUTADE", "ARBETE"))
    ]
    assert values == [458, 362, 309, 158]


@pytest.mark.parametrize("key", sorted(COUNTS))
@pytest.mark.parametrize("more", [1, -1])
def test_one_more_or_less_than_a_scaled_count_is_wrong(key: Key, more: int) -> None:
    right = {**COUNTS, **PARTS}
    assert scaled_verdict(compare_scaled(lambda asked: of(right, asked))).fine
    changed = {**right, key: right[key] + more}
    verdict = scaled_verdict(compare_scaled(lambda asked: of(changed, asked)))
    assert not verdict.fine
    assert f"scaled {right[key]}, computed {right[key] + more}" in verdict.sentence


def test_nothing_published_is_wrong_everywhere() -> None:
    rows = compare_scaled(lambda _: Decimal(0))
    assert {row.equal for row in rows} == {False}
    assert {row.computed for row in rows} == {Decimal(0), None}


def test_the_table_says_what_is_scaled_and_what_is_invented() -> None:
    output = io.StringIO()
    print_origins(compare_scaled(lambda key: of({**COUNTS, **PARTS}, key)), Console(file=output, width=150))
    text = output.getvalue()
    for words in ("916/557", "1 251", "761", "51 %", "Ungdomsanställning räknas som arbete", "Påhittat (invented)"):
        assert words in text
    assert "NEJ" not in text
    for source in ("Antagning", "Skolslussen", "Flai", "Jobbtorg Unga"):
        assert any(line.startswith(source) for line in INVENTED)
        assert f"• {source}" in text
