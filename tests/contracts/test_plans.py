"""The action plans as data: complete, with codes and municipalities that exist, and refused where they are not."""

from datetime import timedelta
from itertools import combinations

import pytest
from pydantic import ValidationError

from pipelines.contract import code_lists
from pipelines.municipality import known_profiles, load_municipality
from pipelines.warehouse.dbt import PROJECT
from pipelines.warehouse.plans import KINDS, Plan, Rule, parameter_rows, read_plans, rule_rows

MUNICIPALITIES = {load_municipality(name).code: name for name in known_profiles()}
RULE = {"id": "a", "title": "A", "section": "1", "quote": "Q"}


def test_plans_belong_to_municipalities_that_exist() -> None:
    assert set(read_plans()) <= set(MUNICIPALITIES)


def test_every_rule_of_the_two_municipalities_is_there() -> None:
    rules = {code: {rule.id for plan in plans for rule in plan.rules} for code, plans in read_plans().items()}
    assert rules == {
        "0180": {
            "begun-within-a-month",
            "letters-after-15-september",
            "three-calls-before-knackakort",
            "knackakort-before-visit",
            "visit-by-two",
            "letter-when-turning-20",
            "two-weeks-wait",
        },
        "0182": {"follow-up-within-a-month", "visit-within-two-weeks", "visit-by-two", "letter-before-turning-20"},
    }


def test_ids_are_unique_and_each_rule_cites_its_plan() -> None:
    for code in read_plans():
        rows = rule_rows(code)
        assert len({row[0] for row in rows}) == len(rows)
        for row in rows:
            assert all((row[2], row[3], row[6], row[7], row[8])), row[0]
            assert (row[5] is None) == (row[10] is not None), row[0]
        assert {each[0] for each in parameter_rows(code)} == {row[0] for row in rows if row[5]}


def test_channels_are_codes_of_the_outreach_log() -> None:
    known = {str(entry["code"]) for entry in code_lists()["kanal"]["codes"]}
    used = {value for code in read_plans() for _, name, value in parameter_rows(code) if str(name).endswith("channel")}
    assert used <= known


def test_a_rule_never_holds_in_two_plans_at_once() -> None:
    for plans in read_plans().values():
        for one, other in combinations(plans, 2):
            if {rule.id for rule in one.rules} & {rule.id for rule in other.rules}:
                assert one.valid_to is not None
                assert one.valid_to + timedelta(days=1) <= other.valid_from


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"kind": "no_such_kind", "how": "H"},
        {"kind": "waited", "how": "H"},
        {"kind": "waited", "parameters": {"wait_days": 14}},
        {"kind": "waited", "how": "H", "parameters": {"wait_days": 14, "at_least": 2}},
        {"kind": "followed_up_within", "how": "H", "parameters": {"channel": "BREV"}},
        {"kind": "waited", "how": "H", "parameters": {"wait_days": 14}, "not_answerable": "R"},
    ],
)
def test_half_a_rule_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(RULE | more)


def test_each_kind_has_a_model_and_each_model_a_kind() -> None:
    models = {path.stem.removeprefix("plan_case__") for path in (PROJECT / "models" / "plans").glob("plan_case__*.sql")}
    assert models == set(KINDS)


def test_a_rule_that_cannot_be_answered_has_no_number() -> None:
    rule = Rule.model_validate(RULE | {"not_answerable": "R"})
    plan = Plan.model_validate({"id": "p", "title": "P", "valid_from": "2020-01-01", "rules": [rule.model_dump()]})
    assert plan.rules[0].kind is None
