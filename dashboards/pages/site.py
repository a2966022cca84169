"""The site of one period's report: static pages that open from disk, without a server and without a network.

    build_report(published, "verksamhetsar-2023", out)                    # all pages and their shared files
    build_report(published, "verksamhetsar-2023", out, documents=True)    # and the documents, which the pages then link to

``PAGES`` lists the pages of every report; a report has a page for each of its municipality's chapters besides. What a page
contains is made by ``content``; how it looks is in ``templates`` and ``assets``.
"""

import importlib.resources
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboards.content import (
    accessibility,
    auditor,
    bridges,
    equality,
    follow_up,
    happened,
    plan,
    purge_notes,
    status,
    target_group,
    targets,
    traces,
    trends,
)
from dashboards.content.annual_report import FUNNEL, SUMMARY
from dashboards.content.provenance import command, provenance, sources_in_words
from dashboards.content.report import ChapterContent, FactContent, Report
from dashboards.content.tables import Block, Heading, TableContent
from dashboards.documents import build_documents, names
from dashboards.documents.outline import signs
from dashboards.drawing import chance_charts, charts, theme
from dashboards.pages import reports, search
from dashboards.published.catalogue import PLACE_NAMES, Figure
from dashboards.published.publication import Period, Publication
from dashboards.published.report import Published, read_report
from dashboards.wording import numbers
from dashboards.wording.audience import audience
from dashboards.wording.letters import capital, lower_first
from pipelines.runtime.files import atomic_write

HERE = Path(__file__).resolve().parent
ASSETS = "assets"

#: What stands in the place of a page that could not be made.
STAND_IN = "stand_in.html.j2"

#: Which publication a page is of.
PUBLICATION = "publication.html.j2"

#: The questions behind the numbers of one table.
TRACES = "traces.html.j2"

#: The scripts of the pages, besides the one that draws.
SCRIPTS = ("site.js", "charts.js", "downloads.js", "trends.js", "search.js")

#: A table with more columns than this does not fold into cards on a phone: it scrolls.
MOST_FOLDED = 12


@dataclass(frozen=True)
class Said:
    """What all pages of a site call the same: whose responsibility it is, all of it, and its parts; ``places``: which part a
    person is counted in. ``publication``: the template that says at the foot which publication a page is of."""

    responsibility: str = "kommunens aktivitetsansvar"
    whole: str = "hela kommunen"
    places: str = (
        "Stadsdel och jobbtorg är de som stod i registret sista gången personen fanns där, till och med periodens sista "
        "dag."
    )
    place_names: Mapping[str, str] = field(default_factory=lambda: PLACE_NAMES)
    publication: str = PUBLICATION

    def divided_by(self, figure: Figure) -> tuple[str, ...]:
        """What a figure is divided by, in words."""
        return tuple(self.place_names[name] for name in figure.dimensions)


