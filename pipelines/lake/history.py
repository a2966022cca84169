"""The history that the models read, made of a lake's parts: for one municipality its own, for the whole country that of all.

SQL as DuckDB takes it, over relations ``lake.<table>`` that have a column ``municipality`` more, in a form that means the same
when it is translated for another engine. What the country counts, and why, says docs/riket.md. Figures do not belong here.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from pipelines.configuration.contract import Column, Dataset, load_sources
from pipelines.configuration.municipality import Municipality
from pipelines.lake.layout import Lake
from pipelines.runtime.errors import UsageError

#: Between a municipality's code and an id of its own. Codes have one width, so ids of one municipality keep their order.
_BETWEEN = ":"

#: Until when a row whose run ends with a municipality's own extract stands among the extracts of all: until the one before the
#: municipality's next; empty where it has no next one.
_EXTRACT_UNTIL = """
with own as (
    select
        municipality,
        source,
        extract_date,
        lead(extract_date) over (partition by municipality, source order by extract_date) as extract_after
    from lake.extract
),

any_extract as (
    select distinct
        source,
        extract_date
    from own
),

merged as (
    select
        source,
        extract_date,
        lag(extract_date) over (partition by source order by extract_date) as extract_before
    from any_extract
)

select
    own.municipality,
    own.source,
    own.extract_date,
    merged.extract_before as last_extract_date
from own
left join merged
    on merged.source = own.source
    and merged.extract_date = own.extract_after
"""

#: What stands in a row where its municipality had the name of one of its own places: its code, and the code of its county.
_PLACES = {"stadsdelsomrade": "known.code", "jobbtorg": "known.county"}

#: A row in whose time its municipality had two codes is one row for each.
_CODES_OF_RUN = """inner join lake.municipality_code as known
        on known.source = '{source}'
        and known.municipality = run.municipality
        and (known.last_extract_date is null or run.first_extract_date <= known.last_extract_date)
        and (run.until_extract_date is null or run.until_extract_date >= known.first_extract_date)"""

_DATES_OF_CODES = {
    "first_extract_date": "greatest(run.first_extract_date, known.first_extract_date)",
    "last_extract_date": "case when run.until_extract_date is null or known.last_extract_date < run.until_extract_date "
    "then known.last_extract_date else run.until_extract_date end",
}


def history_of(lake: Lake, municipality: Municipality) -> dict[str, str]:
    """The queries that make the history of ``lake.<table>`` and ``input.job_centre_district``, by the relation that each makes,
    in order: those of schema ``history``, and before them what they read.

    ``municipality``: whom the question is asked of. Its own part alone; of all parts where its districts are municipalities.

    Raises UsageError where the lake holds no part of it, or the part of a municipality that it does not know.
    """
    tables = [name for name in lake.columns if name.startswith("history.")]
    if not municipality.is_asked_of_a_lake:
        if municipality.code not in lake.parts:
            held = ", ".join(part.title for part in lake.parts.values())
            raise UsageError(
                f"{lake.folder} holds no part of {municipality.title}: ask of {held}, of the whole country (riket), or have the "
                "part exported into it."
            )
        return {name: _own(lake, name, municipality.code) for name in tables}
    if unknown := sorted(lake.parts.keys() - set(municipality.district_codes)):
        raise UsageError(
            f"{lake.folder} holds the part of municipality {unknown[0]}, which {municipality.title} does not have: correct the "
            "code in the municipality's profile and export it again."
        )
    datasets = {
        f"history.{dataset.table}": dataset
        for source in load_sources().values()
        for dataset in source.datasets.values()
    }
    return {
        "lake.extract_until": _EXTRACT_UNTIL,
        "lake.municipality_code": _municipality_code(municipality),
        **{name: _merged(lake, name, datasets.get(name)) for name in tables},
    }


def _own(lake: Lake, name: str, code: str) -> str:
    return f"select {', '.join(lake.columns[name])} from {_in_lake(name)} where municipality = '{code}'"


def _in_lake(name: str) -> str:
    return f"lake.{name.partition('.')[2]}"


# --- municipalities and counties --------------------------------------------------------------------------------------


def _municipality_code(nation: Municipality) -> str:
    """Which code each municipality of the lake had, and the county of that code: from the first to the last of a source's
    extracts in that time (null: it still has it)."""
    dated = [*_dated_codes(nation)]
    spans = [
        "select distinct municipality, municipality as code, cast(null as date) as first_day, cast(null as date) as last_day "
        + "from lake.extract_until"
        + (f" where municipality not in ({_listed({heir for heir, *_ in dated})})" if dated else "")
    ]
    spans += [f"select '{heir}', '{code}', {_day(first)}, {_day(last)}" for heir, code, first, last in dated]
    return f"""
