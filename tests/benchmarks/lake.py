"""What a question to a lake costs by each engine, by the number of municipalities (``python -m tests.benchmarks.lake``; a quarter
of an hour and a gigabyte of disk; Spark needs Java and the extra [spark]).

With ``--out docs/lake-costs.md`` the report takes the place of the one that stands there. Fails where engines answer differently.
"""

import argparse
import json
import os
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median_low
from tempfile import TemporaryDirectory

import duckdb

from pipelines.configuration.municipality import load_municipality
from pipelines.lake import NATION
from pipelines.lake.layout import Lake, read_lake
from pipelines.runtime import clock
from pipelines.warehouse.dbt import compile_project
from tests.benchmarks.__main__ import put
from tests.benchmarks.lake_country import FIRST_YEAR, Country, inhabitants
from tests.benchmarks.lake_report import NAMES, LakeReport, Measured, Size
from tests.benchmarks.process_tree import TreeUsed, measured_tree
from tests.benchmarks.report import machine

#: What takes less than this is asked three times, and the middle one counts: a machine's other work is seconds too.
_SHORT = 20.0

#: Tables whose rows are of municipalities and nights, and not of persons.
_OF_EXTRACTS = ("history.extract", "history.delivery")


def _make_lake(place: Path, sizes: list[int], years: int, is_one: bool) -> Size:
    nation = load_municipality(NATION)
    codes = [district.code for district in nation.districts if district.valid_to is None][: len(sizes)]
    Country(codes, sizes, years).write(place, load_municipality("nacka"))
    lake = read_lake(place)
    files = [
        (name, file) for part in lake.parts.values() for name, table in part.tables.items() for file in table.files
    ]
    extracts = sum(file.rows for name, file in files if name in _OF_EXTRACTS)
    return Size(
        municipalities=len(sizes),
        years=years,
        inhabitants=sum(sizes),
        at_first=_rows_at_first(lake),
        rows=sum(file.rows for _, file in files) - extracts,
        extracts=extracts,
        files=len(files),
        bytes=sum(file.bytes for _, file in files),
        is_one=is_one,
    )


def _rows_at_first(lake: Lake) -> int:
    """Rows of the stock: what the first extracts hold, however many years follow; with a number for each resident."""
    found = 0
    for part in lake.parts.values():
        for name, table in part.tables.items():
            if "first_extract_date" in table.columns and part.paths(name):
                row = duckdb.execute(
                    "select count(*) from read_parquet(?) where first_extract_date <= make_date(?, 1, 10)",
                    [[str(path) for path in part.paths(name)], FIRST_YEAR],
                ).fetchone()
                assert row
                found += int(row[0]) * (2 if name == "history.folkbokforing_personer" else 1)
    return found


def _asked(lake: Path, models: Path, engine: str, arguments: argparse.Namespace, size: Size) -> tuple[Measured, str]:
    command = [
        sys.executable, "-m", "tests.benchmarks.lake_question",
        str(lake), str(models), engine, arguments.master, arguments.period,
    ]  # fmt: skip
    runs: list[TreeUsed] = []
    while not runs or (len(runs) < 3 and runs[0].seconds < _SHORT):
        used = measured_tree(command, arguments.limit)
        if used is None:
            return Measured(size, engine, None), ""
        runs.append(used)
    middle = median_low(run.seconds for run in runs)
    used = next(run for run in runs if run.seconds == middle)
    told = json.loads(used.output)
    return Measured(size, engine, used, told["seconds"], told["figures"]), told["answer"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures what a question to a lake costs, and writes the report.")
    parser.add_argument(
        "--municipalities", type=int, nargs="+", default=[1, 10, 50], help="lakes of so many (default: 1 10 50)"
    )
    parser.add_argument("--years", type=int, default=2, help="of nightly extracts (default: 2)")
    parser.add_argument("--engines", nargs="+", choices=list(NAMES), default=list(NAMES))
    parser.add_argument(
        "--master", default=f"local[{os.cpu_count()}]", help="where Spark runs (default: all cores here)"
    )
    parser.add_argument("--period", default=f"verksamhetsar-{FIRST_YEAR + 1}", help="what is asked for")
    parser.add_argument(
        "--limit", type=float, default=300.0, help="seconds after which an answer is stopped (default: 300)"
    )
    parser.add_argument(
        "--no-single", action="store_true", help="leave out the one municipality as large as the largest lake"
    )
    parser.add_argument("--place", type=Path, help="a folder on a disk with room (default: the system's temporary one)")
    parser.add_argument("--out", type=Path, help="where the report goes (default: standard output)")
    return parser.parse_args()


def main() -> None:
    """Measure, write the report, and fail where the engines do not give the same rows."""
    arguments = _arguments()
    with TemporaryDirectory(dir=arguments.place) as folder:
        place = Path(folder)
        before = time.monotonic()
        compiled = compile_project()
        report = LakeReport(
            clock.today(), machine(), os.cpu_count() or 1, arguments.years, arguments.period, arguments.master,
            time.monotonic() - before, arguments.limit,
        )  # fmt: skip
        models = place / "models.json"
        models.write_text(json.dumps([asdict(model) for model in compiled]), encoding="utf-8")
        lakes = [(inhabitants(count), False) for count in sorted(set(arguments.municipalities))]
        if not arguments.no_single:
            lakes.append(([sum(lakes[-1][0])], True))
        different = []
        for sizes, is_one in lakes:
            lake = place / "lake"
            size = _make_lake(lake, sizes, arguments.years, is_one)
            answers = set()
            for engine in arguments.engines:
                measured, answer = _asked(lake, models, engine, arguments, size)
                report.measured.append(measured)
                answers |= {answer} - {""}
                took = f"{measured.used.seconds:.1f} s" if measured.used else "stopped"
                print(
                    f"{size.title} municipalities, {size.rows + size.extracts} rows, {engine}: {took}",
                    file=sys.stderr,
                    flush=True,
                )
            if len(answers) > 1:
                different.append(size.title)
            shutil.rmtree(lake)
    if different:
        raise SystemExit(
            f"The engines' answers differ for lakes of {', '.join(different)} municipalities: no report is written."
        )
    if arguments.out:
        put(arguments.out, report.as_markdown())
    else:
        print(report.as_markdown())


if __name__ == "__main__":
    main()