@dataclass
class Build:
    """What the pages of one report are made from; what several pages need is made once."""

    published_file: Path
    data: Published
    #: Whether the documents are made too, so that pages may link to them.
    documents: bool = False
    said: Said = field(default_factory=Said)
    #: What a command for a figure names besides it and its period.
    options: tuple[str, ...] = ()

    @cached_property
    def report(self) -> Report:
        return Report(self.data)

    @cached_property
    def chapters(self) -> tuple[ChapterContent, ...]:
        return self.report.chapters()

    @cached_property
    def pages(self) -> dict[str, "Page"]:
        """The report's pages in their order: those of every report, the chapters' after the whole report's."""
        found = {}
        for page in PAGES.values():
            if page.is_internal and not self.is_internal:
                continue
            found[page.id] = page
            if page.id == WHOLE_REPORT:
                found |= {chapter.id: chapter for chapter in self.chapter_pages.values()}
        return found

    @cached_property
    def chapter_pages(self) -> dict[str, "Page"]:
        """The page of each chapter by the chapter's id. A chapter that cannot be made still has one."""
        return {chapter_id: chapter_page(chapter_id, title) for chapter_id, title in self.report.titles().items()}

    @cached_property
    def trends(self) -> trends.Trends:
        return trends.read(self.published_file, self.data)

    @cached_property
    def follow_up(self) -> tuple[follow_up.FollowUp, tuple[follow_up.Section, ...]]:
        content = follow_up.read(self.published_file, self.data)
        return content, content.sections()

    @cached_property
    def equality(self) -> tuple[equality.Equality, tuple[equality.Section, ...]]:
        content = equality.read(self.published_file, self.data)
        return content, content.sections()

    @cached_property
    def bridges(self) -> tuple[bridges.Bridge, ...]:
        return bridges.read(self.published_file, self.data)

    @cached_property
    def auditor(self) -> auditor.Auditor:
        shown = [(self.chapter_pages[chapter.id].file, block) for chapter in self.chapters for block in chapter.blocks]
        further = [(PAGES["uppfoljning"].file, block) for section in self.follow_up[1] for block in section.blocks]
        return auditor.read(self.data, [*shown, *further])

    @property
    def is_internal(self) -> bool:
        return self.data.public_output is None

    @property
    def title(self) -> str:
        """``Årsrapport 2023``; only a report year's report is called so."""
        period = self.data.period
        is_report_year = period.kind == self.data.publication.report_year_kind
        return f"Årsrapport {period.label}" if is_report_year else f"Rapport för {period.title}"


@dataclass(frozen=True)
class Page:
    """One page: its Swedish title and what it says in one sentence, its file, its template and what fills it.

    ``menu``: its name in the menu of all pages, ``foot``: in the list at their foot; a page without either is reached from the
    page ``parent``. ``part``: the part of the published file that it shows, where that may be missing because the nightly could
    not make it.
    """

    id: str
    title: str
    file: str
    template: str
    content: Callable[[Build], dict[str, Any]]
    menu: str | None = None
    foot: str | None = None
    parent: str | None = None
    about: str = ""
    part: str | None = None
    #: Shows what the public may not see: single deliveries, how a plan was followed case by case.
    is_internal: bool = False
    #: Says how the last nightly went, so that it is another page after a night that changed no number.
    tells_of_the_night: bool = False
    #: The questions behind its numbers, where they are written with it. A public output has none.
    trace_pages: Callable[[Build], Iterable[traces.TracePage]] = lambda build: ()


def _start(build: Build) -> dict[str, Any]:
    summary = build.report.summary()
    facts = {fact.id: fact for fact in summary.facts}
    return {
        "title": build.title,
        **_what_happened(build),
        "outcomes": targets.outcomes(build.report.readings),
        "description": f"{build.title} i korthet. {summary.lead}",
        "summary_id": summary.id,
        "definitions": summary.definitions,
        "periods": summary.periods,
        "steps": funnel([facts[step] for step in FUNNEL]),
        "chapters": [(build.chapter_pages[chapter.id], chapter) for chapter in build.chapters],
        "notes": build.report.notes(),
        "warnings": _by_warning(entry.figure for entry in summary.definitions),
    }


def _by_warning(figures: Iterable[Figure]) -> dict[str, list[Figure]]:
    """What to think of, with the figures that it holds for: of many it is said once."""
    found: dict[str, list[Figure]] = {}
    for figure in figures:
        for warning in figure.warnings:
            found.setdefault(warning, []).append(figure)
    return found


def _what_happened(build: Build) -> dict[str, Any]:
    return {
        "statements": happened.what_happened(build.report),
        "how_to_read": happened.HOW_TO_READ,
        "places": {
            block.id: (f"{build.chapter_pages[chapter.id].file}#{block.id}", block.number or "Diagrammet")
            for chapter in build.chapters
            for block in chapter.blocks
        },
    }


def _annual_report(build: Build) -> dict[str, Any]:
    return {
        "title": build.title,
        "chapters": build.chapters,
        "notes": build.report.notes(),
        **_what_happened(build),
    }