with span as (
    {" union all ".join(spans)}
),

any_extract as (
    select distinct
        source,
        extract_date
    from lake.extract_until
),

bound as (
    select distinct
        first_day,
        last_day
    from span
),

-- A time in which no source has an extract has no row.
seen as (
    select
        bound.first_day,
        bound.last_day,
        any_extract.source,
        min(any_extract.extract_date) as first_extract_date,
        max(any_extract.extract_date) as last_extract_date
    from bound
    inner join any_extract
        on (bound.first_day is null or any_extract.extract_date >= bound.first_day)
        and (bound.last_day is null or any_extract.extract_date <= bound.last_day)
    group by bound.first_day, bound.last_day, any_extract.source
)

select
    span.municipality,
    seen.source,
    span.code,
    covered.job_centre_code as county,
    seen.first_extract_date,
    -- Empty where the time goes on, so that a row that stands goes on too.
    case when span.last_day is not null then seen.last_extract_date end as last_extract_date
from span
inner join seen
    on seen.first_day is not distinct from span.first_day
    and seen.last_day is not distinct from span.last_day
left join input.job_centre_district as covered
    on covered.district_code = span.code
"""


def _dated_codes(nation: Municipality) -> Iterator[tuple[str, str, date | None, date | None]]:
    """Where a municipality has had another code before: its code today, the code of a time, and the first and last day of that
    time. A municipality that several became one is none of them before."""
    for heir in nation.districts:
        district, first_day, last_day = heir, heir.valid_from, heir.valid_to
        while len(before := [one for one in nation.districts if one.successor == district.code]) == 1:
            ended = before[0].valid_to
            assert ended  # a district with a successor has a last day
            yield heir.code, district.code, ended + timedelta(days=1), last_day
            district, first_day, last_day = before[0], before[0].valid_from, ended
        if district is not heir:
            yield heir.code, district.code, first_day, last_day


def _day(day: date | None) -> str:
    return f"date '{day.isoformat()}'" if day else "cast(null as date)"


def _listed(values: set[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


# --- tables -----------------------------------------------------------------------------------------------------------


def _merged(lake: Lake, name: str, dataset: Dataset | None) -> str:
    """A table of all municipalities."""
    columns = lake.columns[name]
    if dataset:
        return _merged_dataset(dataset, list(columns))
    if name == "history.extract":
        # An extract of the country is of many deliveries.
        listed = [
            column if column in ("source", "extract_date") else f"cast(null as {type_}) as {column}"
            for column, type_ in columns.items()
        ]
        return f"select distinct {', '.join(listed)} from lake.extract_until"
    listed = [
        f"{_of_municipality('one', column)} as {column}" if column == "delivery_id" else column for column in columns
    ]
    return f"select distinct {', '.join(listed)} from {_in_lake(name)} as one"


def _of_municipality(row: str, column: str) -> str:
    """An id that is unique within a municipality, as it is called in the country. An empty one stays empty."""
    return f"{row}.municipality || '{_BETWEEN}' || {row}.{column}"


def own_ids(dataset: Dataset) -> list[Column]:
    """The columns of a dataset that hold ids which are unique within a municipality: a record's own, and those of other records
    of the source, which have the name that the id has there."""
    datasets = load_sources()[dataset.source].datasets.values()
    names = {one.key[0].name for one in datasets if len(one.key) == 1 and one.key[0].type == "text"}
    return [column for column in dataset.columns if column.name in names]


def _merged_dataset(dataset: Dataset, columns: list[str]) -> str:
    ids = {column.history_name for column in own_ids(dataset)}
    lists = {column.history_name: column.code_list for column in dataset.columns}
    has_place = any(name in _PLACES for name in lists.values())
    dates = _DATES_OF_CODES if has_place else {"last_extract_date": "run.until_extract_date"}
    selected = ["run.municipality"]
    for column in columns:
        place = _PLACES.get(lists.get(column) or "")
        if column in ids:
            selected.append(f"{_of_municipality('run', column)} as {column}")
        elif place or column in dates:
            selected.append(f"{place or dates[column]} as {column}")
        else:
            selected.append(f"run.{column}")
    merged = f"""
