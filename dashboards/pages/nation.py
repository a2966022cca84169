"""The site of the nation's report: one page on which all municipalities stand side by side, and the definitions that it leads to.

    build_nation(public_file, "kalenderar-2025", out)    # the pages, their shared files and each table as data

What the page contains is made by ``content.nation``; how all pages look, and how they are written, is in ``site``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dashboards.content import nation, nation_words
from dashboards.documents.nation import table_files
from dashboards.pages import reports, site
from dashboards.pages.site import Build, Page, Said
from dashboards.wording.letters import capital
from pipelines.runtime.files import atomic_write

SCRIPTS = ("site.js", "charts.js", "downloads.js", "nation.js")

SAID = Said(
    responsibility="kommunernas aktivitetsansvar",
    whole="hela riket",
    places="Kommun och län är de som stod i registret sista gången personen fanns där, till och med periodens sista dag.",
    place_names={"gender": "kön", "district": "kommun", "job_centre": "län"},
    publication="publication_of_nation.html.j2",
)


@dataclass
class NationBuild(Build):
    """What the pages are made from."""

    content: nation.NationReport = field(kw_only=True)

    @cached_property
    def pages(self) -> dict[str, Page]:
        return {page.id: page for page in PAGES}

    @property
    def title(self) -> str:
        return f"Rikets rapport, {self.data.period.title}"


def _nation(build: Build) -> dict[str, Any]:
    assert isinstance(build, NationBuild)
    content = build.content
    return {
        "title": build.title,
        "facts": content.facts(),
        "how_to_read": nation_words.HOW_TO_READ,
        "sections": content.sections(),
        "counties": content.county_table(),
        "municipalities": content.municipality_table(),
        "who_is_in": content.who_is_in(),
        "missing": content.missing(),
        "about": (nation_words.SAME_RULES, nation_words.MOVED, nation_words.PROTECTED),
        "lake_parts": content.parts(),
        "fingerprint": content.nation.fingerprint,
    }


def _definitions(build: Build) -> dict[str, Any]:
    shown = {key.figure for rate in nation.RATES for key in rate.share.keys}
    defined = site.defined(build)
    return {**defined, "figures": [each for each in defined["figures"] if each.id in shown], "in_trends": frozenset()}


PAGES = (
    Page("riket", "Kommunerna sida vid sida", "index.html", "nation.html.j2", _nation, "Riket",
         about="Alla kommuner sida vid sida: andel nådda, andel till studier och hur stor del av målgruppen som är i registret."),
    Page("definitioner", "Så räknas det", "definitioner.html", "definitions.html.j2", _definitions, "Definitioner",
         about="Varje siffra: vad den betyder, var den kommer ifrån och vad man ska tänka på."),
)  # fmt: skip


def read_build(file: Path, period_id: str) -> NationBuild:
    """What the pages of a period are made from. ``file``: the published file of a nation as the public may have it."""
    content = nation.read(file, period_id)
    return NationBuild(file, content.data, documents=True, said=SAID, options=("--lake", "MAPP"), content=content)


def build_nation(file: Path, period_id: str, out: Path) -> list[Path]:
    """All pages of the nation's report with their shared files, and each table as data. Returns every file that was written."""
    build = read_build(file, period_id)
    written = [path for page in build.pages.values() for path in site.write_page(page, build, out)]
    written += [atomic_write(out / name, content) for name, content in _files(build)]
    return [*written, *site.write_assets(out, SCRIPTS)]


def _files(build: NationBuild) -> Iterator[tuple[str, bytes | str]]:
    yield reports.FILE, reports.script([])  # no other report lies beside it
    yield from table_files(build.content, build.title, capital(build.data.period.title))
