"""The municipality's action plans as rules with parameters (data_contracts/plans), read for the tables of schema `input`.

How a rule of a kind is followed stands in dbt_project/models/plans; nothing is counted here.
"""

from datetime import date
from functools import cache
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from pipelines.contract import CONTRACTS

PLANS = CONTRACTS / "plans"

#: Kind of rule -> the parameters it must have, and those it may have.
KINDS: dict[str, tuple[set[str], set[str]]] = {
    "begun_within": ({"within_months"}, set()),
    "waited": ({"wait_days"}, set()),
    "attempts_before": ({"channel", "at_least", "before_channel"}, set()),
    "staff_at_least": ({"channel", "at_least"}, set()),
    "letter_after_day": ({"channel", "after_month", "after_day", "within_days"}, set()),
    "followed_up_within": ({"channel"}, {"follow_up_channel", "within_months", "within_days"}),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    """A promise of a plan: measured (kind, how, parameters), or not answerable for a reason."""

    id: str
    title: str
    section: str
    quote: str
    kind: str | None = None
    how: str | None = None
    parameters: dict[str, str | int] = {}
    not_answerable: str | None = None

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if self.not_answerable:
            if self.kind or self.how or self.parameters:
                raise ValueError(f"{self.id} is not answerable, so it has no kind, how or parameters")
            return self
        if self.kind not in KINDS or not self.how:
            raise ValueError(f"{self.id} needs a kind ({', '.join(KINDS)}) and how, or not_answerable")
        needed, allowed = KINDS[self.kind]
        if not needed <= self.parameters.keys() <= needed | allowed:
            raise ValueError(f"{self.id} needs the parameters {', '.join(sorted(needed))}")
        if self.kind == "followed_up_within" and not {"within_months", "within_days"} & self.parameters.keys():
            raise ValueError(f"{self.id} needs within_months or within_days")
        return self


class Plan(_Strict):
    """A document and the days on which it holds, both included."""

    id: str
    title: str
    valid_from: date
    valid_to: date | None = None
    rules: list[Rule]


class MunicipalPlans(_Strict):
    """All plans of a municipality."""

    municipality_code: str
    plans: list[Plan]


@cache
def read_plans() -> dict[str, list[Plan]]:
    """Municipality code -> its plans, in the order of its file."""
    files = [
        MunicipalPlans.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(PLANS.glob("*.yaml"))
    ]
    return {each.municipality_code: each.plans for each in files}


def rule_rows(municipality_code: str) -> list[tuple[object, ...]]:
    """The rules of a municipality as rows of input.plan_rule; none where no plan is known."""
    rules = [(plan, rule) for plan in read_plans().get(municipality_code, []) for rule in plan.rules]
    return [
        (
            f"{plan.id}/{rule.id}", plan.id, plan.title, plan.valid_from, plan.valid_to, rule.kind, rule.title, rule.section,
            rule.quote, rule.how, rule.not_answerable, position,
        )
        for position, (plan, rule) in enumerate(rules, start=1)
    ]  # fmt: skip


def parameter_rows(municipality_code: str) -> list[tuple[object, ...]]:
    """The rules' parameters as rows of input.plan_parameter."""
    return [
        (f"{plan.id}/{rule.id}", name, str(value))
        for plan in read_plans().get(municipality_code, [])
        for rule in plan.rules
        for name, value in rule.parameters.items()
    ]
