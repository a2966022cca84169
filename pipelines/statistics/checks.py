"""The logical checks of the file to SCB, as the layout names them, over the youths' rows.

A fault names the youth by pseudonym and the record by its id in the case register: who keeps the register finds it, and no
personnummer stands in the report. What a check asks is the layout's; here is how each kind of question is answered.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from pipelines.statistics.layout import (
    Check,
    Given,
    Layout,
    Needs,
    NotCode,
    Once,
    Order,
    Within,
    YoungerThan,
)
from pipelines.statistics.youths import Values, Youth, birthday
from pipelines.warehouse.periods import Period

#: Values that stand in each row of a youth: they are judged once.
_OF_CONTACT = {"contacted_on", "occupation_at_contact"}
_OF_MEASURE = {
    "measure", "measure_started_on", "occupation_before", "measure_ended_on", "measure_end_reason", "occupation_after",
}  # fmt: skip


@dataclass(frozen=True)
class Broken:
    """A check that a record does not keep. ``record``: the contact's or measure's id, or none where it is the youth's own."""

    check: Check
    person: str
    record: str | None


def broken_checks(layout: Layout, youths: list[Youth], period: Period) -> list[Broken]:
    """Every fault of every youth, in the order of the checks and then of the youths."""
    numbers = Counter(youth.values["personnummer"] for youth in youths if youth.values["personnummer"])
    return [
        Broken(check, youth.person, record)
        for check in layout.checks
        for youth in youths
        for record, values in _judged(check, youth)
        if _is_broken(check, values, youth, period, numbers)
    ]


def _judged(check: Check, youth: Youth) -> list[tuple[str | None, Values]]:
    """The records that a check looks at, each with the youth's own values beside its own."""
    asked = {check.value, getattr(check, "other", check.value)}
    if asked & _OF_MEASURE:
        return [(one["measure_record"], youth.values | one) for one in youth.measures]
    if asked & _OF_CONTACT:
        return [(one["contact"], youth.values | one) for one in youth.contacts]
    return [(None, youth.values)]


def _is_broken(check: Check, values: Values, youth: Youth, period: Period, numbers: Counter[str]) -> bool:
    value: Any = values.get(check.value)
    match check:
        case Given():
            return value is None
        case Needs():
            return value is not None and values.get(check.other) is None
        case Order():
            other = values.get(check.other)
            return value is not None and other is not None and value < other
        case NotCode():
            return value in check.codes
        case YoungerThan():
            return value is not None and value >= birthday(youth.birth_date, check.years)
        case Once():
            return numbers[value] > 1 if value else False
        case Within():
            return value is not None and not period.starts_on <= value <= period.ends_on