def _chapter(chapter_id: str) -> Callable[[Build], dict[str, Any]]:
    def content(build: Build) -> dict[str, Any]:
        ids = [chapter.id for chapter in build.chapters]
        place = ids.index(chapter_id)
        listed = [(build.chapter_pages[chapter.id], chapter) for chapter in build.chapters]
        return {
            "title": build.chapters[place].title,
            "description": build.chapters[place].lead,
            "chapter": build.chapters[place],
            "chapters": listed,
            "previous": listed[place - 1] if place else None,
            "following": listed[place + 1] if place + 1 < len(listed) else None,
            **_what_happened(build),
            "notes": build.report.notes(),
        }

    return content


def _trends(build: Build) -> dict[str, Any]:
    return {"trends": build.trends, "data": {**build.trends.as_json(), "paper": theme.on_paper()}}


def _definitions(build: Build) -> dict[str, Any]:
    shown = {figure.id for figure in build.trends.figures}
    return {**defined(build), "in_trends": shown}


def defined(build: Build) -> dict[str, Any]:
    """All figures, each with the command that gives it."""
    figures = list(build.data.catalogue.values())
    commands = {figure.id: command(figure, _example(figure, build.data), build.options) for figure in figures}
    return {"figures": figures, "commands": commands}


def _example(figure: Figure, data: Published) -> Period:
    """The period that a command asks for: the report's, or its last day where a figure is of a single day."""
    day = data.period.ends_on
    return Period(f"dag-{day}", "dag", "", day, day) if figure.of_one_day and day else data.period


def _search(build: Build) -> dict[str, Any]:
    return {"index_file": search.FILE}


def _who_answers(build: Build) -> dict[str, Any]:
    return {"contact": build.data.profile.contact}


def _accessibility(build: Build) -> dict[str, Any]:
    own = build.data.profile.accessibility
    return {**_who_answers(build), "own": own, "statement": accessibility.statement(own),
            "tested_on": accessibility.TESTED_ON, "supervision": accessibility.SUPERVISION}  # fmt: skip


def _status(build: Build) -> dict[str, Any]:
    # Read for each page: the nightly adds its notices before it makes the operator's.
    return {"status": status.read(build.published_file)}


def _follow_up(build: Build) -> dict[str, Any]:
    content, sections = build.follow_up
    return {"sections": sections, "partial": content.partial()}


def _equality(build: Build) -> dict[str, Any]:
    content, sections = build.equality
    return {"sections": sections, "how_to_read": content.how_to_read()}


def _target_group(build: Build) -> dict[str, Any]:
    return {"comparison": target_group.read(build.published_file, build.data)}


def _plan(build: Build) -> dict[str, Any]:
    return {
        "rules": plan.read(build.published_file, build.data),
        "columns": plan.COLUMNS,
        "score_card": plan.score_card(build.published_file, build.data),
    }


def _auditor(build: Build) -> dict[str, Any]:
    return {"auditor": build.auditor, "trace_page": auditor.TRACES}


def _bridges(build: Build) -> dict[str, Any]:
    return {"bridges": build.bridges, "trace_page": bridges.TRACES}


def _report_traces(build: Build) -> Iterator[traces.TracePage]:
    for chapter in build.chapters:
        yield from traces.of_chapter(chapter, build.chapter_pages[chapter.id].file)


def _trends_traces(build: Build) -> Iterator[traces.TracePage]:
    yield from traces.of_table(
        "over-tid", "Alla mått för hela kommunen", build.trends.main_table(), PAGES["trender"].file
    )


def _follow_up_traces(build: Build) -> Iterator[traces.TracePage]:
    for section in build.follow_up[1]:
        for item in section.items:
            yield from traces.of_block(item.block, PAGES["uppfoljning"].file, item.more)


def _equality_traces(build: Build) -> Iterator[traces.TracePage]:
    for section in build.equality[1]:
        for item in section.items:
            yield from traces.of_block(item.block, PAGES["likvardighet"].file)