with standing as (
    select
        run.*,
        -- Both ends of a run are extracts of its municipality.
        case
            when ended.municipality is null then run.last_extract_date else ended.last_extract_date
        end as until_extract_date
    from lake.{dataset.table} as run
    left join lake.extract_until as ended
        on ended.source = '{dataset.source}'
        and ended.municipality = run.municipality
        and ended.extract_date = run.last_extract_date
),

merged as (
    select {", ".join(selected)}
    from standing as run
    {_CODES_OF_RUN.format(source=dataset.source) if has_place else ""}
)"""
    if len(dataset.key) > 1 and any(column.type == "personnummer" for column in dataset.key):
        return merged + _one_row_per_key(dataset, columns)
    return f"{merged}\n\nselect {', '.join(columns)} from merged"


def _one_row_per_key(dataset: Dataset, columns: list[str]) -> str:
    """The end of the query of a dataset that is known by a personnummer and something more: the country has one record of such a
    key, so of rows in the extracts of several municipalities at once the one is taken that figures.md section 1 prefers, the
    larger when compared as text. Records of persons themselves are chosen by the models."""
    keys = [column.history_name for column in dataset.key]
    key = ", ".join(keys)
    of_one_key = " and ".join(f"held.{name} = turn.{name}" for name in keys)
    content = [column.history_name for column in dataset.columns if column.type != "personnummer"]
    order = ", ".join(f"cast({name} as varchar) desc nulls last" for name in content if name in columns)
    dates = ("first_extract_date", "last_extract_date")
    listed = ", ".join(columns)
    taken = ", ".join(f"held.{name}" for name in columns if name not in dates)
    return f""",

counted as (
    select
        merged.*,
        min(municipality) over (partition by {key}) <> max(municipality) over (partition by {key}) as is_of_several
    from merged
),

held as (
    select
        counted.*,
        row_number() over (partition by {key} order by {order}, municipality, first_extract_date) as preference
    from counted
    where is_of_several
),

extract_day as (
    select
        extract_date,
        lag(extract_date) over (order by extract_date) as extract_before,
        lead(extract_date) over (order by extract_date) as extract_after
    from (select distinct extract_date from lake.extract_until where source = '{dataset.source}') as any_extract
),

-- The extracts at which the choice may become another one; between two of them it stands.
turned as (
    select {key}, first_extract_date as extract_date from held
    union
    select {", ".join(f"held.{name}" for name in keys)}, extract_day.extract_after
    from held
    inner join extract_day on extract_day.extract_date = held.last_extract_date
    where extract_day.extract_after is not null
),

turn as (
    select
        turned.*,
        lead(extract_date) over (partition by {key} order by extract_date) as next_turn
    from turned
),

chosen as (
    select
        {taken},
        turn.extract_date as first_extract_date,
        turn.next_turn,
        held.last_extract_date as held_to,
        row_number() over (
            partition by {", ".join(f"turn.{name}" for name in keys)}, turn.extract_date
            order by held.preference
        ) as place
    from turn
    inner join held
        on {of_one_key}
        and turn.extract_date >= held.first_extract_date
        and (held.last_extract_date is null or turn.extract_date <= held.last_extract_date)
),

bounded as (
    select
        chosen.*,
        case when chosen.next_turn is null then chosen.held_to else extract_day.extract_before end as last_extract_date
    from chosen
    left join extract_day on extract_day.extract_date = chosen.next_turn
    where chosen.place = 1
)

select {listed} from counted
where not is_of_several
union all
select {listed} from bounded
"""
