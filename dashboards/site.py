"""The site of one period's annual report: static pages that open from disk, without a server and without a network.

    build_report(published, "verksamhetsar-2023", out)   # all pages and their shared files

``PAGES`` lists the pages so that each can be built by itself (``build_page``). What a page contains is made by ``content``,
``follow_up``, ``target_group`` and ``status``; how it looks is in ``templates`` and ``assets``.
"""

import importlib.resources
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards import charts, follow_up, numbers, plan, published, status, target_group, theme
from dashboards.content import Block, Line, Report
from dashboards.published import Published

HERE = Path(__file__).resolve().parent
ASSETS = "assets"


def _annual_report(data: Published, path: Path) -> dict[str, Any]:
    report = Report(data)
    return {"chapters": report.chapters(), "notes": report.notes()}


def _definitions(data: Published, path: Path) -> dict[str, Any]:
    return {"figures": list(data.catalogue.values()), "signs": numbers.SIGNS}


def _status(data: Published, path: Path) -> dict[str, Any]:
    return {"status": status.read(path)}


def _follow_up(data: Published, path: Path) -> dict[str, Any]:
    content = follow_up.read(path, data)
    return {"sections": content.sections(), "partial": content.partial()}


def _target_group(data: Published, path: Path) -> dict[str, Any]:
    return {"comparison": target_group.read(path, data)}


def _plan(data: Published, path: Path) -> dict[str, Any]:
    return {"rules": plan.read(path, data), "columns": plan.COLUMNS}


@dataclass(frozen=True)
class Page:
    """One page: its Swedish title, its file, its template and what fills it."""

    id: str
    title: str
    file: str
    template: str
    content: Callable[[Published, Path], dict[str, Any]]


PAGES: dict[str, Page] = {
    page.id: page
    for page in (
        Page("arsrapport", "Årsrapport", "index.html", "annual_report.html.j2", _annual_report),
        Page("uppfoljning", "Uppföljning av uppsök och stöd", "uppfoljning.html", "follow_up.html.j2", _follow_up),
        Page("handlingsplan", "Så följs handlingsplanen", "handlingsplan.html", "plan.html.j2", _plan),
        Page("malgrupp", "Målgrupp och register", "malgrupp.html", "target_group.html.j2", _target_group),
        Page("definitioner", "Så räknas det", "definitioner.html", "definitions.html.j2", _definitions),
        Page("underlag", "Underlag och kontroller", "underlag.html", "status.html.j2", _status),
    )
}


@dataclass(frozen=True)
class Run:
    """Neighbouring columns with one heading in common; without one a single column."""

    group: str | None
    columns: tuple[Line, ...]


def runs(columns: Sequence[Line]) -> list[Run]:
    """The columns of a table by their common headings."""
    result = []
    for group, neighbours in groupby(columns, key=lambda column: column.group):
        found = tuple(neighbours)
        result += [Run(group, found)] if group else [Run(None, (column,)) for column in found]
    return result


def per_row(columns: Sequence[Line]) -> int:
    """How many numbers stand side by side on a phone: those of one common heading, but no more than three, else all."""
    if not any(column.group for column in columns):
        return len(columns)
    return min(3, max(len(run.columns) for run in runs(columns)))


def phone_label(column: Line, first: bool) -> str:
    """A number's heading on a phone, where the table's own head is not seen. The first of a group names the group."""
    if not column.group or not first:
        return column.label
    return column.group if column.label == "Antal" else f"{column.group}: {lower_first(column.label)}"


def pairs(blocks: Sequence[Block]) -> list[list[Block]]:
    """Blocks that stand beside each other, in the report's order."""
    result: list[list[Block]] = []
    for block in blocks:
        if block.beside and result:
            result[-1].append(block)
        else:
            result.append([block])
    return result


def scale(blocks: Sequence[Block]) -> float:
    """What the axes of diagrams beside each other have in common."""
    return max((charts.largest(block) for block in blocks), default=0)


def lower_first(text: str) -> str:
    """A title inside a sentence; abbreviations stay as they are."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=numbers.number,
        count_cell=numbers.count_cell,
        long_date=numbers.long_date,
        chart=charts.as_json,
        legend=charts.legend,
        alternative=charts.alternative,
        runs=runs,
        per_row=per_row,
        phone_label=phone_label,
        pairs=pairs,
        scale=scale,
        lower_first=lower_first,
    )
    environment.globals.update(
        interval=numbers.interval, pages=list(PAGES.values()), assets=ASSETS, colours=theme.DIAGRAM
    )
    return environment


def _replace(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)


def write_assets(out: Path) -> list[Path]:
    """The files that all pages share: style sheet, script, and Plotly's library as the package plotly brings it."""
    folder = out / ASSETS
    style, script, library = folder / "site.css", folder / "charts.js", folder / "plotly.min.js"
    template = Environment(loader=FileSystemLoader(HERE / ASSETS), autoescape=True, undefined=StrictUndefined)
    colours = {**theme.PAGE, **{f"diagram-{role}": colour for role, colour in theme.DIAGRAM.items()}}
    _replace(style, template.get_template("site.css.j2").render(colours=colours))
    _replace(script, (HERE / ASSETS / "charts.js").read_text(encoding="utf-8"))
    plotly = importlib.resources.files("plotly").joinpath("package_data", "plotly.min.js")
    _replace(library, plotly.read_text(encoding="utf-8"))
    return [style, script, library]


def render_page(page_id: str, published_file: Path, data: Published) -> str:
    """One page as HTML."""
    page = PAGES[page_id]
    template = _environment().get_template(page.template)
    is_report_year = data.period.kind == data.publication.report_year_kind
    return template.render(
        page=page,
        period=data.period,
        publication=data.publication,
        report_title=f"Årsrapport {data.period.label}" if is_report_year else f"Rapport för {data.period.title}",
        **page.content(data, published_file),
    )


def build_page(page_id: str, published_file: Path, period_id: str, out: Path) -> Path:
    """One page of the report (its shared files come from ``write_assets``)."""
    path = out / PAGES[page_id].file
    _replace(path, render_page(page_id, published_file, published.read(published_file, period_id)))
    return path


def build_report(published_file: Path, period_id: str, out: Path) -> list[Path]:
    """All pages of one period's annual report, and their shared files."""
    data = published.read(published_file, period_id)
    written = []
    for page in PAGES.values():
        _replace(out / page.file, render_page(page.id, published_file, data))
        written.append(out / page.file)
    return written + write_assets(out)
