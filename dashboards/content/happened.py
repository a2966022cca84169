"""What happened in the period: a few sentences, each made by a rule from published numbers, with the table that it rests on.

A rule says nothing where a number that it needs is hidden, is not there, or is a share of too few; and where chance in small
groups explains a difference it says so. What comes first is what the work is for: that the youths study or work.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dashboards.content import annual_report, targets
from dashboards.content.findings import compared, has_base, women_and_men
from dashboards.content.readings import Change, Reading, differ
from dashboards.content.report import Report
from dashboards.wording import numbers

#: How the sentences tell chance from more than chance, for who reads them.
HOW_TO_READ = (
    "”Kan vara slump” står där skillnaden inte är större än vad slumpen ger i 19 fall av 20 när grupper är så små. "
    "Bara annat kallas en förändring."
)


@dataclass(frozen=True)
class Statement:
    """A sentence, the rule that made it, and the table or diagram that it rests on."""

    rule: str
    text: str
    block_id: str


def what_happened(report: Report) -> tuple[Statement, ...]:
    """The sentences, the most important first."""
    return tuple(statement for rule in RULES for statement in [rule(report)] if statement)


def _statement(rule: str, text: str | None, *block_ids: str | None) -> Statement | None:
    """None where there is nothing to say, or where the report shows none of what it rests on."""
    shown = next(filter(None, block_ids), None)
    return Statement(rule, f"{numbers.agreeing(text)}.", shown) if text and shown else None


def _whole(reading: Reading) -> str:
    """What a share is a share of."""
    return numbers.number(reading.cell.whole or 0)


def _before(reading: Reading) -> str:
    """A share of the year before, in brackets."""
    return reading.in_brackets(reading.before_text) if has_base(reading.before) else ""


def exits(report: Report) -> Statement | None:
    """How large a part of those who ended went to studies, and to work; and how many to work, where that went another way than
    the share."""
    studies = report.readings.reading(annual_report.STUDIES_OF_ENDED)
    work = report.readings.reading(annual_report.WORK_OF_ENDED)
    if not has_base(studies.cell):
        return None
    text = f"{studies.cell.in_text} av de {_whole(studies)} som avslutades gick till studier{_before(studies)}"
    if has_base(work.cell):
        share = work.in_brackets(work.before.in_text) if has_base(work.before) else ""
        text += f" och {work.cell.in_text} till arbete{share}{_but_the_count(report)}"
    return _statement("exits", text, report.block_id(annual_report.RESULTS))


def _but_the_count(report: Report) -> str:
    """A share that did not grow hides that the number did, and the other way round."""
    share, count = (report.readings.reading(number) for number in (annual_report.WORK_OF_ENDED, annual_report.TO_WORK))
    if count.change not in (Change.MORE, Change.LESS) or share.change is None or share.change is count.change:
        return ""
    verb = "ökade" if count.change is Change.MORE else "minskade"
    return f", medan antalet till arbete {verb} från {count.before.in_text} till {count.cell.in_text}"


def reached_targets(report: Report) -> Statement | None:
    """Which targets were met, and by how much the others were missed."""
    found = targets.outcomes(report.readings)
    if not found:
        return None
    met = [outcome.in_a_sentence for outcome in found if outcome.is_met]
    missed = [outcome.in_a_sentence for outcome in found if not outcome.is_met]
    text = f"Målet är nått för {numbers.listed(met)}" if met else ""
    if missed:
        text += f"{', men inte för ' if met else 'Målet är inte nått för '}{numbers.listed(missed)}"
    return _statement("targets", text, targets.block_id(found[0].target))


def gender(report: Report) -> Statement | None:
    """What differs between women and men among those who ended."""
    share = annual_report.STUDIES_OF_EXITS
    women = report.readings.reading(share, gender=annual_report.WOMEN)
    men = report.readings.reading(share, gender=annual_report.MEN)
    text = women_and_men(women.cell, men.cell, "gick till studier när de avslutades")
    if text and women.is_compared and has_base(women.before, men.before):
        text += f" ({women.before_label}:{numbers.BLANK}{women.before.in_text} och {men.before.in_text})"
    return _statement("gender", text, report.block_id(annual_report.EXITS_BY_GENDER))


def job_centre(report: Report) -> Statement | None:
    """The job-centre at which the share that went to studies is most unlike that of the year before."""
    by_name = report.readings.by_job_centre(annual_report.STUDIES_OF_ENDED)
    # One that is hidden may be the one that changed most.
    if len(by_name) < 2 or not all(
        reading.is_compared and has_base(reading.cell, reading.before) for reading in by_name.values()
    ):
        return None
    name, reading = max(by_name.items(), key=lambda each: abs(each[1].cell.size - each[1].before.size))
    text = (
        f"Mest ändrades andelen till studier vid {name}"
        if differ(reading.cell, reading.before)
        else f"Vid inget jobbtorg ändrades andelen till studier mer än slumpen förklarar, mest skiljer {name}"
    )
    text += f": {reading.cell.with_base} ({reading.before_label}:{numbers.BLANK}{reading.before_text})"
    return _statement("job_centre", text, report.block_id(annual_report.RESULTS))


def support(report: Report) -> Statement | None:
    """How many got support, and how many of them were new."""
    enrolled, new = (report.readings.reading(number) for number in (annual_report.ENROLLED, annual_report.NEW))
    if not enrolled.is_known:
        return None
    of_them = f", varav {new.cell.in_text} nyinskrivna{new.in_brackets(new.before.in_text)}," if new.is_known else ""
    text = f"{enrolled.cell.in_text} ungdomar{of_them} tog del av stöd{_more(enrolled)}"
    return _statement("support", text, report.block_id(annual_report.ENROLLED_BY_GENDER))


def _more(reading: Reading) -> str:
    """How much a count grew, in per cent."""
    if not reading.is_compared or not reading.before.part:
        return ""
    assert reading.cell.part is not None
    change = numbers.percent_more(reading.cell.part, reading.before.part, reading.before_label)
    return f", {change} ({reading.before.in_text})"


def outreach(report: Report) -> Statement | None:
    """How large a part of the sought were reached, and of these had an occupation."""
    reached = report.readings.reading(annual_report.REACHED_OF_SOUGHT)
    occupied = report.readings.reading(annual_report.OCCUPIED_OF_REACHED)
    if not has_base(reached.cell):
        return None
    text = f"{reached.cell.in_text} av de {_whole(reached)} sökta nåddes{compared(reached)}"
    if has_base(occupied.cell):
        text += (
            f", och {occupied.cell.in_text} av de {_whole(occupied)} nådda hade en sysselsättning{compared(occupied)}"
        )
    return _statement(
        "outreach", text, report.block_id(annual_report.OUTREACH), report.block_id(annual_report.OCCUPATION)
    )


#: In the order in which they stand.
RULES: tuple[Callable[[Report], Statement | None], ...] = (
    exits, reached_targets, gender, job_centre, support, outreach,
)  # fmt: skip
