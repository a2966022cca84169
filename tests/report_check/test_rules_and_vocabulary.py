"""What a report may print is what the catalogue has; what must hold between numbers holds of published ones."""

import ast
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboards.published.numbers import Count, NumberKey, Share, one
from dashboards.published.rules import PARTS, RULES
from dashboards.report_check.cells import Cell, Kind, rounded_share
from dashboards.report_check.findings import check_inside
from dashboards.report_check.vocabulary import FIGURES

ROOT = Path(__file__).resolve().parents[2]


def test_every_rule_is_about_known_measures_and_names_its_source() -> None:
    for rule in RULES:
        assert rule.source
        for term in (*rule.left, *rule.right):
            assert term.measure in FIGURES[term.figure].measures, rule.sentence
    assert all(parts.source for parts in PARTS)


def test_the_diagnosis_knows_nothing_of_reports() -> None:
    for name in ("constraints.py", "diagnosis.py"):
        tree = ast.parse((ROOT / "dashboards" / "report_check" / name).read_text(encoding="utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not {one for one in imported if one and one.startswith("dashboards")} - {
            "dashboards.report_check.constraints"
        }


COUNT = st.integers(0, 400)
YEAR = "verksamhetsar-2024"
CENTRES = ("A", "B", "SAKNAS")


@st.composite
def reports(draw: st.DrawFn) -> list[Cell]:
    """A consistent report: sought and reached by gender, results by job-centre, shares and sums."""
    values: dict[NumberKey, int] = {}
    for gender in ("kvinna", "man"):
        reached, not_reached, others = draw(COUNT), draw(COUNT), draw(COUNT)
        for figure, measure, value in (
            ("outreach", "reached", reached),
            ("outreach", "not_reached", not_reached),
            ("outreach", "sought", reached + not_reached),
            ("population", "in_register", reached + not_reached + others),
        ):
            for who in (gender, "*"):
                address = NumberKey(figure, measure, YEAR, gender=who)
                values[address] = values.get(address, 0) + value
    for centre in CENTRES:
        studies, work, rest, running = draw(COUNT), draw(COUNT), draw(COUNT), draw(COUNT)
        for figure, measure, category, value in (
            ("exits", "ended", "STUDIER", studies),
            ("exits", "ended", "ARBETE", work),
            ("participants", "ended", "*", studies + work + rest),
            ("participants", "enrolled", "*", studies + work + rest + running),
        ):
            for where in (centre, "*"):
                address = NumberKey(figure, measure, YEAR, job_centre=where, category=category)
                values[address] = values.get(address, 0) + value
    cells = [Cell("a", n, "T", str(a), Kind.EXACT, Count((a,)), Decimal(v)) for n, (a, v) in enumerate(values.items())]
    for n, centre in enumerate((*CENTRES, "*"), start=100):
        ended = NumberKey("participants", "ended", YEAR, job_centre=centre)
        parts = tuple(NumberKey("exits", "ended", YEAR, job_centre=centre, category=c) for c in ("STUDIER", "ARBETE"))
        total = sum(values[part] for part in parts)
        cells.append(Cell("b", n, "T", f"{centre} summa", Kind.SUM, Count(parts), Decimal(total), derived=True))
        share = rounded_share(Decimal(total), Decimal(values[ended]), Decimal(1))
        if share is not None:
            number = Share(Count(parts), Count((ended,)))
            cells.append(Cell("b", 50 + n, "T", f"{centre} andel", Kind.SHARE, number, share, derived=True))
    kept = draw(st.lists(st.booleans(), min_size=len(cells), max_size=len(cells)))
    # The rows of a table are all there or it is not: otherwise nobody could tell its job-centres from all job-centres.
    return [cell for cell, keep in zip(cells, kept, strict=True) if keep or cell.keys[0].job_centre != "*"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_a_consistent_report_has_no_finding(cells: list[Cell]) -> None:
    assert check_inside(cells).findings == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports(), st.data())
def test_a_wrong_number_is_among_the_named_when_anything_is(cells: list[Cell], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(cells) - 1))
    wrong = replace(cells[place], value=data.draw(st.integers(0, 999).map(Decimal)))
    findings = check_inside([*cells[:place], wrong, *cells[place + 1 :]]).findings
    assert len(findings) <= 1
    if findings:
        assert wrong in findings[0].cells
        assert all(len(explanation.corrections) == 1 for explanation in findings[0].explanations)


@pytest.mark.parametrize("category", ["AMF", "UTBF"])
def test_administrations_overlap_and_need_not_add_up(category: str) -> None:
    """120 of 100 + 50: a person can be enrolled with both; but not more with one than in all."""
    numbers = {"*": 120, "AMF": 100, "UTBF": 50}
    cells = [
        Cell("a", n, "T", code, Kind.EXACT, one("participants", "enrolled", period=YEAR, category=code), Decimal(count))
        for n, (code, count) in enumerate(numbers.items())
    ]
    assert check_inside(cells).findings == ()
    wrong = [replace(cell, value=Decimal(130)) if cell.label == category else cell for cell in cells]
    assert check_inside(wrong).findings