#: The page of all chapters, below which each has its own.
WHOLE_REPORT = "arsrapport"

#: The pages of every report, whatever chapters it has.
PAGES: dict[str, Page] = {page.id: page for page in (
    Page("start", "Året i korthet", "index.html", "start.html.j2", _start, "Start"),
    Page(WHOLE_REPORT, "Hela rapporten", "arsrapport.html", "annual_report.html.j2", _annual_report, "Rapporten",
         about="Alla kapitel på en sida, för utskrift på A4.", trace_pages=_report_traces),
    Page("trender", "Utveckling över tid", "trender.html", "trends.html.j2", _trends, "Över tid",
         about="Välj mått, slag av period och uppdelning på kön, jobbtorg eller stadsdel.", trace_pages=_trends_traces),
    Page("uppfoljning", "Uppföljning av uppsök och stöd", "uppfoljning.html", "follow_up.html.j2", _follow_up,
         "Uppföljning", about="Svarsfrekvens per kanal, val av stöd, avslutsorsaker och tid till kontakt.",
         trace_pages=_follow_up_traces),
    Page("likvardighet", "Likvärdighet", "likvardighet.html", "equality.html.j2", _equality, "Likvärdighet",
         about="Vilka skillnader som är större än vad slumpen i små grupper kan ge.",
         trace_pages=_equality_traces),
    Page("handlingsplan", "Så följs handlingsplanen", "handlingsplan.html", "plan.html.j2", _plan, "Handlingsplan",
         about="Vad planen lovar om det uppsökande arbetet, och hur ofta det blev så.", part="plan", is_internal=True),
    Page("malgrupp", "Målgrupp och register", "malgrupp.html", "target_group.html.j2", _target_group, "Målgrupp",
         about="Vilka som enligt skollagen hör till målgruppen, jämfört med registret.", part="target_group",
         is_internal=True),
    Page("varfor", "Varför ändrades siffran?", "varfor.html", "bridges.html.j2", _bridges, "Varför",
         about="Vilka som kom till och vilka som inte längre är med, jämfört med året före.", part="bridges",
         is_internal=True, trace_pages=lambda build: bridges.trace_pages(build.bridges, "varfor.html")),
    Page("definitioner", "Så räknas det", "definitioner.html", "definitions.html.j2", _definitions, "Definitioner",
         about="Varje siffra: vad den betyder, var den kommer ifrån och vad man ska tänka på."),
    Page("revisorn", "För revisorn", "revisorn.html", "auditor.html.j2", _auditor, "Revisorn",
         about="Vad revisorer frågar, vad som besvarar det, och vad data inte kan besvara.", is_internal=True,
         trace_pages=lambda build: build.auditor.trace_pages("revisorn.html")),
    Page("underlag", "Underlag och kontroller", "underlag.html", "status.html.j2", _status, "Underlag",
         about="Vad som har levererats, vad som inte är med och vad kontrollerna säger.", is_internal=True,
         tells_of_the_night=True),
    Page("kontakt", "Kontakt", "kontakt.html", "contact.html.j2", _who_answers, foot="Kontakt",
         about="Vem som svarar på frågor om siffrorna och på fel som någon har hittat."),
    Page("rattelser", "Så rättas siffrorna", "rattelser.html", "corrections.html.j2", _who_answers, foot="Rättelser",
         about="Varför en siffra kan ändras, hur en rättelse publiceras och vem som svarar för den."),
    Page("tillganglighet", "Tillgänglighetsredogörelse", "tillganglighet.html", "accessibility.html.j2", _accessibility,
         foot="Tillgänglighet", about="Hur väl sidorna följer lagen, vilka brister som är kända och hur du säger till."),
    Page("sok", "Sök och alla sidor", "sok.html", "search.html.j2", _search, foot="Alla sidor",
         about="Sök bland rapportens rubriker, tabeller och mått, eller välj i listan över alla sidor."),
    Page("drift", "Drift", "drift.html", "operator.html.j2", _status, foot="Drift",
         about="För den som sköter programmet: hur den senaste nattkörningen gick, och vad som behöver göras.",
         is_internal=True, tells_of_the_night=True),
)}  # fmt: skip


