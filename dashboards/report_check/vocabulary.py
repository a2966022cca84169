"""What a report can print: the figures and measures of figures.md, how each is divided, and its words in Swedish.

The published catalogue says the same of the figures that a warehouse holds, but a report must be readable without any
warehouse; a test holds the two together. Which relations hold between figures belongs in ``rules``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from dashboards.published import ALL, MISSING, Address

#: The dimensions of an address in the order in which figures.md writes them.
DIMENSIONS = tuple(Address.__dataclass_fields__)
GENDERS = {"kvinna": "kvinnor", "man": "män"}


class Division(Enum):
    """How a figure is divided into categories (or a category into subcategories)."""

    NONE = "the figure has none"
    APART = "each person or event is counted in one"
    OVERLAPPING = "a person is counted in each that applies, and once in all"


@dataclass(frozen=True)
class Shape:
    """One figure: its measures with their words, and which addresses it has."""

    measures: Mapping[str, str]
    category: Division = Division.NONE
    subcategory: Division = Division.NONE
    has_dimensions: bool = True
    #: Whether there is a number for all categories together.
    has_all_categories: bool = True
    of_one_day: bool = False
    #: False for what cannot be added up at all, as a median.
    adds_up: bool = True
    #: Whole numbers that are never negative.
    counts: bool = True
    #: Names of code lists; None where the sources name their categories themselves.
    category_list: str | None = None
    subcategory_list: str | None = None


CODES: Mapping[str, tuple[str, ...]] = {
    name: tuple(codes.split())
    for name, codes in {
        "kanal": "BREV SMS TELEFON MEJL KNACKAKORT HEMBESOK DROPIN SOCIALA_MEDIER ANNAN_AKTOR",
        "sysselsattning": "STUDIER_EJ_I_BER ARBETE PRAKTIK UTOMLANDS FORALDRALEDIG ANNAN_SYSSELSATTNING INGEN OKAND",
        "forvaltning": "AMF UTBF",
        "avslutsorsak": "STUDIER ARBETE FYLLT_20 FLYTTAT ANNAN_AKTOR EGEN_BEGARAN EJ_KONTAKTBAR OKAND",
        "insats": (
            "JOBBTORG AIM STUDIESTEG1 UNGVUX SKOLSLUSSEN SLUSSPLATS UNGDOMSANSTALLNING PRAKTIK SYV UNG_I_CENTRUM OVRIG"
        ),
        "kategori": "NY UNDER_UPPSOK UNDER_BEVAKNING INSKRIVEN",
        "vantetid": "D0_14 D15_30 D31_60 D61_90 OVER_90 INGEN",
    }.items()
}


FIGURES: Mapping[str, Shape] = {
    "population": Shape({"in_register": "ungdomar i registret"}),
    "outreach": Shape({"sought": "sökta", "reached": "nådda", "not_reached": "ej nådda"}),
    "reached_by_channel": Shape(
        {"sought": "sökta i kanalen", "reached": "nådda i kanalen", "first_reached": "först nådda i kanalen"},
        category=Division.OVERLAPPING,
        category_list="kanal",
    ),
    "contacts": Shape(
        {"attempts": "kontaktförsök", "answered": "besvarade kontaktförsök", "own": "egna kontakter"},
        category=Division.APART,
        category_list="kanal",
    ),
    "occupation": Shape(
        {"reached": "nådda efter sysselsättning", "occupied": "nådda med sysselsättning"},
        category=Division.APART,
        category_list="sysselsattning",
    ),
    "participants": Shape(
        {"enrolled": "inskrivna", "new": "nyinskrivna", "ended": "avslutade"},
        category=Division.OVERLAPPING,
        category_list="forvaltning",
    ),
    "exits": Shape(
        {"ended": "avslutade efter orsak"},
        category=Division.APART,
        category_list="avslutsorsak",
    ),
    "measures": Shape(
        {
            "participants": "deltagare i insats",
            "new": "nya deltagare i insats",
            "ended": "avslutade deltagare i insats",
        },
        category=Division.OVERLAPPING,
        category_list="insats",
    ),
    "measure_exits": Shape(
        {"ended": "avslutade deltagare i insats efter orsak"},
        category=Division.OVERLAPPING,
        category_list="insats",
        subcategory=Division.APART,
        subcategory_list="avslutsorsak",
        has_all_categories=False,
    ),
    "support_choice": Shape(
        {"reached_then_enrolled": "nådda och därefter inskrivna"},
        category=Division.OVERLAPPING,
        category_list="forvaltning",
    ),
    "time_to_contact": Shape(
        {"stays": "registervistelser efter tid till första kontaktförsök"},
        category=Division.APART,
        category_list="vantetid",
    ),
    "timeliness": Shape(
        {
            "registered": "påbörjade registervistelser",
            "contacted_in_14_days": "sökta inom 14 dagar",
            "contacted_in_30_days": "sökta inom 30 dagar",
        }
    ),
    "median_wait": Shape({"days": "mediantid till första kontaktförsök, dagar"}, adds_up=False),
    "offer_90_days": Shape({"enrolments": "inskrivningar", "offered": "inskrivningar med erbjudande inom 90 dagar"}),
    "residence_checks": Shape({"reported": "anmälda bosättningskontroller"}),
    "survey": Shape(
        {"answers": "enkätsvar"}, category=Division.APART, subcategory=Division.APART, has_dimensions=False
    ),
    "key_numbers": Shape(
        {"value": "nyckeltal"},
        category=Division.APART,
        subcategory=Division.APART,
        has_dimensions=False,
        counts=False,
    ),
    "residents": Shape(
        {
            "aged_16_19": "folkbokförda 16–19 år",
            "in_register_16_19": "folkbokförda 16–19 år som var i registret",
        }
    ),
    "status": Shape(
        {"in_register": "i registret denna dag"}, category=Division.APART, category_list="kategori", of_one_day=True
    ),
    "target_group": Shape(
        {
            "eligible": "målgruppen enligt lag",
            "in_register": "i registret denna dag",
            "eligible_not_in_register": "målgruppen enligt lag, inte i registret",
            "in_register_not_eligible": "i registret, inte målgrupp enligt lag",
        },
        of_one_day=True,
    ),
}

#: What a printed share of one published number is a share of, where the report does not say: (figure, measure) ->
#: (figure, measure, how much of the category is kept). Sources: figures.md section 5 and the report's own tables.
WHOLES: Mapping[tuple[str, str], tuple[str, str, int]] = {
    ("outreach", "sought"): ("population", "in_register", 0),
    ("outreach", "reached"): ("outreach", "sought", 0),
    ("outreach", "not_reached"): ("outreach", "sought", 0),
    ("contacts", "answered"): ("contacts", "attempts", 1),
    ("occupation", "occupied"): ("outreach", "reached", 0),
    ("occupation", "reached"): ("outreach", "reached", 0),
    ("participants", "ended"): ("participants", "enrolled", 1),
    ("exits", "ended"): ("participants", "ended", 0),
    ("measures", "ended"): ("measures", "participants", 1),
    ("measure_exits", "ended"): ("measures", "ended", 1),
    ("support_choice", "reached_then_enrolled"): ("outreach", "reached", 0),
    ("timeliness", "contacted_in_14_days"): ("timeliness", "registered", 0),
    ("timeliness", "contacted_in_30_days"): ("timeliness", "registered", 0),
    ("offer_90_days", "offered"): ("offer_90_days", "enrolments", 0),
    ("residents", "in_register_16_19"): ("residents", "aged_16_19", 0),
    ("survey", "answers"): ("survey", "answers", 1),
}

_PERIODS = (
    (r"verksamhetsar-(\d{4})", "verksamhetsåret {0}"),
    (r"kalenderar-(\d{4})", "kalenderåret {0}"),
    (r"lasar-(\d{4})-(\d{4})", "läsåret {0}/{1}"),
    (r"tertial([12])-(\d{4})", "tertial {0} {1}"),
    (r"halvar1-(\d{4})", "första halvåret {0}"),
    (r"halvar2-(\d{4})", "andra halvåret {0}"),
    (r"manad-(\d{4}-(?:0[1-9]|1[0-2]))", "månaden {0}"),
    (r"dag-(\d{4}-\d{2}-\d{2})", "den {0}"),
)
PERIOD_EXAMPLES = "verksamhetsar-2023, kalenderar-2023, lasar-2022-2023, tertial1-2023, halvar1-2023, manad-2023-05"


def period_words(period: str) -> str | None:
    """``verksamhetsåret 2023``; None where the id is none of figures.md section 1."""
    for pattern, words in _PERIODS:
        found = re.fullmatch(pattern, period)
        if found:
            return words.format(*found.groups())
    return None


def words(address: Address) -> str:
    """An address for readers: ``nådda, kvinnor, verksamhetsåret 2023``."""
    shape = FIGURES.get(address.figure)
    named = shape.measures.get(address.measure) if shape else None
    parts = [named or f"{address.figure} {address.measure}", *_division_words(address)]
    return ", ".join([*parts, period_words(address.period) or address.period])


def _division_words(address: Address) -> list[str]:
    parts = [part for part in (address.category, address.subcategory) if part != ALL]
    if address.gender != ALL:
        parts.append(GENDERS.get(address.gender, address.gender))
    for title, code in (("stadsdel", address.district), ("jobbtorg", address.job_centre)):
        if code != ALL:
            parts.append(f"saknar {title}" if code == MISSING else f"{title} {code}")
    return parts


def key(address: Address) -> str:
    """As the tables of derived numbers write it: ``figure/measure/period/…``."""
    return "/".join(getattr(address, name) for name in DIMENSIONS)


def why_no_address(address: Address) -> str | None:
    """What is wrong with an address that no figure of figures.md has, with what to write instead; None: nothing."""
    shape = FIGURES.get(address.figure)
    if shape is None:
        return f"figuren ”{address.figure}” finns inte; skriv någon av {', '.join(FIGURES)}"
    if address.measure not in shape.measures:
        return (
            f"figuren {address.figure} har inget mått ”{address.measure}”; skriv någon av {', '.join(shape.measures)}"
        )
    if period_words(address.period) is None:
        return f"perioden ”{address.period}” finns inte; skriv den som {PERIOD_EXAMPLES}"
    if shape.of_one_day != address.period.startswith("dag-"):
        needed = "en dag (dag-2023-11-30)" if shape.of_one_day else "en period, inte en enda dag"
        return f"figuren {address.figure} gäller {needed}; rätta perioden ”{address.period}”"
    return _why_no_division(address, shape)


def _why_no_division(address: Address, shape: Shape) -> str | None:
    if address.gender not in (*GENDERS, ALL):
        return f"könet ”{address.gender}” finns inte; skriv kvinna, man eller *"
    if not shape.has_dimensions and (address.gender, address.district, address.job_centre) != (ALL, ALL, ALL):
        return f"figuren {address.figure} delas inte upp på kön, stadsdel eller jobbtorg; skriv * där"
    if ALL not in (address.district, address.job_centre):
        return "ett tal gäller en stadsdel eller ett jobbtorg, inte båda; skriv * i den ena kolumnen"
    for division, code_list, code, name in (
        (shape.category, shape.category_list, address.category, "kategorier"),
        (shape.subcategory, shape.subcategory_list, address.subcategory, "underkategorier"),
    ):
        if division is Division.NONE and code != ALL:
            return f"figuren {address.figure} har inga {name}; skriv * i stället för ”{code}”"
        if code_list and code not in (*CODES[code_list], ALL):
            return (
                f"koden ”{code}” finns inte i listan {code_list}; skriv någon av {', '.join(CODES[code_list])} eller *"
            )
    if not shape.has_all_categories and address.category == ALL:
        return f"figuren {address.figure} finns bara per kategori; skriv kategorins kod i stället för *"
    if "" in (address.district, address.job_centre, address.category, address.subcategory):
        return "en kolumn är tom; skriv * där talet gäller alla"
    return None
