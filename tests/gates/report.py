"""docs/quality-gates.md: a table of the checks of a night, with what they found of the planted faults and what they take."""

from collections import Counter
from collections.abc import Iterable, Mapping

from tests.gates.findings import GATES, Finding, Gate

_HEAD = """# Quality gates

Which checks a night has, what they found of {faults} planted faults, and what they take. Made by `python -m tests.gates`;
`tests/gates` says which faults are planted, each by itself. *First*: it found the fault before any check of another kind did.
*Only*: no other check found it. Seconds are the processor's, on one more night of a city with 60 000 residents aged 15 to 20 and
260 nights behind it; a dash: less than a hundredth, or part of reading the delivery.

A check that finds none of the faults goes, or a fault is planted that it finds: `tests/gates` fails until one of the two is done.

| kind | check | found | first | only | seconds |
|---|---|---:|---:|---:|---:|
"""


def page(findings: Iterable[Finding], costs: Mapping[Gate, float]) -> str:
    """The page as Markdown."""
    told = list(findings)
    found, first, only = Counter[Gate](), Counter[Gate](), Counter[Gate]()
    for one in told:
        found.update(one.gates)
        first.update(one.first)
        only.update(one.gates if len(one.gates) == 1 else ())
    gates = sorted(found.keys() | {gate for gate in costs if gate.name}, key=lambda gate: (gate.place, gate.name))
    lines = [
        f"| {gate.kind} | {gate.name} | {found[gate]} | {first[gate]} | {only[gate]} | {_seconds(costs.get(gate))} |"
        for gate in gates
    ]
    parts = [_HEAD.format(faults=len(told)) + "\n".join(lines), _kinds(told, costs), _missed(told)]
    return "\n\n".join(parts) + "\n"


def never(findings: Iterable[Finding], gates: Iterable[Gate]) -> list[Gate]:
    """Of these checks those that found nothing."""
    found = {gate for one in findings for gate in one.gates}
    return sorted(set(gates) - found)


def _seconds(cost: float | None) -> str:
    return f"{cost:.2f}" if cost and cost >= 0.005 else "–"


def _kinds(told: list[Finding], costs: Mapping[Gate, float]) -> str:
    lines = [
        "## By kind",
        "",
        "| kind | where it finds something | found | first | only this kind | seconds |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for kind, meaning in GATES.items():
        kinds = [{gate.kind for gate in one.gates} for one in told]
        firsts = sum(any(gate.kind == kind for gate in one.first) for one in told)
        cost = sum(seconds for gate, seconds in costs.items() if gate.kind == kind)
        found = sum(kind in each for each in kinds)
        lines.append(f"| {kind} | {meaning} | {found} | {firsts} | {kinds.count({kind})} | {_seconds(cost)} |")
    return "\n".join(lines)


def _missed(told: list[Finding]) -> str:
    kinds = Counter(one.kind for one in told)
    missed = Counter(one.kind for one in told if not one.gates)
    lines = [
        "## By fault",
        "",
        "What no check of a night finds is a change of SQL that alters lists of persons or parts beside the figures, or figures",
        "of other periods than the report year; the program's tests find it (`tests/property`, `tests/spec`, unit tests).",
        "",
        "| fault | planted | found by no check |",
        "|---|---:|---:|",
    ]
    lines += [f"| {kind} | {number} | {missed[kind]} |" for kind, number in sorted(kinds.items())]
    return "\n".join(lines)