def chapter_page(chapter_id: str, title: str) -> Page:
    """The page of a chapter of the report."""
    name = f"kapitel-{chapter_id}"
    return Page(name, title, f"{name}.html", "chapter.html.j2", _chapter(chapter_id), parent=WHOLE_REPORT)


@dataclass(frozen=True)
class Step:
    """A step of the way from the register to studies or work: its number, and its bars' lengths in per cent of the longest."""

    fact: FactContent
    width: float
    width_before: float | None


def funnel(facts: Sequence[FactContent]) -> list[Step]:
    """Numbers that become fewer, on one scale with those of the year before."""
    longest = max((size for fact in facts for size in (fact.cell.size, fact.before.size)), default=0) or 1
    return [
        Step(
            fact,
            100 * fact.cell.size / longest,
            None if fact.before.part is None else 100 * fact.before.size / longest,
        )
        for fact in facts
    ]


@dataclass(frozen=True)
class ColumnGroup:
    """Neighbouring columns with one heading in common; without one a single column."""

    heading: str | None
    columns: tuple[Heading, ...]


def column_groups(columns: Sequence[Heading]) -> list[ColumnGroup]:
    """The columns of a table by their common headings."""
    result = []
    for group, neighbours in groupby(columns, key=lambda column: column.group):
        found = tuple(neighbours)
        result += [ColumnGroup(group, found)] if group else [ColumnGroup(None, (column,)) for column in found]
    return result


def per_row(columns: Sequence[Heading]) -> int:
    """How many numbers stand side by side on a phone: those of one common heading, but no more than three, else all."""
    if not any(column.group for column in columns):
        return len(columns)
    return min(3, max(len(group.columns) for group in column_groups(columns)))


def phone_label(column: Heading, first: bool) -> str:
    """A number's heading on a phone, where the table's own head is not seen. The first of a group names the group."""
    if not column.group or not first:
        return column.label.replace("procentenheter", "procent\u00adenheter")  # too long for a third of a phone
    return column.group if column.label == "Antal" else f"{column.group}: {lower_first(column.label)}"


def starts_group(columns: Sequence[Heading]) -> list[bool]:
    """Which columns are the first of those with a common heading."""
    before = [None, *(column.group for column in columns)]
    return [bool(column.group) and column.group != group for column, group in zip(columns, before, strict=False)]


def folds(table: TableContent) -> bool:
    """Whether a table becomes cards on a phone: where columns have common headings, so that it would not fit."""
    return any(column.group for column in table.columns) and len(table.columns) <= MOST_FOLDED


def fold_style(table: TableContent) -> str:
    """What the style sheet needs to fold a table: how many numbers stand side by side, and the heading of each column, as
    CSS strings. Said once per table: an attribute on each cell was half of a page's weight."""
    first = starts_group(table.columns)
    headings = [
        f"--h{place}:{_css_string(phone_label(column, first[place]))}" for place, column in enumerate(table.columns)
    ]
    return ";".join([f"--per-row:{per_row(table.columns)}", *headings])


def _css_string(text: str) -> str:
    """Text as a CSS string: what could end it is written as a code."""
    return '"' + "".join(f"\\{ord(sign):x} " if sign in '"\\' or ord(sign) < 32 else sign for sign in text) + '"'


def exact_shares(table: TableContent) -> str:
    """The shares of a table in per cent, unrounded and with a decimal comma, for who takes it along: in the order of reading, but
    for those that a dash or a dot stands for."""
    shown = [cell for row in table.cells for cell in row if cell.is_share and cell.text.endswith("%")]
    return " ".join(f"{cell.size:.4f}".rstrip("0").rstrip(".").replace(".", ",") for cell in shown)


