"""Action plans as rules with parameters, read for the municipality that names them in its profile.

How a rule of a kind is followed stands in dbt_project/models/plans; nothing is counted here.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from pipelines.configuration.contract import CONTRACTS, read_code_list
from pipelines.configuration.yaml_file import read_yaml, twice, validated
from pipelines.runtime.errors import UsageError

#: The plans that come with the program; a profile names one of these by its file's name without the ending.

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


class PlanFile(_Strict):
    """A file of plans."""

    plans: list[Plan]


def read_plans(names: Iterable[str], folder: Path) -> list[Plan]:
    """The plans of the files that a profile in ``folder`` names, in their order.

    A name that ends in .yaml is a path, relative to the profile; another is the id of plans that come with the program.
    Raises UsageError for a file that is not there or is wrong, and for two plans of one id.
    """
    plans = [plan for name in names for plan in _read_file(_path(name, folder))]
    if again := twice(plan.id for plan in plans):
        raise UsageError(f"The profile in {folder} names two plans with the id {again!r}; keep one, or rename one.")
    return plans


def _path(name: str, folder: Path) -> Path:
    if name.endswith((".yaml", ".yml")):
        path = folder / Path(name).expanduser()
        if not path.is_file():
            raise UsageError(
                f"The profile in {folder} names the plan {name!r}, but there is no such file: correct the path."
            )
        return path
    known = sorted(path.stem for path in PLANS.glob("*.yaml"))
    if name not in known:
        raise UsageError(
            f"The profile in {folder} names the plan {name!r}: choose one of {', '.join(known)}, or give the path of a .yaml "
            "file, relative to the profile."
        )
    return PLANS / f"{name}.yaml"


def _read_file(path: Path) -> list[Plan]:
    plans = validated(PlanFile, read_yaml(path, "plan"), path, "plan").plans
    fault = next((fault for plan in plans for fault in _faults(plan)), None)
    if fault:
        raise UsageError(f"The plan {path} {fault}.")
    return plans


def _faults(plan: Plan) -> Iterator[str]:
    """What is wrong with a plan that a single rule does not show, each with what to do."""
    if plan.valid_to and plan.valid_to < plan.valid_from:
        yield f"ends {plan.id!r} before it begins; correct valid_from or valid_to"
    if again := twice(rule.id for rule in plan.rules):
        yield f"gives {plan.id!r} two rules with the id {again!r}; rename one"
    channels = {str(entry["code"]) for entry in read_code_list(CONTRACTS / "code_lists" / "kanal.yaml")["codes"]}
    for rule in plan.rules:
        used = {str(value) for name, value in rule.parameters.items() if name.endswith("channel")}
        if unknown := sorted(used - channels):
            yield f"names the channel {unknown[0]!r} in {rule.id!r}: choose one of {', '.join(sorted(channels))}"


def rule_rows(plans: Iterable[Plan]) -> list[tuple[object, ...]]:
    """The rules of a municipality's plans as rows of input.plan_rule."""
    rules = [(plan, rule) for plan in plans for rule in plan.rules]
    return [
        (
            f"{plan.id}/{rule.id}", plan.id, plan.title, plan.valid_from, plan.valid_to, rule.kind, rule.title, rule.section,
            rule.quote, rule.how, rule.not_answerable, position,
        )
        for position, (plan, rule) in enumerate(rules, start=1)
    ]  # fmt: skip


def parameter_rows(plans: Iterable[Plan]) -> list[tuple[object, ...]]:
    """The rules' parameters as rows of input.plan_parameter."""
    return [
        (f"{plan.id}/{rule.id}", name, str(value))
        for plan in plans
        for rule in plan.rules
        for name, value in rule.parameters.items()
    ]
