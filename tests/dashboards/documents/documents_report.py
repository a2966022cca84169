"""Makes published files and their documents for the tests: a plain year, and a tertial whose names try to break out of the
files they are written to."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from dashboards.documents import build_documents
from dashboards.pages import site
from tests.dashboards import published_file
from tests.dashboards.published_file import Maker

#: Names that mean something to Excel, Typst, XML, HTML, PX, Word's fields or matplotlib's formulas,
#: and letters that no font of ours has.
HOSTILE = '=1+1 "a" #panic() *x* <b>&amp; $x^2$ ; @y DATA=7 漢字'
HOSTILE_KEY_NUMBER = "@SUM(A1:A9)\u0007\n_emph_ `raw` [x](y) \\u{41}"


@dataclass(frozen=True)
class Built:
    published: Path
    period: str
    out: Path
    written: list[Path]


def _built(folder: Path, published: Path, period: str) -> Built:
    out = folder / "report"
    written = build_documents(published, period, out, appendices=True)
    site.build_report(published, period, out)
    return Built(published, period, out, written)


OPEN_DATA = {
    "organisation_number": "212000-0142",
    "homepage": "https://start.example/",
    "licence": "http://creativecommons.org/publicdomain/zero/1.0/",
    "contact_name": "Statistikgruppen",
    "contact_email": "statistik@stad.example",
    "base_address": "https://statistik.stad.example/kaa/",
}


def year(folder: Path) -> Built:
    """With all that a municipality's profile can say about open data; the tertial's says nothing."""
    published = published_file.stockholm(folder / "published.duckdb")
    with duckdb.connect(str(published)) as connection:
        connection.execute("create or replace table open_data (name varchar, value varchar)")
        connection.executemany("insert into open_data values (?, ?)", [list(item) for item in OPEN_DATA.items()])
    return _built(folder, published, "verksamhetsar-2023")


def with_a_tertial(maker: Maker) -> None:
    """A third of each year's numbers as its first tertial (many become zero), one decimal number, and hostile names."""
    maker.periods = [row for row in maker.periods if row[1] != "tertial"]
    for number in (2022, 2023):
        name, before = f"tertial1-{number}", f"tertial1-{number - 1}"
        days = date(number, 1, 1), date(number, 4, 30)
        maker.periods.append((name, "tertial", *days, f"tertial 1 {number}", before))
        for key, value in list(maker.figures.items()):
            if key[2] == f"verksamhetsar-{number}" and value >= 3:
                maker.figures[(*key[:2], name, *key[3:])] = Decimal(int(value) // 3)
    maker.job_centres = [(code, f"{HOSTILE} {code}" if code == "KISTA" else name) for code, name in maker.job_centres]
    where = ("tertial1-2023", "*", "*", "*", HOSTILE_KEY_NUMBER, "poäng per kurs")
    maker.figures["key_numbers", "value", *where] = Decimal("1234.5")
    maker.figures["key_numbers", "value", *where[:5], "minus"] = Decimal("-2.25")
    # Six of 1 300: a share that is not zero and is shown as 0 %.
    maker.figures["contacts", "attempts", "tertial1-2023", "*", "*", "*", "SOCIALA_MEDIER", "*"] = Decimal(1300)
    maker.figures["contacts", "answered", "tertial1-2023", "*", "*", "*", "SOCIALA_MEDIER", "*"] = Decimal(6)


def tertial(folder: Path) -> Built:
    published = published_file.stockholm(folder / "published.duckdb", with_a_tertial)
    return _built(folder, published, "tertial1-2023")


def opened(folder: Path, internal: Built) -> Built:
    """The public output of the same report, which has the open data; nothing in it is hidden."""
    published = published_file.public(internal.published, folder / "published.duckdb", internal.period)
    return _built(folder, published, internal.period)
