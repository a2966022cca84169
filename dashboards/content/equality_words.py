"""The sentences of the page ”Likvärdighet”, made by rule from its numbers: what heads a table and what stands below it.

A sentence is asked for only where all its numbers may be told; which these are belongs in ``equality``.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from dashboards.content.chance import INNER, OUTER, Difference, ProcessLimits, funnel_limits
from dashboards.content.findings import SMALLEST_BASE
from dashboards.content.tables import Cell, Points
from dashboards.published.publication import Period
from dashboards.wording import numbers

HOW_TO_READ = (
    "Alla ungdomar är räknade, så siffrorna är inte osäkra som i en undersökning. Men i små grupper flyttar några få ungdomar "
    "andelen mycket, också när arbetet är detsamma. Spannet visar hur långt slumpen i små grupper brukar nå: 19 gånger av 20 "
    "inte längre. En skillnad är större än slumpen brukar ge när hela spannet ligger på samma sida om noll. Av 20 "
    "jämförelser hamnar ändå ungefär en utanför av en slump. En ensam avvikelse är därför en fråga att ställa, inget betyg. Och "
    "inom slumpen betyder inte lika: i små grupper syns bara stora skillnader."
)
TOO_FEW = (
    f"En grupp med färre än {SMALLEST_BASE} är för få: andelen visas inte, i tabellen står ”{numbers.NOT_AVAILABLE}”."
)
CHANGED = (
    "Spannen räknar inte med att antalen är ändrade för att skydda enskilda. Små skillnader säger därför ännu mindre."
)
WITHIN, BEYOND = "ligger inom vad slumpen i små grupper kan ge", "är större än vad slumpen i små grupper brukar ge"


def of_base(share: Cell) -> str:
    """A share with its base: ``54 % av 5 777``."""
    assert share.whole is not None
    return f"{share.in_text} av {numbers.number(share.whole)}"


def difference_sentence(title: str, names: tuple[str, str], shares: Sequence[Cell], difference: Difference) -> str:
    value, low, high = (Points.of_fraction(end).text for end in (difference.value, difference.low, difference.high))
    one, other = (f"{of_base(share)} ({name})" for name, share in zip(names, shares, strict=True))
    verdict = BEYOND if difference.is_more_than_chance else WITHIN
    return f"{title}: {one}, {other}. Skillnaden {value} procentenheter ({low} till {high}) {verdict}."


def finding(differences: Mapping[str, Difference | None], nothing: str, something: str) -> str:
    """What heads a table of differences."""
    told = [name for name, difference in differences.items() if difference and difference.is_more_than_chance]
    if not any(differences.values()):
        return "Talen räcker inte för en jämförelse"
    return f"{something}: {numbers.listed(told)}" if told else nothing


def funnel_finding(groups: Sequence[tuple[str, Cell]], middle: float) -> str:
    apart, far = ([name for name, share in groups if _is_outside(share, middle, level)] for level in (INNER, OUTER))
    if far:
        return f"{numbers.listed(far)} ligger längre från hela kommunen än slumpen brukar ge"
    if apart:
        return f"{numbers.listed(apart)} ligger utanför de inre gränserna, ingen utanför de yttre"
    return "Skillnaderna mellan jobbtorgen ryms i vad slumpen i små grupper kan ge"


def months_finding(apart: Sequence[int], runs: Sequence[tuple[int, int]]) -> str:
    if apart:
        return f"{'En månad' if len(apart) == 1 else f'{len(apart)} månader'} avviker från det vanliga"
    return "Ingen enskild månad avviker, men en lång rad gör det" if runs else "Månaderna svänger som vanligt"


def funnel_sentence(groups: Sequence[tuple[str, Cell]], middle: float) -> str:
    inner, outer = ([group for group in groups if _is_outside(group[1], middle, level)] for level in (INNER, OUTER))
    if not inner:
        return "Alla som visas ligger innanför de inre gränserna."
    between = [group for group in inner if group not in outer]
    sentences = []
    if between:
        sentences.append(f"Utanför de inre gränserna: {_listed(between)}.")
    sentences.append(
        f"Utanför de yttre gränserna, mer än vad slumpen i små grupper brukar ge: {_listed(outer)}."
        if outer
        else "Ingen ligger utanför de yttre."
    )
    return " ".join(sentences)


def _is_outside(share: Cell, middle: float, level: float) -> bool:
    return not funnel_limits(share.whole or 0, middle, level).has(share.size / 100)


def _listed(groups: Sequence[tuple[str, Cell]]) -> str:
    return numbers.listed([f"{name} ({of_base(share)})" for name, share in groups])


def months_sentence(
    drawn: Sequence[tuple[Period, Cell]],
    limits: ProcessLimits,
    apart: Sequence[int],
    runs: Sequence[tuple[int, int]],
) -> str:
    low, mean, high = (
        numbers.whole_percent(Decimal(value), 100) for value in (max(limits.low, 0), limits.mean, min(limits.high, 100))
    )
    percent = f"{numbers.BLANK}%"
    usual = f"Månaderna ligger i medel på {mean}{percent}. En jämn serie håller sig mellan {low}{percent} och {high}{percent}."
    told = []
    if apart:
        named = numbers.listed([f"{drawn[place][0].title} ({of_base(drawn[place][1])})" for place in apart])
        told.append(f"Utanför gränserna: {named}.")
    if runs:
        named = numbers.listed([f"{drawn[first][0].title}–{drawn[last][0].title}" for first, last in runs])
        told.append(f"Minst åtta månader i rad på samma sida om medelvärdet: {named}.")
    return " ".join([usual, *(told or ["Ingen månad avviker mer än vad slumpen i små grupper kan ge."])])