def side_by_side(blocks: Sequence[Block]) -> list[list[Block]]:
    """Blocks that stand side by side, in the report's order."""
    result: list[list[Block]] = []
    for block in blocks:
        if block.side_by_side and result:
            result[-1].append(block)
        else:
            result.append([block])
    return result


def scale(blocks: Sequence[Block]) -> float:
    """What the axes of diagrams beside each other have in common."""
    return max((charts.largest(block) for block in blocks), default=0)


def script_json(value: Any) -> Markup:
    """Data for a script, inside a page: compact, with Swedish letters as they are, and unable to end its element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - what could end the element is written as a code


@cache
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
        counted=numbers.counted,
        listed=numbers.listed,
        signs=signs,
        sources_in_words=sources_in_words,
        count_cell=numbers.count_cell,
        long_date=numbers.long_date,
        chart=charts.as_json,
        legend=charts.legend,
        waterfall=charts.waterfall,
        chance_chart=chance_charts.as_json,
        chance_legend=chance_charts.legend,
        chance_alternative=chance_charts.alternative,
        alternative=charts.alternative,
        plain_bars=charts.plain_bars,
        script_json=script_json,
        column_groups=column_groups,
        starts_group=starts_group,
        folds=folds,
        exact_shares=exact_shares,
        fold_style=fold_style,
        side_by_side=side_by_side,
        scale=scale,
        is_traced=traces.is_traced,
        has_traces=traces.has_traces,
        trace_file=traces.trace_file,
        lower_first=lower_first,
        capitalize_first=capital,
    )
    environment.globals.update(
        said=Said(),
        interval=numbers.interval,
        signs_and_meanings=numbers.SIGNS,
        assets=ASSETS,
        summary=SUMMARY,
        colours=theme.DIAGRAM,
    )
    return environment


def style_sheet() -> str:
    """How all pages look."""
    template = Environment(loader=FileSystemLoader(HERE / ASSETS), autoescape=True, undefined=StrictUndefined)
    colours = {**theme.PAGE, **{f"diagram-{role}": colour for role, colour in theme.DIAGRAM.items()}}
    return template.get_template("site.css.j2").render(colours=colours, most_folded=MOST_FOLDED)


def write_assets(out: Path, scripts: Sequence[str] = SCRIPTS) -> list[Path]:
    """The files that all pages share: style sheet, scripts, and Plotly's library as the package plotly brings it."""
    folder = out / ASSETS
    plotly = importlib.resources.files("plotly").joinpath("package_data", "plotly.min.js")
    texts = {
        "site.css": style_sheet(),
        **{name: (HERE / ASSETS / name).read_text(encoding="utf-8") for name in scripts},
        "plotly.min.js": plotly.read_text(encoding="utf-8"),
    }
    for name, text in texts.items():
        atomic_write(folder / name, text)
    return [folder / name for name in texts]


def _render(page: Page, build: Build) -> str:
    if page.part in build.data.failed_parts:
        return _render_with(STAND_IN, page, build, {})
    return _render_with(page.template, page, build, page.content(build))


def _render_with(template: str, page: Page, build: Build, content: dict[str, Any]) -> str:
    data = build.data
    context = {
        "page": page,
        "pages": build.pages,
        "period": data.period,
        "publication": data.publication,
        "report_title": build.title,
        # The names of the documents and data files, where they are made too.
        "files": names if build.documents else None,
        # Those of single tables are open data, which only a public output has.
        "table_files": names if build.documents and data.public_output is not None else None,
        "lacking": partial(purge_notes.lacking, data),
        "provenance": partial(provenance, data, options=build.options),
        "said": build.said,
        # Whether its numbers lead to the questions behind them.
        "leads_to_traces": build.is_internal,
        "audience": audience(data.public_output),
        "title": page.title,
        "description": page.about or f"{page.title}. {build.title}, {data.publication.municipality_name}.",
        "trail": _trail(page, build),
        "reports_file": reports.FILE,
        **content,
    }
    return _environment().get_template(template).render(context)


