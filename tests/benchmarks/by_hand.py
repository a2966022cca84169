"""The yardstick of the backlog benchmark: what somebody would write by hand in DuckDB for just this data.

It reads every line of the same files, keeps the distinct ones, takes them apart and builds their intervals – and does none of
what the program does besides: no checksum, no judging, no contract, no pseudonym, no archive, no figures.
"""

import sys
from pathlib import Path

import duckdb

from tests.benchmarks.stockholm import SOURCES


def build(drop: Path, database: Path) -> None:
    """One interval table per dataset: the columns, first and last night of each unbroken run."""
    with duckdb.connect(str(database)) as connection:
        for source, datasets in SOURCES.items():
            nights = sorted(path.name for path in (drop / source).iterdir())
            connection.execute("create or replace temp table night as select unnest(?) as name", [nights])
            connection.execute(
                "create or replace temp table place as select name, row_number() over (order by name) - 1 as ord from night"
            )
            for dataset in datasets:
                files = str(drop / source / "*" / f"{dataset}.csv")
                header = next((drop / source / nights[0] / f"{dataset}.csv").open()).strip().split(";")
                columns = ", ".join(f"part[{number}] as {name}" for number, name in enumerate(header, start=1))
                connection.execute(
                    f"""
                    create table {dataset} as
                    with seen as (
                        select line, bitstring_agg(ord::integer, 0, {len(nights) - 1}) as bits, min(ord) as f, max(ord) as l
                        from read_csv('{files}', columns = {{'line': 'varchar'}}, delim = '\\x01', quote = '', escape = '',
                            header = true, auto_detect = false, filename = true) r
                        join place on place.name = split_part(r.filename, '/', -2)
                        group by line
                    ),
                    whole as (select line, f, l from seen where bit_count(bits) = l - f + 1),
                    islands as (
                        select line, ord, ord - row_number() over (partition by line order by ord) as island
                        from (select line, bits, unnest(range(f, l + 1)) as ord from seen where bit_count(bits) < l - f + 1)
                        where get_bit(bits, ord::integer) = 1
                    ),
                    runs as (
                        from whole union all select line, min(ord), max(ord) from islands group by line, island
                    )
                    select {columns}, a.name as first_night, z.name as last_night
                    from (select string_split(line, ';') as part, f, l from runs)
                    join place a on a.ord = f join place z on z.ord = l
                    """
                )


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
