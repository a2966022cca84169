"""Every check of a night finds a planted fault that a night could have, and the page of the gates names them all."""

import re
from pathlib import Path

import pytest

from tests.gates.catalogue import planted
from tests.gates.cost import rules_of
from tests.gates.findings import Gate
from tests.gates.models import changed_models
from tests.gates.report import never
from tests.pipeline import compiled_project
from tests.repository import ROOT

PAGE = ROOT / "docs" / "quality-gates.md"


def _rules() -> set[Gate]:
    tests = [node for node in compiled_project()["nodes"].values() if node["resource_type"] == "test"]
    return {Gate("rule", rule) for test in tests for rule in rules_of(test["compiled_code"])}


def test_the_page_names_every_rule_of_the_data_tests_and_each_has_found_something() -> None:
    checks = PAGE.read_text(encoding="utf-8").partition("## By kind")[0]
    rows = re.findall(r"^\| rule \| (.+?) \| (\d+) \|", checks, re.MULTILINE)
    assert {Gate("rule", name) for name, _ in rows} == _rules()
    assert [name for name, found in rows if found == "0"] == []


@pytest.mark.slow
def test_no_check_is_without_a_fault_that_it_finds(tmp_path: Path) -> None:
    findings = [*planted(tmp_path), *changed_models()]
    assert never(findings, _rules()) == []
    assert [one.fault for one in findings if not one.gates and not one.is_of_sql] == []
