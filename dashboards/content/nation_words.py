"""The sentences of the nation's report, made by rule from its numbers: which municipalities differ more than chance, and which
are in it. Nobody is called good or bad: a municipality outside the limits is a question to ask.

A sentence is asked for only where all its numbers may be told; which these are belongs in ``nation``.
"""

from collections.abc import Sequence
from datetime import date

from dashboards.content.chance import INNER, OUTER, funnel_limits
from dashboards.content.equality_words import of_base
from dashboards.content.findings import SMALLEST_BASE
from dashboards.content.tables import Cell
from dashboards.published.nation import Part
from dashboards.wording import numbers

#: A name with its share.
Group = tuple[str, Cell]

#: So many names still stand in a heading.
MOST_NAMED = 3

#: Of so many it is said from which day to which their extracts reach; of more only how many they are.
MOST_LISTED = 20

HOW_TO_READ = (
    "Här står kommunerna sida vid sida. Alla ungdomar är räknade, så siffrorna är inte osäkra som i en undersökning. Men i små "
    "kommuner flyttar några få ungdomar andelen mycket, också när arbetet är detsamma. Diagrammen visar hur långt slumpen "
    "brukar nå: ju mindre kommun, desto vidare gränser. En kommun utanför de yttre gränserna har fler eller färre än slumpen "
    "brukar ge. Det är en fråga att ställa, inget betyg: ungdomarna, skolorna och registren är olika.",
    "I stora kommuner räcker små skillnader för att hamna utanför. Och innanför betyder inte lika: i små kommuner syns bara "
    "stora skillnader.",
    f"En grupp med färre än {SMALLEST_BASE} är för få: andelen visas inte, i tabellen står ”{numbers.NOT_AVAILABLE}”.",
)

SAME_RULES = (
    "Siffrorna är räknade av samma programkod som varje kommuns egen rapport, på kommunernas uppgifter tillsammans. Det som "
    "definitionerna kallar stadsdel är här kommunen, och det som de kallar jobbtorg är länet."
)
MOVED = (
    "Den som har flyttat mellan kommuner räknas en gång i riket, i den kommun där personen senast fanns i registret. Därför kan "
    "en kommuns tal vara ett annat än i kommunens egen rapport."
)
PROTECTED = (
    "Personer med skyddade personuppgifter är inte med: de lämnas inte ut ur den egna kommunen. Talen kan därför vara något "
    "lägre än i kommunernas egna rapporter."
)


def beyond(groups: Sequence[Group], middle: float, level: float) -> tuple[list[Group], list[Group]]:
    """The groups above and those below the limits about a share (a fraction)."""
    above, below = [], []
    for group in groups:
        limits = funnel_limits(group[1].whole or 0, middle, level)
        share = group[1].size / 100
        if share > limits.high:
            above.append(group)
        elif share < limits.low:
            below.append(group)
    return above, below


def finding(groups: Sequence[Group], middle: float) -> str:
    """What heads a funnel."""
    told = [name for side in beyond(groups, middle, OUTER) for name, _ in side]
    if not told:
        return "Ingen kommun ligger längre från riket än slumpen brukar ge"
    who = numbers.listed(told) if len(told) <= MOST_NAMED else f"{numbers.number(len(told))} kommuner"
    return f"{who} ligger längre från riket än slumpen brukar ge"


def sentences(groups: Sequence[Group], middle: float) -> list[str]:
    """Who is outside the outer limits, by name, and how many lie between the two pairs of limits."""
    above, below = beyond(groups, middle, OUTER)
    told = []
    if above:
        told.append(f"Fler än slumpen brukar ge: {_listed(above)}.")
    if below:
        told.append(f"Färre än slumpen brukar ge: {_listed(below)}.")
    if not told:
        told.append("Ingen kommun ligger utanför de yttre gränserna.")
    outside = sum(map(len, beyond(groups, middle, INNER))) - len(above) - len(below)
    by_chance = round((OUTER - INNER) * len(groups))
    told.append(
        f"Mellan de inre och de yttre gränserna ligger {_municipalities(outside)}. Av {_municipalities(len(groups))} hamnar "
        f"ungefär {numbers.number(by_chance)} där av en slump, så ingen av dem sägs skilja sig från riket."
    )
    return told


def about_limits(whole: Cell) -> str:
    """What the limits are about."""
    return (
        f"Gränserna ligger kring rikets andel, {of_base(whole)}. Är kommunerna lika hamnar 95 av 100 innanför de inre och 998 av "
        "1 000 innanför de yttre."
    )


def not_drawn(count: int) -> str:
    """How many have no dot."""
    return f"Utan punkt i diagrammet: {_municipalities(count)}, där talen är skyddade eller gruppen har färre än {SMALLEST_BASE}."


def who_is_in(count: int, in_force: int) -> str:
    """``12 av Sveriges 290 kommuner är med.``"""
    return f"{numbers.number(count)} av landets {_municipalities(in_force)} är med."


def missing(names: Sequence[str], county: str) -> str:
    """The municipalities of a county that are not in it: ``Skåne län: Bjuv och Lund.``"""
    return f"{county}: {numbers.listed(names)}."


def not_whole(parts: Sequence[tuple[str, Part]], starts_on: date, ends_on: date) -> str:
    """Of whom the extracts do not reach from the period's first day to its last."""
    if len(parts) > MOST_LISTED:
        return (
            f"Uttagen räcker inte till hela perioden för {_municipalities(len(parts))}. Deras tal är därför av en kortare tid. "
            "Vilka dagar de har uttag från och till står under varje kommuns underlag."
        )
    told = []
    for name, part in parts:
        days = []
        if part.first_extract_date and part.first_extract_date > starts_on:
            days.append(f"från {numbers.long_date(part.first_extract_date)}")
        if part.last_extract_date and part.last_extract_date < ends_on:
            days.append(f"till {numbers.long_date(part.last_extract_date)}")
        told.append(f"{name} ({numbers.listed(days) or 'inga uttag'})")
    return f"Uttagen räcker inte till hela perioden för {numbers.listed(told)}. Deras tal är därför av en kortare tid."


def extracts(first: date, last: date) -> str:
    """From when to when the parts reach."""
    return f"Uttagen är från {numbers.long_date(first)} till {numbers.long_date(last)}."


def _listed(groups: Sequence[Group]) -> str:
    return numbers.listed([f"{name} ({of_base(share)})" for name, share in groups])


def _municipalities(count: int) -> str:
    return numbers.counted(count, "kommun", "kommuner")
