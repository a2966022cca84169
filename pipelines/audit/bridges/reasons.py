"""Why a unit is counted in one state of knowledge and not in another: what rows of its person or record are other than before.

The reasons stand in the order of audit.md section 3; where several apply the first counts. What none of them explains is
`UNEXPLAINED`: no recorded change can have done it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import duckdb

from pipelines.audit.bridges.counted import Counted
from pipelines.audit.bridges.ground import Extract


class Reason(StrEnum):
    """Why a number is another one."""

    RULE_CHANGED = "rule_changed"
    PURGED = "purged"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    NUMBER_LINK = "number_link"
    RELEASED = "released"
    REVISION = "revision"
    LATE_DELIVERY = "late_delivery"
    NEW_EXTRACT = "new_extract"
    UNEXPLAINED = "unexplained"
    LEFT = "left"
    CAME = "came"
    MOVED_IN = "moved_in"
    MOVED_OUT = "moved_out"
    CATEGORY_CHANGED = "category_changed"
    STAYED = "stayed"


#: The reasons that a delivery can be, in their order.
OF_DELIVERIES = (Reason.RELEASED, Reason.REVISION, Reason.LATE_DELIVERY, Reason.NEW_EXTRACT)
#: What is gone is not shown.
NOT_SHOWN = (Reason.PURGED, Reason.CONSENT_WITHDRAWN)

Extracts = Mapping[tuple[str, date], Extract]
#: (dataset, record): a record by itself, when it is nobody's or is what is counted.
Record = tuple[str, str]


@dataclass
class Touched:
    """Whose rows, and which records, deliveries have made other than they were."""

    owners: set[str] = field(default_factory=set)
    records: set[Record] = field(default_factory=set)


def classified(before: Extracts, after: Extracts, released: Collection[str]) -> dict[Reason, list[Extract]]:
    """The deliveries that count after and did not before, by what they are. ``released``: those that a person released."""
    latest: dict[str, date] = {}
    for source, day in before:
        latest[source] = max(day, latest.get(source, day))
    found: dict[Reason, list[Extract]] = {reason: [] for reason in OF_DELIVERIES}
    for place, extract in after.items():
        earlier = before.get(place)
        if earlier and earlier.delivery_id == extract.delivery_id:
            continue
        if extract.delivery_id in released:
            reason = Reason.RELEASED
        elif earlier:
            reason = Reason.REVISION
        elif extract.source in latest and extract.day <= latest[extract.source]:
            reason = Reason.LATE_DELIVERY
        else:
            reason = Reason.NEW_EXTRACT
        found[reason].append(extract)
    return found


def touched_by(
    connection: duckdb.DuckDBPyConnection,
    extracts: Iterable[Extract],
    before: Extracts,
    stood_before: str | None,
    stood: str,
) -> Touched:
    """Whose rows are others in these extracts than before. ``stood_before``, ``stood``: relations of the shape that ``ground``
    gives; where an extract is new, nothing stood in it before. Who stood in the extract before a new one and not in it is touched
    too.
    """
    new = [(one.source, one.day, (one.source, one.day) in before) for one in extracts]
    if not new:
        return Touched()
    connection.execute("create or replace temp table looked_at (source varchar, day date, is_again boolean)")
    connection.executemany("insert into looked_at values (?, ?, ?)", new)
    there = "select look.source, look.day, row.dataset, row.owner, row.record, row.content from looked_at as look "
    shown = "on row.source = look.source and look.day between row.first_on and row.last_on"
    now = f"{there} inner join {stood} as row {shown}"
    earlier = f"select * from ({now}) where false"
    if stood_before:
        earlier = f"{there} inner join {stood_before} as row {shown} where look.is_again"
    vanished = f"""
        select look.source, look.day, row.dataset, row.owner, row.record, null as content
        from looked_at as look
        inner join {stood} as row
            on row.source = look.source
            and row.last_on = (
                select max(extract_date) from history.extract where source = look.source and extract_date < look.day
            )
        where not look.is_again
    """
    rows = connection.execute(
        f"select distinct owner, dataset, record from ((({now}) except ({earlier})) union all (({earlier}) except ({now})) "
        f"union all ({vanished}))"
    ).fetchall()
    touched = Touched()
    for owner, dataset, record in rows:
        if owner is not None:
            touched.owners.add(owner)
        if record is not None:
            touched.records.add((dataset, record))
    return touched


@dataclass
class Reasons:
    """Judges units. ``numbers_before``, ``numbers_after``: any number -> all numbers of the person, in each state; ``touched`` is
    asked when it is needed; ``possible``: the kinds of deliveries that there may be."""

    numbers_before: Mapping[str, frozenset[str]]
    numbers_after: Mapping[str, frozenset[str]]
    touched: Callable[[Reason], Touched]
    possible: tuple[Reason, ...] = OF_DELIVERIES

    def reason(self, before: Counted | None, after: Counted | None, dataset: str | None, is_by_rule: bool) -> Reason:
        """Why a unit is other than before; at least one of both is given. ``dataset``: of the record that is counted;
        ``is_by_rule``: the rules of before and of now judge it differently today."""
        if is_by_rule:
            return Reason.RULE_CHANGED
        numbers = self._numbers(self.numbers_before, before, after)
        numbers_now = self._numbers(self.numbers_after, after, before)
        if numbers and numbers_now and numbers != numbers_now:
            return Reason.NUMBER_LINK
        unit = before or after
        record = (dataset, unit.record) if unit and dataset and unit.record is not None else None
        for reason in self.possible:
            touched = self.touched(reason)
            if touched.owners & (numbers | numbers_now) or (record and record in touched.records):
                return reason
        if numbers and not numbers_now:  # history forgets a number when the law says so, or when a consent is withdrawn
            return Reason.PURGED
        return Reason.UNEXPLAINED

    @staticmethod
    def _numbers(
        of_state: Mapping[str, frozenset[str]], first: Counted | None, other: Counted | None
    ) -> frozenset[str]:
        """All numbers of the unit's person in a state, by either number under which it is counted."""
        found: frozenset[str] = frozenset()
        for unit in (first, other):
            if unit and unit.person:
                found |= of_state.get(unit.person, frozenset())
        return found


def groups_of(numbers: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Any number of a person -> all numbers of the person."""
    members: dict[str, set[str]] = {}
    for number, newest in numbers.items():
        members.setdefault(newest, set()).add(number)
    return {number: frozenset(members[newest]) for number, newest in numbers.items()}
