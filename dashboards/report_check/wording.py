"""The answer about a report in Swedish: as text for people, and as rows for programs. Nothing is judged here."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from dashboards.published.numbers import OPEN, Count
from dashboards.report_check.cells import Cell, Kind, sign
from dashboards.report_check.checked import Checked
from dashboards.report_check.findings import Correction, Evidence, Explanation, Finding, Range
from dashboards.report_check.names import is_own, term_of
from dashboards.report_check.slips import Slip
from dashboards.report_check.vocabulary import period_words, words
from dashboards.report_check.warehouse import Compared, Warehouse
from dashboards.wording.numbers import BLANK, number, plain

#: More evidence than this convinces nobody more.
_MOST_EVIDENCE = 5
#: When most of at least so many numbers differ from the warehouse, the report is more likely somebody else's than wrong.
_ENOUGH_TO_DOUBT = 10
#: Of more numbers that could be the wrong one it is only said how many they are.
_MOST_ALTERNATIVES = 4

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
LOOSE, UNSUPPORTED = "löst uttryckt", "finns inte i tabellerna"


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
    if checked.loose:
        parts += ["", f"Löst uttryckt, men inte fel: {_count(len(checked.loose))}"]
        parts += [f"  {_name(evidence.cells[-1])}: {evidence_words(evidence)}" for evidence in checked.loose]
    if checked.text.unsupported:
        lacking = "Finns inte i tabellerna" if checked.has_tables else "Inte kontrollerade, för inga tabeller är givna"
        parts += ["", f"{lacking}: {_count(len(checked.text.unsupported))} i texten"]
        parts += [f"  {_name(cell)}." for cell in checked.text.unsupported]
    return "\n".join([*parts, "", *_closing(checked)])


def summary(checked: Checked) -> str:
    """What was checked and how much of it is fine: what the rows for programs do not say."""
    return "\n".join([*_opening(checked), *_closing(checked)])


def _opening(checked: Checked) -> list[str]:
    files = list(dict.fromkeys(cell.file for cell in (*checked.cells, *checked.text.unsupported)))
    lines = [f"{_count(len(checked.cells))} ur {_and(files)}."]
    if checked.hidden:
        lines.append(f"Dolda i rapporten (.. eller <5) och inte kontrollerade: {_count(checked.hidden)}.")
    warehouse = checked.warehouse
    if warehouse is None:
        lines.append("Bara rapportens egna samband är kontrollerade; ingenting är jämfört med lagret.")
        return lines
    compared = "Jämförda" if checked.compared else "Ingenting är jämfört"
    lines.append(
        f"{compared} med lagret för {warehouse.municipality}, version {warehouse.version}, "
        f"publicerad {warehouse.published_at:%Y-%m-%d %H:%M}."
    )
    lines += _not_compared(checked, warehouse)
    if len(checked.compared) >= _ENOUGH_TO_DOUBT and 2 * len(checked.different) > len(checked.compared):
        lines.append(
            f"De flesta tal skiljer sig från lagret. Är det inte rapporten för {warehouse.municipality}: "
            "skriv kommunens namn i en kolumn municipality, eller kör med --without-warehouse."
        )
    purged = [period_words(period) or period for period, is_purged in warehouse.periods.items() if is_purged]
    if purged and checked.compared:
        lines.append(
            f"Personer som kan ha räknats i {_and(purged)} har gallrats (förordning (2006:39) 7 §): "
            "lagrets tal kan vara mindre än de som trycktes då."
        )
    return lines


def _not_compared(checked: Checked, warehouse: Warehouse) -> list[str]:
    """What the warehouse cannot say anything of, and why."""
    own, others, lacking = [], [], []
    for cell in checked.not_compared:
        if any(is_own(key) for key in cell.keys):
            own.append(cell)
        elif not all(warehouse.is_about(key) for key in cell.keys):
            others.append(cell)
        else:
            lacking.append(cell)
    lines = []
    if lacking:
        lines.append(
            f"{_count(len(lacking))} kunde inte jämföras: {_unpublished(lacking, warehouse)} är inte publicerat i lagret."
        )
    if others:
        places = dict.fromkeys(key.municipality for cell in others for key in cell.keys if not warehouse.is_about(key))
        lines.append(f"Tal för {_some(list(places))} ({_count(len(others))}) är bara kontrollerade mot varandra.")
    if own:
        lines.append(
            f"Rapportens egna uppgifter, som lagret inte har ({_count(len(own))}), är bara kontrollerade mot varandra."
        )
    return lines


def _unpublished(cells: Iterable[Cell], warehouse: Warehouse) -> str:
    """What the warehouse lacks: whole periods, else the numbers themselves."""
    lacking = [
        words(address) if address.period in warehouse.periods else period_words(address.period) or address.period
        for cell in cells
        for address in cell.keys
        if warehouse.value(address) is None
    ]
    return _some(list(dict.fromkeys(lacking)))


def _some(named: list[str]) -> str:
    """The first of many, and how many more there are."""
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
        lines += _choice(finding, place)
    lines += [f"   – {sentence}" for sentence in [*_evidence_lines(finding), *_twice_lines(checked, finding)]]
    return lines + [f"   – {sentence}" for sentence in _warehouse_lines(checked, finding)]


def _choice(finding: Finding, place: int) -> list[str]:
    """The numbers of which one is wrong; where they are many only how many, and the likeliest."""
    count, first = len(finding.explanations), finding.explanations[0]
    single = all(len(explanation.corrections) == 1 for explanation in finding.explanations)
    if count > _MOST_ALTERNATIVES:
        which = f"Ett av {len(finding.cells)} tal är fel" if single else f"Några av {len(finding.cells)} tal är fel"
        likeliest = f" Troligast är {_alternative(first)} ({_slips(first)})." if finding.has_likeliest else ""
        return [f"{place}. {which}; rapporten själv kan inte avgöra vilket.{likeliest}"]
    which = f"Ett av dessa {count} tal är fel" if single else f"Talen i en av dessa {count} rader är fel"
    lines = [f"{place}. {which}; rapporten själv kan inte avgöra {'vilket' if single else 'vilka'}:"]
    lines += [f"   {_letter(n)}) {_alternative(explanation)}." for n, explanation in enumerate(finding.explanations)]
    if finding.has_likeliest:
        lines.append(f"   Troligast är {_letter(0)}: {_slips(first)}.")
    return lines


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
    return "abcd"[place]


def range_words(should_be: Range, cell: Cell) -> str:
    """``30``, ``57 %``, ``mellan 40 och 45``, ``högst 1 231``; empty where nothing is known."""
    low, high = should_be.low, should_be.high
    if cell.kind is Kind.DIRECTION:
        return _direction_words(should_be)
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


def _twice_lines(checked: Checked, finding: Finding) -> list[str]:
    """Of one own number that is printed differently in two places: what it was in the period before, and that it may be two."""
    twice = {quantity.keys[0] for one in finding.evidence for quantity in _same(one) if is_own(quantity.keys[0])}
    lines = []
    if len({cell.printed for one in finding.evidence if _same(one) for cell in one.cells}) > 1 and twice:
        lines.append("Är det inte samma tal: ge dem olika namn i kolumnen label.")
    for key in sorted(twice, key=str):
        series = {
            cell.keys[0].period: cell
            for cell in checked.cells
            if cell.number.at(period=OPEN) == Count((key._replace(period=OPEN),)) and cell.keys[0].period < key.period
        }
        if series:
            before = series[max(series)]
            lines.append(f"Dessförinnan, {before.keys[0].period}, är det {_value(before)}.")
    return lines


def _same(evidence: Evidence) -> set[Count]:
    """The quantity that several cells print, where there is one."""
    return set.intersection(*(set(cell.prints) for cell in evidence.cells)) if len(evidence.cells) > 1 else set()


def evidence_words(evidence: Evidence) -> str:
    """What the printed numbers break: ``19 + 11 = 30, men tryckt är 40 (Tabell 5).``"""
    places = _and(list(dict.fromkeys(cell.printed for cell in evidence.cells if cell.printed)))
    where = f" ({places})" if places else ""
    if evidence.result:
        return f"{_result_words(evidence.result, evidence.cells[:-1])}, men tryckt är {_value(evidence.result)}{where}."
    if evidence.relation:
        return f"{_relation_words(evidence)}{where}."
    listed = "; ".join(f"{_name(cell)}: {_value(cell)}" for cell in evidence.cells)
    if _same(evidence):
        return f"Samma tal är tryckt på flera ställen, men olika: {listed}."
    return f"Dessa tal kan inte alla stämma: {listed}."


def _result_words(result: Cell, terms: Sequence[Cell]) -> str:
    """What follows from printed numbers: ``28 av 39 är 71,8 %``."""
    values = [term.value for term in terms]
    if result.kind is Kind.MEAN:
        listed = _and([_plain(value) for value in values])
        return f"medelvärdet av {listed} är {_plain(round(sum(values, Decimal(0)) / len(values), 2))}"
    if result.kind in (Kind.DIRECTION, Kind.CHANGE_PERCENT):
        change = values[1] - values[0]
        by = f"{_plain(round(100 * change / values[0], 1))} %" if values[0] else "ingen förändring i procent alls"
        return f"från {_value(terms[0])} till {_value(terms[1])} är {_direction(change) if result.kind is Kind.DIRECTION else by}"
    *parts, whole = values
    total = sum(parts, Decimal(0))
    sums = f"{_joined(parts)} = " if len(parts) > 1 else ""
    exact = f"{_plain(round(100 * total / whole, 1))} %" if whole else "ingen andel alls"
    return f"{sums}{_plain(total)} av {_plain(whole)} är {exact}"


def _direction(change: Decimal) -> str:
    return {1: "en ökning", -1: "en minskning", 0: "oförändrat"}[sign(change)]


def _direction_words(change: Range) -> str:
    if change.only is not None:
        return _direction(change.only)
    if change.low is not None and change.low >= 0:
        return _direction(Decimal(1))
    return _direction(Decimal(-1)) if change.high is not None and change.high <= 0 else ""


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
    return next(cell.label for cell in evidence.cells if whole in cell.prints)


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
    supported = checked.text.supported
    return [
        *_closing_of_tables(checked),
        *([f"Finns i tabellerna: {_count(supported)} i texten."] if supported else []),
    ]


def _closing_of_tables(checked: Checked) -> list[str]:
    fine = [cell for cell in checked.cells if cell not in checked.suspects]
    if checked.warehouse and not checked.not_compared:
        return [f"Stämmer: {_count(len(fine))}."]
    compared = {one.cell for one in checked.compared}
    lines = []
    if compared:
        lines.append(f"Stämmer: {_count(sum(cell in compared for cell in fine))}.")
    alone = [cell for cell in fine if cell not in compared]
    unrelated = [cell for cell in alone if cell in checked.unrelated]
    warehouse = checked.warehouse
    could_help = any(
        warehouse.is_about(key) if warehouse else not is_own(key) for cell in unrelated for key in cell.keys
    )
    without = " utan lagret" if could_help else ""
    more = (
        f", varav {len(unrelated)} inte står i något samband med andra tal och inte kan kontrolleras{without}"
        if unrelated
        else ""
    )
    lines.append(f"Utan motsägelse inom rapporten: {_count(len(alone))}{more}.")
    if unrelated:
        more_names = f"; och {len(unrelated) - _MOST_EVIDENCE} till" if unrelated[_MOST_EVIDENCE:] else ""
        lines.append(f"Inte kontrollerade: {'; '.join(map(_name, unrelated[:_MOST_EVIDENCE]))}{more_names}.")
    return lines


# --- rows --------------------------------------------------------------------------------------------------------------------


def rows(checked: Checked) -> list[tuple[str, ...]]:
    """One row of ``COLUMNS`` for each number that is or may be wrong, is loosely told, or is in no table."""
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
    for evidence in checked.loose:
        cell = evidence.cells[-1]
        found.setdefault(cell, _row(checked, cell, "", LOOSE, "", evidence_words(evidence)))
    for cell in checked.text.unsupported:
        found.setdefault(cell, _row(checked, cell, "", UNSUPPORTED, "", "Talet finns inte i tabellerna."))
    return list(found.values())


def _row(checked: Checked, cell: Cell, place: str, certainty: str, should_be: str, reason: str) -> tuple[str, ...]:
    compared = checked.computed(cell)
    computed = "" if compared is None or compared.computed is None else plain(compared.computed)
    return (
        place, certainty, cell.printed, cell.label, str(cell.kind), " ; ".join(term_of(address) for address in cell.keys),
        plain(cell.value), should_be, computed, reason, cell.file, str(cell.line),
    )  # fmt: skip


# --- words -------------------------------------------------------------------------------------------------------------------


def _name(cell: Cell) -> str:
    """Where a number is printed and what it is."""
    label = f"”{cell.label}”" if cell.derived else cell.label
    return ", ".join(part for part in (cell.printed, label) if part)


def _value(cell: Cell) -> str:
    if cell.words:
        return f"”{cell.words}”"
    return ("ca " if cell.is_about else "") + _number(cell.value, cell)


def _number(value: Decimal, cell: Cell) -> str:
    return _plain(value) + (" %" if cell.in_per_cent else "")


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
