"""A site built for the tests, with its published file beside it."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from dashboards.pages import site
from tests.dashboards import html_page


@dataclass
class Site:
    published: Path
    out: Path
    written: list[Path]
    pages: dict[str, site.Page]

    def page(self, file: str = "arsrapport.html") -> html_page.Page:
        return html_page.Page((self.out / file).read_text(encoding="utf-8"))

    def value(self, figure: str, measure: str, period: str, **where: str) -> int:
        """One number as it stands in the published file; a row left out is zero."""
        dimensions = ("gender", "district", "job_centre", "category", "subcategory")
        condition = " and ".join(f"{name} = ?" for name in ("figure", "measure", "period", *dimensions))
        values = [figure, measure, period, *(where.get(name, "*") for name in dimensions)]
        with duckdb.connect(str(self.published), read_only=True) as connection:
            every = "(from figures union all from own_figures)"
            found = connection.execute(f"select value::integer from {every} where {condition}", values).fetchone()
        return found[0] if found else 0


def built(folder: Path, published: Path, period: str) -> Site:
    written = site.build_report(published, period, folder / "site")
    return Site(published, folder / "site", written, site.read_build(published, period).pages)
