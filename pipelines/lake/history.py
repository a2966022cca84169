"""The history that the models read, made of a lake's parts: for one municipality its own.

SQL as DuckDB takes it, over relations ``lake.<table>`` that have a column ``municipality`` more. Figures do not belong here.
"""

from pipelines.lake.layout import Lake


def history_of(lake: Lake) -> dict[str, str]:
    """Per table of schema ``history`` the query that makes it of ``lake.<table>``."""
    return {
        name: f"select {', '.join(columns)} from lake.{name.partition('.')[2]}"
        for name, columns in lake.columns.items()
        if name.startswith("history.")
    }
