"""What a report can print: the figures and measures of the catalogue, how each is divided, and its words in Swedish.

A report must be readable without any warehouse, so this is the catalogue beside the figures' SQL and not the published one.
Which relations hold between figures belongs in ``rules``.
"""

import re
from collections.abc import Mapping

from dashboards.published.file import ALL, MISSING
from dashboards.published.numbers import DIMENSIONS, NumberKey
from pipelines.configuration.catalogue import Dimension, Figure, PeriodKind, read_catalogue
from pipelines.configuration.contract import code_lists

GENDERS = {"kvinna": "kvinnor", "man": "män"}

_PLACES = {Dimension.GENDER: "kön", Dimension.DISTRICT: "stadsdel", Dimension.JOB_CENTRE: "jobbtorg"}

FIGURES = read_catalogue()
CODES: Mapping[str, tuple[str, ...]] = {
    name: tuple(str(code["code"]) for code in content["codes"]) for name, content in code_lists().items()
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


def words(address: NumberKey) -> str:
    """An address for readers: ``nådda, kvinnor, verksamhetsåret 2023``."""
    figure = FIGURES.get(address.figure)
    measure = figure.measures.get(address.measure) if figure else None
    parts = [measure.label if measure else f"{address.figure} {address.measure}", *_division_words(address)]
    return ", ".join([*parts, period_words(address.period) or address.period])


def _division_words(address: NumberKey) -> list[str]:
    parts = [part for part in (address.category, address.subcategory) if part != ALL]
    if address.gender != ALL:
        parts.append(GENDERS.get(address.gender, address.gender))
    for title, code in (("stadsdel", address.district), ("jobbtorg", address.job_centre)):
        if code != ALL:
            parts.append(f"saknar {title}" if code == MISSING else f"{title} {code}")
    return parts


def key(address: NumberKey) -> str:
    """As the tables of derived numbers write it: ``figure/measure/period/…``."""
    return "/".join(getattr(address, name) for name in DIMENSIONS)


def whole_of(address: NumberKey) -> NumberKey | None:
    """What a printed share of a number is a share of, where the report does not say; None: of nothing by itself."""
    figure = FIGURES[address.figure]
    key = figure.measures[address.measure].share_of
    if key is None:
        return None
    kept = address.category if figure.shares_categories_with(FIGURES[key.figure]) else ALL
    return address._replace(figure=key.figure, measure=key.measure, category=kept, subcategory=ALL)


def why_no_address(address: NumberKey) -> str | None:
    """What is wrong with an address that no figure has, with what to write instead; None: nothing."""
    figure = FIGURES.get(address.figure)
    if figure is None:
        return f"figuren ”{address.figure}” finns inte; skriv någon av {', '.join(FIGURES)}"
    if address.measure not in figure.measures:
        return (
            f"figuren {address.figure} har inget mått ”{address.measure}”; skriv någon av {', '.join(figure.measures)}"
        )
    if period_words(address.period) is None:
        return f"perioden ”{address.period}” finns inte; skriv den som {PERIOD_EXAMPLES}"
    of_one_day = figure.period is PeriodKind.DAY
    if of_one_day != address.period.startswith("dag-"):
        needed = "en dag (dag-2023-11-30)" if of_one_day else "en period, inte en enda dag"
        return f"figuren {address.figure} gäller {needed}; rätta perioden ”{address.period}”"
    return _why_no_division(address, figure)


def _why_no_division(address: NumberKey, figure: Figure) -> str | None:
    if address.gender not in (*GENDERS, ALL):
        return f"könet ”{address.gender}” finns inte; skriv kvinna, man eller *"
    if not figure.has_dimensions and (address.gender, address.district, address.job_centre) != (ALL, ALL, ALL):
        return f"figuren {address.figure} delas inte upp på kön, stadsdel eller jobbtorg; skriv * där"
    for dimension, title in _PLACES.items():
        if dimension not in figure.dimensions and getattr(address, dimension.value) != ALL:
            return f"figuren {address.figure} delas inte upp på {title}; skriv * där"
    if ALL not in (address.district, address.job_centre):
        return "ett tal gäller en stadsdel eller ett jobbtorg, inte båda; skriv * i den ena kolumnen"
    for level, code, name in (
        (figure.category, address.category, "kategorier"),
        (figure.subcategory, address.subcategory, "underkategorier"),
    ):
        if level is None and code != ALL:
            return f"figuren {address.figure} har inga {name}; skriv * i stället för ”{code}”"
        if level and level.code_list and code not in (*CODES[level.code_list], ALL):
            listed = ", ".join(CODES[level.code_list])
            return f"koden ”{code}” finns inte i listan {level.code_list}; skriv någon av {listed} eller *"
    if not figure.has_total and address.category == ALL:
        return f"figuren {address.figure} finns bara per kategori; skriv kategorins kod i stället för *"
    if "" in (address.district, address.job_centre, address.category, address.subcategory):
        return "en kolumn är tom; skriv * där talet gäller alla"
    return None
