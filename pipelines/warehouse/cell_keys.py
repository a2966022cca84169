"""The keys of the figures' cells, for the Cell Key Method (``configuration.disclosure``): what counts a cell sums keys instead.

Each thing that is counted has a key, a number below 2³² that looks like chance and is always the same; a cell's key is the sum of
its things' keys modulo 2³². So cells of the same persons have the same key, whatever figure they stand in, and the key of a whole
is the sum of its parts' keys. A person's key is made from the pseudonym, a record's from the pseudonym and the record's id, which
nobody outside knows: who does not hold the pseudonym key cannot foresee a change. An answer of the survey is nobody's and has
its id alone. A person who gets another newest number, and everybody when the pseudonym key is another, gets other keys.
"""

from collections.abc import Iterable, Sequence

from pipelines.configuration.catalogue import Catalogue, Counted, Figure
from pipelines.configuration.disclosure import KEYS
from pipelines.warehouse.ask import FIGURE_COLUMNS
from pipelines.warehouse.compiled import CompiledModel

#: How the macro `figure` counts, and what sums the keys of the same rows.
_OF_UNITS, _OF_PERSONS = ("count(*)", "sum({key})"), ("count(distinct mart.person_id)", "sum(distinct {key})")


def has_keys(figure: Figure) -> bool:
    """Whether a figure counts something that tells of somebody; a median does not, nor does a number kept by hand."""
    return figure.adds_up and figure.counted is not Counted.ROW


def cell_keys(models: Iterable[CompiledModel], catalogue: Catalogue) -> str:
    """A query for the keys of all cells that have one: a figure's columns, and `cell_key` in the place of the value. It asks the
    warehouse that the models built, under its own name."""
    compiled = {model.name: model for model in models}
    queries = [
        _cell_keys_of(compiled[figure.model].sql, _identity(figure))
        for figure in catalogue.values()
        if has_keys(figure)
    ]
    return " union all ".join(queries)


def _identity(figure: Figure) -> list[str]:
    """The columns of its mart that say which thing is counted where persons are not counted over other things."""
    persons = [] if figure.counted is Counted.ANSWER else ["person_id"]
    measures = [name for name in figure.measures if figure.counted_as(name) is figure.counted]
    stay = figure.stay(measures[0])
    return [*persons, *figure.record(measures[0]), *([stay] if stay else [])]


def _cell_keys_of(sql: str, identity: Sequence[str]) -> str:
    summing = sql
    for (count, total), columns in ((_OF_UNITS, identity), (_OF_PERSONS, ["person_id"])):
        named = ", ".join(f"mart.{column}" for column in columns)
        summing = summing.replace(count, total.format(key=f"(md5_number_lower(concat_ws('/', {named})) % {KEYS})"))
    assert "count(" not in summing, "a figure counts in another way than cell_keys knows"
    columns = ", ".join(FIGURE_COLUMNS[:-1])
    return f"select {columns}, cast(value % {KEYS} as bigint) as cell_key from ({summing}) as summed"
