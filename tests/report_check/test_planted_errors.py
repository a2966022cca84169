"""The report of 2023 with planted errors: what is found, what is named, and that nothing right is accused."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from decimal import Decimal

import pytest

from dashboards.report_check.cells import Cell, Kind, number_of
from dashboards.report_check.findings import check_inside
from dashboards.report_check.slips import Slip
from tests.report_check.mutations import MISPRINTS, all_planted, corrected, measure, printed, table, with_values


def find(cells: list[Cell], printed_in: str, label: str) -> int:
    (place,) = [n for n, cell in enumerate(cells) if cell.printed == printed_in and cell.label == label]
    return place


def test_the_print_of_2023_has_exactly_its_three_misprints() -> None:
    findings = check_inside(printed()).findings
    assert all(finding.is_certain for finding in findings)
    named = {
        (cor.cell.printed, cor.cell.label): cor.should_be.only
        for finding in findings
        for cor in finding.explanations[0].corrections
    }
    assert named == MISPRINTS


def test_the_right_report_has_no_finding() -> None:
    assert check_inside(corrected()).findings == ()


def test_a_report_without_derived_numbers_is_checked_by_its_tables() -> None:
    cells = [cell for cell in corrected() if not cell.derived]
    assert check_inside(cells).findings == ()
    place = find(cells, "Tabell 2", "nådda, verksamhetsåret 2023")
    (finding,) = check_inside(with_values(cells, {place: Decimal(3029)}, "").cells).findings
    assert finding.is_certain
    assert finding.explanations[0].corrections[0].should_be.only == 3092


def judged(cells: list[Cell], every: int) -> str:
    """The table of a part of all planted errors, after what must hold of each of them."""
    planted = all_planted(cells)
    outcomes = measure(planted[::every], cells)
    for one, outcome in outcomes:
        if outcome.found and len(one.wrong) == 1:
            assert outcome.among, (one.kind, one.wrong)
    single = [outcome for one, outcome in outcomes if len(one.wrong) == 1]
    found = [outcome for outcome in single if outcome.found]
    # What nothing in the report confirms (enrolments that began, contacts, key numbers) cannot be found; of what is found, the
    # rest is named with the few numbers that could as well be the wrong one.
    assert len(found) >= 0.85 * len(single)
    assert sum(outcome.exact for outcome in found) >= 0.75 * len(found)
    assert sum(outcome.right_value for outcome in found) >= 0.75 * len(found)
    return table(outcomes)


def test_one_in_25_planted_errors_is_named() -> None:
    judged(corrected(), 25)


@pytest.mark.slow
def test_every_planted_error_is_named() -> None:
    print(judged(corrected(), 1))


def test_a_count_that_several_relations_contradict_is_named_once_with_its_value() -> None:
    cells = corrected()
    place = find(cells, "Tabell 5", "avslutade efter orsak, STUDIER, jobbtorg GLOBEN, verksamhetsåret 2023")
    (finding,) = check_inside(with_values(cells, {place: Decimal(156)}, "").cells).findings
    (correction,) = finding.explanations[0].corrections
    assert finding.is_certain
    assert (correction.cell.value, correction.should_be.only, correction.slip) == (156, 165, Slip.TRANSPOSED)
    assert len(finding.evidence) >= 3


def test_what_cannot_be_told_apart_is_named_together_with_the_likeliest_first() -> None:
    cells = corrected()
    place = find(cells, "Tabell 4", "inskrivna, kvinnor, verksamhetsåret 2022")
    (finding,) = check_inside(with_values(cells, {place: Decimal(472)}, "").cells).findings
    assert [(cell.value, cell.keys[0].gender) for cell in finding.cells] == [(472, "kvinna"), (556, "man")]
    assert not finding.is_certain
    assert finding.has_likeliest
    assert finding.explanations[0].corrections[0].should_be.only == 427


def test_exchanged_cells_are_one_slip() -> None:
    cells = corrected()
    women = find(cells, "Tabell 2", "nådda, kvinnor, verksamhetsåret 2023")
    men = find(cells, "Tabell 2", "nådda, män, verksamhetsåret 2023")
    planted = with_values(cells, {women: cells[men].value, men: cells[women].value}, "")
    (finding,) = check_inside(planted.cells).findings
    assert finding.explanations[0].cells == planted.wrong
    assert finding.has_likeliest
    assert {correction.slip for correction in finding.explanations[0].corrections} == {Slip.EXCHANGED}


def test_last_years_number_is_recognised() -> None:
    cells = corrected()
    place = find(cells, "Tabell 2", "sökta, män, verksamhetsåret 2023")
    (finding,) = check_inside(with_values(cells, {place: Decimal(2746)}, "").cells).findings
    assert finding.explanations[0].corrections[0].slip is Slip.OTHER_PERIOD


@pytest.mark.parametrize("seed", range(12))
def test_two_or_three_errors_apart_from_each_other_are_each_named(seed: int) -> None:
    """In cells that are certain by themselves."""
    chance = random.Random(seed)
    cells = corrected()
    # In the print with its own three misprints, so that there are five or six errors.
    wrong = printed()
    spots = {
        find(cells, "Tabell 2", "nådda, verksamhetsåret 2023"): Decimal(3029),
        find(cells, "Tabell 5", "GLOBEN andel avslutade"): Decimal(56),
        find(cells, "Tabell 6", "avslutade efter orsak, ARBETE, jobbtorg KISTA, verksamhetsåret 2022"): Decimal(32),
        find(cells, "section 2", "ungdomar i KAA, ökning"): Decimal(329),
        find(cells, "Tabell 5", "* antal till studier/arbete"): Decimal(699),
        find(cells, "Tabell 5", "avslutade, jobbtorg KISTA, verksamhetsåret 2023"): Decimal(157),
    }
    for place in chance.sample(sorted(spots), chance.choice((2, 3))):
        wrong[place] = replace(wrong[place], value=spots[place])
    findings = check_inside(wrong).findings
    assert all(finding.is_certain for finding in findings)
    named = {
        correction.cell: correction.should_be.only for f in findings for correction in f.explanations[0].corrections
    }
    assert named == {bad: good.value for bad, good in zip(wrong, cells, strict=True) if bad.value != good.value}


def test_the_same_number_printed_differently_in_two_places() -> None:
    cells = corrected()
    place = find(cells, "Tabell 1", "ungdomar i registret, verksamhetsåret 2023")
    again = replace(cells[place], printed="section 6.1", line=999)
    assert check_inside([*cells, again]).findings == ()
    (finding,) = check_inside([*cells, replace(again, value=Decimal(7564))]).findings
    assert finding.is_certain
    assert finding.cells[0].printed == "section 6.1"
    assert finding.explanations[0].corrections[0].should_be.only == 7546


def test_a_wrong_report_through_and_through_is_answered_in_time() -> None:
    """Every count is another one: no promise which are wrong, but an answer."""
    chance = random.Random(1)
    cells = [replace(cell, value=cell.value + chance.randrange(50, 90)) for cell in corrected()]
    started = time.process_time()
    assert check_inside(cells).findings
    assert time.process_time() - started < 10


def test_shares_printed_with_halves_and_decimals_are_read_as_such() -> None:
    """Tabell 6: 23 of 87 as 26,5 %, 325 of 651 as 49,9 %; 122 of 201 is not 60 %."""
    cells = corrected()
    counts = {cell.keys[0]: cell.value for cell in cells if cell.kind is Kind.EXACT}

    def share(part: int, whole: int, value: str) -> Cell:
        terms = tuple(
            next(address for address, count in counts.items() if count == number and address.period.endswith("2022"))
            for number in (part, whole)
        )
        number = number_of(Kind.SHARE, terms)
        return Cell(
            "a.csv", 900 + part, "Tabell 6", f"{part}/{whole}", Kind.SHARE, number, Decimal(value), derived=True
        )

    assert (
        check_inside([*cells, share(325, 651, "49.9"), share(114, 157, "72.5"), share(112, 124, "90")]).findings == ()
    )
    (finding,) = check_inside([*cells, share(122, 201, "60")]).findings
    assert finding.is_certain
    assert finding.explanations[0].corrections[0].should_be.only == 61
