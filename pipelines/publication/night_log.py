"""What each published night was made with and what its checks said: `logs/nights.jsonl`, one JSON object a line.

The published file says it of the last night only, and older versions are removed. A line is written just before its version is
put in place: of a night that was killed in between the version's number is used again, and the last line of a number counts.
"""

import json
import os
from pathlib import Path
from typing import Any

import duckdb

from pipelines.runtime.database import open_database
from pipelines.state.home import Version

FILE = "logs/nights.jsonl"

#: What a night is made with: when one of these is another than the night before, a rule or a program has changed.
MADE_WITH = ("program", "sql", "contracts", "profile")

_NIGHT = """
select version, published_at::varchar as published_at, program_version as program, sql_fingerprint as sql,
    contract_fingerprint as contracts, profile_fingerprint as profile
from publication
"""
_CHECKS = "select count(*) as made, count(*) filter (success) as passed from contract_check"
_NOT_PASSED = """
select source, dataset, check_name as check, severity, detail from contract_check where not success order by all
"""
_JUMPS = """
select check_name as check, figure, measure, on_date::varchar as day, reason from figure_check where is_warning order by all
"""


def record_night(home: Path, version: Version) -> None:
    """Add the night of a finished version; it is on the disk when this returns."""
    with open_database(version.published, read_only=True) as connection:
        (night,), (checks,) = _rows(connection, _NIGHT), _rows(connection, _CHECKS)
        there = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        jumps = _rows(connection, _JUMPS) if "figure_check" in there else []
        line = {**night, **checks, "not_passed": _rows(connection, _NOT_PASSED), "jumps": jumps}
    path = home / FILE
    path.parent.mkdir(exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640), "w", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_nights(home: Path) -> dict[int, dict[str, Any]]:
    """The nights by version; a line that was not written to its end is left out."""
    nights: dict[int, dict[str, Any]] = {}
    path = home / FILE
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        nights[line["version"]] = line
    return dict(sorted(nights.items()))


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    answer = connection.execute(sql)
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
