"""The answer about a report in Swedish: as text for people, and as rows for programs. Nothing is judged here."""

from collections.abc import Iterable
from decimal import Decimal

from dashboards.report_check.cells import Cell, Kind
from dashboards.report_check.checked import Checked
from dashboards.report_check.findings import Correction, Evidence, Explanation, Finding, Range
from dashboards.report_check.slips import Slip
from dashboards.report_check.vocabulary import key, period_words, words
from dashboards.report_check.warehouse import Compared
from dashboards.wording.numbers import BLANK, number, plain

#: More evidence than this convinces nobody more.
_MOST_EVIDENCE = 5

COLUMNS = (
    "contradiction", "certainty", "printed", "label", "kind", "terms", "value", "should_be", "warehouse", "reason", "file",
    "line",
)  # fmt: skip

_SLIPS = {
    Slip.EXCHANGED: "två tal har bytt plats",
    Slip.OTHER_PERIOD: "talet för en annan period",
    Slip.TRANSPOSED: "omkastade siffror",
    Slip.ONE_DIGIT: "en siffra skiljer",
    Slip.DIGIT_COUNT: "en siffra för mycket eller för litet",
    Slip.STEP: "ett, tio eller hundra skiljer",
}
#: Slips that say where the printed number comes from; the others only make an explanation likelier.
_ORIGINS = (Slip.EXCHANGED, Slip.OTHER_PERIOD)

#: The answers in the column ``certainty``.
CERTAIN, LIKELIEST, POSSIBLE, DIFFERENT = "fel", "troligast fel", "kan vara fel", "skiljer sig från lagret"


# --- text --------------------------------------------------------------------------------------------------------------------


def text(checked: Checked) -> str:
    """The whole answer for people."""
    parts = [*_opening(checked), "", f"Motsägelser inom rapporten: {len(checked.findings) or 'inga'}"]
    for place, finding in enumerate(checked.findings, start=1):
        parts += ["", *_finding_lines(checked, finding, place)]
    if checked.compared:
        parts += [
            "",
            f"Skiljer sig från lagret: {_count(len(checked.different)) if checked.different else 'inget tal'}",
        ]
        parts += [f"  {line}" for line in _different_lines(checked)]
    return "\n".join([*parts, "", *_closing(checked)])


def summary(checked: Checked) -> str:
    """What was checked and how much of it is fine: what the rows for programs do not say."""
    return "\n".join([*_opening(checked), *_closing(checked)])


def _opening(checked: Checked) -> list[str]:
    files = list(dict.fromkeys(cell.file for cell in checked.cells))
    lines = [f"{_count(len(checked.cells))} ur {_and(files)}."]
    warehouse = checked.warehouse
    if warehouse is None:
        lines.append("Bara rapportens egna samband är kontrollerade; ingenting är jämfört med lagret.")
        return lines
    lines.append(
        f"Jämförda med lagret för {warehouse.municipality}, version {warehouse.version}, "
        f"publicerad {warehouse.published_at:%Y-%m-%d %H:%M}."
    )
    if checked.not_compared:
        lines.append(
            f"{_count(len(checked.not_compared))} kunde inte jämföras: {_unpublished(checked)} är inte publicerat i lagret."
        )
    purged = [period_words(period) or period for period, is_purged in warehouse.periods.items() if is_purged]
    if purged:
        lines.append(
            f"Personer som kan ha räknats i {_and(purged)} har gallrats (förordning (2006:39) 7 §): "
            "lagrets tal kan vara mindre än de som trycktes då."
        )
    return lines


def _unpublished(checked: Checked) -> str:
    """What the warehouse lacks: whole periods, else the numbers themselves."""
    assert checked.warehouse
    lacking = [
        words(address)
        if address.period in checked.warehouse.periods
        else period_words(address.period) or address.period
        for cell in checked.not_compared
        for address in cell.keys
        if checked.warehouse.value(address) is None
    ]
    named = list(dict.fromkeys(lacking))
    more = [f"{len(named) - _MOST_EVIDENCE} till"] if named[_MOST_EVIDENCE:] else []
    return _and([*named[:_MOST_EVIDENCE], *more])


def _finding_lines(checked: Checked, finding: Finding, place: int) -> list[str]:
    lines = []
    if len(finding.explanations) == 1:
        for correction in finding.explanations[0].corrections:
            lines.append(f"{place}. {_name(correction.cell)}: tryckt {_value(correction.cell)}, {_should(correction)}.")
        if not finding.is_complete:
            lines.append("   Motsägelserna är så många att även andra tal kan vara de felaktiga.")
    else:
        lines.append(f"{place}. {_choice(finding)}")
        lines += [
            f"   {_letter(n)}) {_alternative(explanation)}." for n, explanation in enumerate(finding.explanations)
        ]
        if finding.has_likeliest:
            lines.append(f"   Troligast är {_letter(0)}: {_slips(finding.explanations[0])}.")
    lines += [f"   – {sentence}" for sentence in _evidence_lines(finding)]
    return lines + [f"   – {sentence}" for sentence in _warehouse_lines(checked, finding)]


