"""What happened and who was told, as the table that stands in docs/nattveckan.md."""

from collections.abc import Sequence

from tests.nights.week import Row

_DAYS = ("mån", "tis", "ons", "tors", "fre", "lör", "sön")


def table(rows: Sequence[Row]) -> str:
    """A markdown table with a row for each thing that happened; a day is said once."""
    lines = ["| när | vad hände | slutkod | e-post till driften | till webbtjänsten |", "|---|---|---|---|---|"]
    day = ""
    for row in rows:
        found = f"{_DAYS[row.at.weekday()]} {row.at:%Y-%m-%d}"
        when = f"{row.at:%H.%M}" if found == day else f"**{found}** {row.at:%H.%M}"
        day = found
        code = "–" if row.exit_code is None else str(row.exit_code)
        mails = "<br>".join(row.mails) or "–"
        lines.append(f"| {when} | {row.what} | {code} | {mails} | {'<br>'.join(row.posts) or '–'} |")
    return "\n".join(lines)
