"""The yardstick of the backlog benchmark: the fastest that somebody would write by hand in DuckDB for just this data.

It reads every line of the same files, takes only the distinct ones apart – a bit for each night says where each stood – and
builds their intervals, and does none of what the program does besides: no checksum, no judging, no contract, no pseudonym, no
archive, no figures.
"""

import sys
from pathlib import Path

import duckdb

from tests.benchmarks.untidy_city import SOURCES

#: Nights that fit into one whole number of bits.
CHUNK = 62


def build(drop: Path, database: Path) -> None:
    """One interval table per dataset: the columns, first and last night of each unbroken run. A database of before gives way."""
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database), config={"threads": 2}) as connection:
        connection.execute("set preserve_insertion_order = false; begin")
        for source, datasets in SOURCES.items():
            nights = sorted(path.name for path in (drop / source).iterdir())
            for dataset in datasets:
                _build_dataset(
                    connection, [drop / source / night / f"{dataset}.csv" for night in nights], dataset, nights
                )
        connection.execute("commit")


def _build_dataset(connection: duckdb.DuckDBPyConnection, files: list[Path], dataset: str, nights: list[str]) -> None:
    connection.execute("create or replace temp table run (line varchar, f bigint, l bigint)")
    for start in range(0, len(files), CHUNK):
        _add_runs(connection, files[start : start + CHUNK], start)
    connection.execute(
        """
        create or replace temp table run as
        select line, min(f) as f, max(l) as l
        from (
            select line, f, l, sum(is_new) over (partition by line order by f) as island
            from (select *, cast(f > lag(l, 1, -2) over (partition by line order by f) + 1 as integer) as is_new from run)
        )
        group by line, island
        """
    )
    with files[0].open(encoding="utf-8") as file:
        header = file.readline().strip().split(";")
    columns = ", ".join(f"part[{number}] as {name}" for number, name in enumerate(header, start=1))
    connection.execute(
        f"""
        create table {dataset} as
        select {columns}, night[f + 1] as first_night, night[l + 1] as last_night
        from (select string_split(line, ';') as part, f, l from run), (select {nights}::date[] as night)
        """
    )


def _add_runs(connection: duckdb.DuckDBPyConnection, files: list[Path], start: int) -> None:
    """The runs of each line within these nights; most lines stand in one, which is plain from the bits alone."""
    connection.execute(
        f"""
        insert into run
        with seen as (
            select line, bit_or(1::bigint << file_index::bigint) as bits
            from read_csv({[str(file) for file in files]}, delim = '\\x01', quote = '', escape = '', header = false, skip = 1,
                auto_detect = false, columns = {{'line': 'varchar'}})
            group by line
        ),
        counted as (
            select line, bits, bit_count((bits & -bits) - 1)::bigint as f, bit_count(bits)::bigint as n from seen
        )
        select line, {start} + f, {start} + f + n - 1 from counted where (bits >> f) = (1::bigint << n) - 1
        union all
        select
            line,
            {start} + unnest(list_filter(range({CHUNK}),
                lambda i: (bits >> i) & 1 = 1 and (i = 0 or (bits >> (i - 1)) & 1 = 0))),
            {start} + unnest(list_filter(range({CHUNK}), lambda i: (bits >> i) & 1 = 1 and (bits >> (i + 1)) & 1 = 0))
        from counted where (bits >> f) <> (1::bigint << n) - 1
        """
    )


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