def _render_traces(traced: traces.TracePage, page: Page, build: Build) -> str:
    """The questions behind the numbers of a page: it lies below that page."""
    title = f"Följ talen till underlaget: {traced.title}"
    trail = [_step(PAGES["start"]), _step(page)]
    return _render_with(TRACES, page, build, {"traced": traced, "title": title, "description": title, "trail": trail})


def _trail(page: Page, build: Build) -> list[tuple[str, str]]:
    """The way to a page that is reached through another, from the start page."""
    return [_step(PAGES["start"]), _step(build.pages[page.parent])] if page.parent else []


def _step(page: Page) -> tuple[str, str]:
    return page.file, page.menu or page.title


def render_page(page_id: str, published_file: Path, data: Published) -> str:
    """One page by itself, as HTML."""
    build = Build(published_file, data)
    return _render(build.pages[page_id], build)


#: Told of a page that could not be made, and why.
OnFailure = Callable[[Page, Exception], None]


def _stop(page: Page, error: Exception) -> None:
    raise error


def write_page(page: Page, build: Build, out: Path, on_failure: OnFailure = _stop) -> list[Path]:
    """One page of the report, and those of the questions behind its numbers. When it cannot be made that is told, and a page that
    says so stands in its place."""
    try:
        texts = {page.file: _render(page, build)}
        if build.is_internal and page.part not in build.data.failed_parts:
            texts |= {each.file: _render_traces(each, page, build) for each in page.trace_pages(build)}
    except Exception as error:
        on_failure(page, error)
        texts = {page.file: _render_with(STAND_IN, page, build, {})}
    for name, text in texts.items():
        atomic_write(out / name, text)
    return [out / name for name in texts]


def publication_line(report_title: str, publication: Publication) -> str:
    """What stands at the foot of each page of a report, there and nowhere else: which publication it is of."""
    return _environment().get_template(PUBLICATION).render(report_title=report_title, publication=publication)


def write_shared(build: Build, out: Path, on_failure: OnFailure = _stop) -> list[Path]:
    """The files that pages of one report share: their data, style sheet and scripts."""
    try:
        data = dict(build.trends.files())
    except Exception as error:
        on_failure(PAGES["trender"], error)
        data = {}
    data[reports.FILE] = reports.script([])  # by itself until it is told of others (``reports.write_lists``)
    for name, text in data.items():
        atomic_write(out / name, text)
    return [*(out / name for name in data), *write_assets(out)]


def write_search_index(
    build: Build, out: Path, on_failure: OnFailure = _stop, earlier: Mapping[str, list[search.Entry]] | None = None
) -> Path:
    """What the search finds: what stands on the pages, which are there already. ``earlier``: what it found on those of the same
    report that do not tell of the night."""

    def found_on(page: Page) -> list[search.Entry]:
        if earlier and page.file in earlier and not page.tells_of_the_night:
            return earlier[page.file]
        return search.entries(page.file, page.title, (out / page.file).read_text(encoding="utf-8"))

    try:
        # The whole report's chapters have pages of their own.
        pages = [page for page in build.pages.values() if page.id != WHOLE_REPORT]
        text = search.index(entry for page in pages for entry in found_on(page))
    except Exception as error:
        on_failure(PAGES["sok"], error)
        text = search.index([])
    return atomic_write(out / search.FILE, text)


def read_build(published_file: Path, period_id: str, documents: bool = False) -> Build:
    """What the pages of one period's report are made from."""
    return Build(published_file, read_report(published_file, period_id), documents)


def build_report(
    published_file: Path, period_id: str, out: Path, documents: bool = False, appendices: bool = False
) -> list[Path]:
    """All pages of one period's report with their shared files, and perhaps the documents that they link to (``appendices``: of
    the Word document).

    Returns every file that the report consists of.
    """
    build = read_build(published_file, period_id, documents)
    written = [path for page in build.pages.values() for path in write_page(page, build, out)]
    if documents:
        written += build_documents(published_file, period_id, out, appendices)
    return [*written, *write_shared(build, out), write_search_index(build, out)]