def _choice(finding: Finding) -> str:
    if all(len(explanation.corrections) == 1 for explanation in finding.explanations):
        return f"Ett av dessa {len(finding.explanations)} tal är fel; rapporten själv kan inte avgöra vilket:"
    return f"Talen i en av dessa {len(finding.explanations)} rader är fel; rapporten själv kan inte avgöra vilka:"


def _alternative(explanation: Explanation) -> str:
    return "; ".join(
        f"{_name(cor.cell)}: tryckt {_value(cor.cell)}, {_should(cor, 'ska då')}" for cor in explanation.corrections
    )


def _should(correction: Correction, verb: str = "ska") -> str:
    right = range_words(correction.should_be, correction.cell)
    slip = f" ({_SLIPS[correction.slip]})" if correction.slip in _ORIGINS else ""
    return f"{verb} vara {right}{slip}" if right else "rätt tal framgår inte av rapporten"


def _slips(explanation: Explanation) -> str:
    return _and(list(dict.fromkeys(_SLIPS[cor.slip] for cor in explanation.corrections if cor.slip)))


def _letter(place: int) -> str:
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    return alphabet[place] if place < len(alphabet) else str(place + 1)


def range_words(should_be: Range, cell: Cell) -> str:
    """``30``, ``57 %``, ``mellan 40 och 45``, ``högst 1 231``; empty where nothing is known."""
    low, high = should_be.low, should_be.high
    if should_be.only is not None:
        return _number(should_be.only, cell)
    if low is not None and high is not None:
        return f"högst {_number(high, cell)}" if low <= 0 else f"mellan {_number(low, cell)} och {_number(high, cell)}"
    if high is not None:
        return f"högst {_number(high, cell)}"
    return f"minst {_number(low, cell)}" if low is not None and low > 0 else ""


def _evidence_lines(finding: Finding) -> list[str]:
    found = [evidence_words(evidence) for evidence in finding.evidence]
    if len(found) <= _MOST_EVIDENCE:
        return found
    return [*found[:_MOST_EVIDENCE], f"och {len(found) - _MOST_EVIDENCE} samband till."]


def evidence_words(evidence: Evidence) -> str:
    """What the printed numbers break: ``19 + 11 = 30, men tryckt är 40 (Tabell 5).``"""
    places = _and(list(dict.fromkeys(cell.printed for cell in evidence.cells if cell.printed)))
    where = f" ({places})" if places else ""
    if evidence.share:
        *parts, whole = evidence.cells[:-1]
        total = sum((cell.value for cell in parts), Decimal(0))
        sums = f"{_joined(cell.value for cell in parts)} = " if len(parts) > 1 else ""
        exact = f"{_plain(round(100 * total / whole.value, 1))} %" if whole.value else "ingen andel alls"
        return (
            f"{sums}{_plain(total)} av {_plain(whole.value)} är {exact}, men tryckt är {_value(evidence.share)}{where}."
        )
    if evidence.relation:
        return f"{_relation_words(evidence)}{where}."
    listed = "; ".join(f"{_name(cell)}: {_value(cell)}" for cell in evidence.cells)
    if len({cell.count for cell in evidence.cells if not cell.is_share}) == 1 and len(evidence.cells) > 1:
        return f"Samma tal är tryckt på flera ställen, men olika: {listed}."
    return f"Dessa tal kan inte alla stämma: {listed}."


def _relation_words(evidence: Evidence) -> str:
    relation, values = evidence.relation, evidence.values
    assert relation
    left = [values[quantity] for quantity in relation.left]
    right = [values[quantity] for quantity in relation.right]
    if not relation.sentence:  # a printed sum or difference, with what is taken away on its own side
        computed = sum(left, Decimal(0)) - sum(right[1:], Decimal(0))
        taken = "".join(f" − {_plain(value)}" for value in right[1:])
        return f"{_joined(left)}{taken} = {_plain(computed)}, men tryckt är {_plain(right[0])}"
    sentence = f"{relation.sentence} ({_label_of_whole(evidence)})"
    total = _joined(left) if len(left) == 1 else f"{_joined(left)} = {_plain(sum(left, Decimal(0)))}"
    other = _plain(sum(right, Decimal(0)))
    if len(right) > 1:
        other = f"{_joined(right)} = {other}"
    if relation.equal:
        return f"{sentence}: {total}, men tryckt är {other}" if len(right) == 1 else f"{sentence}: {total}, men {other}"
    return f"{sentence}: {total} är mer än {other}"


def _label_of_whole(evidence: Evidence) -> str:
    """What a relation speaks of: its whole, or what stands to the right."""
    assert evidence.relation
    whole = evidence.relation.right[0]
    return next(cell.label for cell in evidence.cells if cell.count == whole)


