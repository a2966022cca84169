"""The tables of the nation's report as data files, in the same forms as those of a municipality's report."""

from collections.abc import Iterator

from dashboards.content.nation import NationReport
from dashboards.documents import csvw, names, px
from dashboards.documents.outline import Outline
from dashboards.published.open_data import OpenData


def table_files(report: NationReport, title: str, subtitle: str) -> Iterator[tuple[str, bytes]]:
    """The name and content of each file."""
    data = report.data
    outline = Outline(
        title=title, subtitle=subtitle, when=data.period.title, notes=(), chapters=(), follow_up=(), target_group=None,
        follow_up_lead="", figures=tuple(data.catalogue.values()), data=data, open_data=OpenData(),
        periods={period.id: period for period in (data.period, report.day)},
    )  # fmt: skip
    for block in report.blocks:
        if names.has_files(block.table):
            yield names.px(block.id), px.table(block, outline).encode(px.ENCODING)
            yield names.csv(block.id), csvw.table(block, outline, csvw.FOR_PROGRAMS)
            yield names.csv_for_excel(block.id), csvw.table(block, outline, csvw.FOR_EXCEL)
            yield names.csv_description(block.id), csvw.description(block, outline).encode()
