"""The action plans as data: complete, with codes that exist, named by profiles, and refused where they are wrong."""

from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.configuration.contract import code_lists
from pipelines.configuration.municipality import known_profiles, load_municipality
from pipelines.configuration.plans import KINDS, PLANS, Plan, Rule, parameter_rows, read_plans, rule_rows
from pipelines.runtime.errors import UsageError
from pipelines.warehouse.dbt import PROJECT

ALL_PLANS = {name: load_municipality(name).plans for name in known_profiles()}
RULE = {"id": "a", "title": "A", "section": "1", "quote": "Q"}


def test_every_plan_that_comes_with_the_program_is_some_profiles() -> None:
    assert {plan.id for plans in ALL_PLANS.values() for plan in plans} == {
        plan.id for path in PLANS.glob("*.yaml") for plan in read_plans([path.stem], PLANS)
    }


def test_every_rule_of_the_two_municipalities_is_there() -> None:
    rules = {name: {rule.id for plan in plans for rule in plan.rules} for name, plans in ALL_PLANS.items() if plans}
    assert rules == {
        "stockholm": {
            "begun-within-a-month",
            "letters-after-15-september",
            "three-calls-before-knackakort",
            "knackakort-before-visit",
            "visit-by-two",
            "letter-when-turning-20",
            "two-weeks-wait",
        },
        "nacka": {"follow-up-within-a-month", "visit-within-two-weeks", "visit-by-two", "letter-before-turning-20"},
    }


def test_ids_are_unique_and_each_rule_cites_its_plan() -> None:
    for plans in ALL_PLANS.values():
        rows = rule_rows(plans)
        assert len({row[0] for row in rows}) == len(rows)
        for row in rows:
            assert all((row[2], row[3], row[6], row[7], row[8])), row[0]
            assert (row[5] is None) == (row[10] is not None), row[0]
        assert {each[0] for each in parameter_rows(plans)} == {row[0] for row in rows if row[5]}


def test_channels_are_codes_of_the_outreach_log() -> None:
    known = {str(entry["code"]) for entry in code_lists()["kanal"]["codes"]}
    used = {
        value
        for plans in ALL_PLANS.values()
        for _, name, value in parameter_rows(plans)
        if str(name).endswith("channel")
    }
    assert used <= known


def test_a_rule_never_holds_in_two_plans_at_once() -> None:
    for plans in ALL_PLANS.values():
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


PLAN = """
plans:
  - id: p
    title: P
    valid_from: 2020-01-01
    rules:
      - {id: a, title: A, section: "1", quote: Q, how: H, kind: staff_at_least, parameters: {channel: HEMBESOK, at_least: 2}}
"""


def test_a_plan_lies_beside_its_profile(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "our own.yaml").write_text(PLAN, encoding="utf-8")
    assert [plan.id for plan in read_plans(["plans/our own.yaml", "nacka"], tmp_path)] == ["p", "nacka-2019"]


@pytest.mark.parametrize(
    ("names", "text", "said"),
    [
        (["solna"], PLAN, "names the plan 'solna': choose one of nacka, stockholm, or give the path"),
        (["no.yaml"], PLAN, "names the plan 'no.yaml', but there is no such file"),
        (["plan.yaml", "plan.yaml"], PLAN, "two plans with the id 'p'"),
        (["plan.yaml"], PLAN.replace("HEMBESOK", "RÖKSIGNAL"), "names the channel 'RÖKSIGNAL' in 'a'"),
        (
            ["plan.yaml"],
            PLAN.replace("    rules:", "    valid_to: 2019-01-01\n    rules:"),
            "ends 'p' before it begins",
        ),
        (["plan.yaml"], PLAN + PLAN.splitlines()[-1] + "\n", "two rules with the id 'a'"),
        (["plan.yaml"], PLAN.replace("    title: P", "    title: P\n    title: P"), "the key 'title' stands twice"),
        (["plan.yaml"], PLAN.replace("staff_at_least", "staff"), "is wrong at plans.0.rules.0: a needs a kind"),
        (["plan.yaml"], "municipality_code: '0180'\n" + PLAN.lstrip(), "is wrong at municipality_code"),
        (["plan.yaml"], "[", "cannot be read"),
        (["plan.yaml"], "", "is wrong at the file"),
    ],
)
def test_a_wrong_plan_gets_one_sentence(tmp_path: Path, names: list[str], text: str, said: str) -> None:
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        read_plans(names, tmp_path)
    assert said in str(refused.value) and str(refused.value).endswith(".") and "\n" not in str(refused.value)