def _warehouse_lines(checked: Checked, finding: Finding) -> list[str]:
    if finding in checked.settled:
        return ["Rapporten själv kan inte avgöra vilket tal som är fel, men lagret gör det."]
    lines = []
    for cell in finding.cells:
        compared = checked.computed(cell)
        if compared and compared.equal:
            lines.append(f"Lagret har samma tal som är tryckt för {_name(cell)}: {_value(cell)}.")
        elif compared and compared.computed is not None:
            lines.append(f"Lagret har {_number(compared.computed, cell)} för {_name(cell)}.")
    return lines


def _different_lines(checked: Checked) -> list[str]:
    lines = []
    for one in checked.different:
        where = [str(n) for n, finding in enumerate(checked.findings, start=1) if one.cell in finding.cells]
        also = f" (motsägelse {_and(where)})" if where else f"{_exchange_words(checked, one)}"
        lines.append(f"{_name(one.cell)}: tryckt {_value(one.cell)}, lagret {_computed(one)}{also}.")
    return lines


def _exchange_words(checked: Checked, one: Compared) -> str:
    """A number that has changed places with another, by what the warehouse says of both."""
    for other in checked.different:
        if (other.cell.value, one.cell.value) == (one.computed, other.computed) and other is not one:
            return f" (har bytt plats med {_name(other.cell)})"
    return ""


def _closing(checked: Checked) -> list[str]:
    fine = [cell for cell in checked.cells if cell not in checked.suspects]
    if checked.warehouse and not checked.not_compared:
        return [f"Stämmer: {_count(len(fine))}."]
    compared = {one.cell for one in checked.compared}
    lines = []
    if compared:
        lines.append(f"Stämmer: {_count(sum(cell in compared for cell in fine))}.")
    alone = [cell for cell in fine if cell not in compared]
    unrelated = sum(cell in checked.unrelated for cell in alone)
    more = (
        f", varav {unrelated} inte står i något samband med andra tal och inte kan kontrolleras utan lagret"
        if unrelated
        else ""
    )
    lines.append(f"Utan motsägelse inom rapporten: {_count(len(alone))}{more}.")
    return lines


# --- rows --------------------------------------------------------------------------------------------------------------------


def rows(checked: Checked) -> list[tuple[str, ...]]:
    """One row of ``COLUMNS`` for each number that is or may be wrong."""
    found: dict[Cell, tuple[str, ...]] = {}
    for place, finding in enumerate(checked.findings, start=1):
        reasons = " ".join([*_evidence_lines(finding), *_warehouse_lines(checked, finding)])
        for n, explanation in enumerate(finding.explanations):
            certainty = CERTAIN if finding.is_certain else POSSIBLE
            if n == 0 and finding.has_likeliest:
                certainty = LIKELIEST
            for cor in explanation.corrections:
                only = cor.should_be.only
                should_be = range_words(cor.should_be, cor.cell) if only is None else plain(only)
                found.setdefault(cor.cell, _row(checked, cor.cell, str(place), certainty, should_be, reasons))
    for one in checked.different:
        reason = f"Tryckt {_value(one.cell)}, lagret {_computed(one)}{_exchange_words(checked, one)}."
        should_be = "" if one.computed is None else plain(one.computed)
        found.setdefault(one.cell, _row(checked, one.cell, "", DIFFERENT, should_be, reason))
    return list(found.values())


def _row(checked: Checked, cell: Cell, place: str, certainty: str, should_be: str, reason: str) -> tuple[str, ...]:
    compared = checked.computed(cell)
    computed = "" if compared is None or compared.computed is None else plain(compared.computed)
    return (
        place, certainty, cell.printed, cell.label, str(cell.kind), " ; ".join(key(address) for address in cell.keys),
        plain(cell.value), should_be, computed, reason, cell.file, str(cell.line),
    )  # fmt: skip


# --- words -------------------------------------------------------------------------------------------------------------------


def _name(cell: Cell) -> str:
    """Where a number is printed and what it is."""
    label = f"”{cell.label}”" if cell.derived else cell.label
    return ", ".join(part for part in (cell.printed, label) if part)


def _value(cell: Cell) -> str:
    about = "ca " if cell.kind is Kind.APPROX else ""
    return about + _number(cell.value, cell)


def _number(value: Decimal, cell: Cell) -> str:
    return _plain(value) + (" %" if cell.is_share else "")


def _computed(one: Compared) -> str:
    return "en andel av noll" if one.computed is None else _number(one.computed, one.cell)


def _plain(value: Decimal) -> str:
    """As Swedish texts write it, with a blank that terminals and searches know."""
    return number(value).replace(BLANK, " ")


def _joined(values: Iterable[Decimal]) -> str:
    return " + ".join(_plain(value) for value in values)


def _count(count: int) -> str:
    return f"{_plain(Decimal(count))} tal"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} och {parts[-1]}" if parts else ""
