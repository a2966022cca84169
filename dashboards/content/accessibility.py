"""What the accessibility statement says of the pages (lag (2018:1937), DIGG's model): what is known to be wanting, and when they
were tried. The municipality's own assessment stands in its profile.
"""

from dataclasses import dataclass
from datetime import date

from dashboards.published.publication import Accessibility

#: When the pages were last tried as a whole; change it together with what is said below.
TESTED_ON = date(2026, 11, 28)

#: Where a reader who is not content turns.
SUPERVISION = "https://www.digg.se/tdosanmalan"

SHORTCOMINGS = (
    "Sidorna har inte prövats av personer som använder skärmläsare eller andra hjälpmedel.",
    "Word- och Excelfilerna har inte granskats mot kraven på tillgänglighet.",
    "Värdena i ett diagram läses inte upp ett för ett. Samma siffror finns i tabellen under diagrammet.",
    "Sökningen och valen på sidan om utveckling över tid behöver JavaScript. Utan det finns en lista över alla sidor och en "
    "tabell för hela kommunen.",
    "De bredaste tabellerna rullas i sidled på en smal skärm.",
)


@dataclass(frozen=True)
class Statement:
    """What the page shows. ``changed_on``: when anything of it last changed."""

    shortcomings: tuple[str, ...]
    changed_on: date


def statement(own: Accessibility | None) -> Statement:
    """What is known of the pages, with what the municipality has found itself."""
    found = own.shortcomings if own else ()
    return Statement((*SHORTCOMINGS, *found), max(TESTED_ON, own.assessed) if own else TESTED_ON)
