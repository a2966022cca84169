"""Makes a source's datasets from the inputs that a person gives: which input is whose, which rows, and each contracted column.

Only contracted columns leave here. How inputs are read belongs in ``inputs``, how values are converted in ``convert``, what the
receiver will say of the rows in ``judge``.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

from pipelines.configuration.contract import Column, Dataset, Source
from pipelines.personnummer import mask_name
from pipelines.runtime.errors import UsageError
from pipelines.sending.convert import Converted, convert_column
from pipelines.sending.inputs import Table, first_sum_row, read_table
from pipelines.sending.made_ids import made_id, read_key
from pipelines.sending.mapping import ColumnMapping, DatasetMapping, Mapping, ServerMapping, composed
from pipelines.sending.ss12000 import read_school_register


@dataclass(frozen=True)
class MadeColumn:
    """A contracted column as it was made. ``how``: what the mapping says of it, None where it came from a server; ``before``: the
    values as they stood in the input, ``values``: as they are delivered; ``codes``: what local words became, and how often."""

    column: Column
    how: ColumnMapping | None
    before: list[str]
    values: list[str]
    codes: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(frozen=True)
class MadeDataset:
    """A dataset to be delivered. ``origin``: the input, None where the source has nothing of the kind; ``dropped``: rows of
    it that `where` left out; ``lines``: where each row stands in it."""

    dataset: Dataset
    origin: str | None
    columns: list[MadeColumn]
    lines: list[int] = field(default_factory=list)
    dropped: int = 0

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The values of each row, in the contract's order."""
        return list(zip(*(column.values for column in self.columns), strict=True)) if self.columns else []


def make_datasets(mapping: Mapping, inputs: Sequence[Path], on: date, is_dry_run: bool) -> list[MadeDataset]:
    """Every dataset of the source, in the contract's order. ``on``: the day of the extract.

    Raises UsageError with the first thing that is wrong; a key for made ids may have been written then, and nothing else.
    """
    content = mapping.content
    if isinstance(content, ServerMapping):
        return [_from_server(mapping, content, inputs, on, is_dry_run)]
    mapped = content.datasets
    files = _files(mapped, inputs, mapping.path)
    key = None
    if any(column.made for dataset in mapped.values() for column in dataset.columns.values()):
        key = read_key(mapping.path, may_write=not is_dry_run)
    made = []
    for name, dataset in mapping.source.datasets.items():
        how = mapped[name]
        if how.input is None:
            empty = [MadeColumn(column, None, [], []) for column in dataset.columns]
            made.append(MadeDataset(dataset, None, empty))
        else:
            made.append(
                _Maker(mapped, mapping.source, dataset, read_table(files[name], how.input, how.needs), on, key).made()
            )
    return made


def _from_server(
    mapping: Mapping, content: ServerMapping, inputs: Sequence[Path], on: date, is_dry_run: bool
) -> MadeDataset:
    """The school register as a server has it."""
    if inputs:
        raise UsageError(f"{mapping.path.name} reads a server and no files: leave out {mask_name(inputs[0].name)}.")
    rows = read_school_register(content.ss12000, on, mapping.path, dry_run=is_dry_run)
    (dataset,) = mapping.source.datasets.values()
    columns = []
    for column in dataset.columns:
        values = [row[column.name] for row in rows]
        codes = Counter((value, value) for value in values) if column.type == "code" else Counter[tuple[str, str]]()
        columns.append(MadeColumn(column, None, values, values, codes))
    return MadeDataset(dataset, content.ss12000.address, columns, list(range(1, len(rows) + 1)))


def _files(mapped: dict[str, DatasetMapping], inputs: Sequence[Path], mapping: Path) -> dict[str, Path]:
    """Which input each dataset is made from."""
    matched: defaultdict[str, list[Path]] = defaultdict(list)
    unused = list(dict.fromkeys(inputs))
    for path in dict.fromkeys(inputs):
        for name, how in mapped.items():
            if how.input and fnmatch(composed(path.name).casefold(), how.input.file.casefold()):
                matched[name].append(path)
                unused = [other for other in unused if other != path]
    patterns = ", ".join(dict.fromkeys(how.input.file for how in mapped.values() if how.input)) or "no input"
    if unused:
        raise UsageError(
            f"The input {mask_name(unused[0].name)} belongs to no dataset: {mapping.name} knows {patterns}; rename the file, or "
            "correct the mapping."
        )
    for name, how in mapped.items():
        if how.input is None:
            continue
        if not matched[name]:
            raise UsageError(f"The dataset {name} has no input: give a file named like {how.input.file}.")
        if len(matched[name]) > 1:
            both = " and ".join(mask_name(path.name) for path in matched[name][:2])
            raise UsageError(f"The dataset {name} has two inputs, {both}: give one file named like {how.input.file}.")
    return {name: paths[0] for name, paths in matched.items()}


class _Maker:
    """Makes one dataset."""

    def __init__(
        self,
        mapped: dict[str, DatasetMapping],
        source: Source,
        dataset: Dataset,
        table: Table,
        on: date,
        key: bytes | None,
    ) -> None:
        self._mapped = mapped
        self._source = source
        self._dataset = dataset
        self._how = how = mapped[dataset.name]
        self._on = on
        self._key = key
        self._all = len(table.rows)
        self._table = _kept_rows(table, how)
        assert how.input
        sum_row = None if how.input.sum_rows else first_sum_row(self._table)
        if sum_row is not None:
            raise UsageError(
                f"Row {sum_row} of {table.name} is a sum of other rows: cut it off with `footer`, or drop it with "
                "`where` (and write `sum_rows: true` where it is data after all)."
            )

    def made(self) -> MadeDataset:
        """The dataset."""
        columns = [self._made(column, self._how.columns[column.name]) for column in self._dataset.columns]
        dropped = self._all - len(self._table.rows)
        return MadeDataset(self._dataset, self._table.name, columns, self._table.lines, dropped)

    def _made(self, column: Column, how: ColumnMapping) -> MadeColumn:
        before, made_of = self._before(how)
        done = self._converted(column, how, before, made_of)
        if how.made and column.is_key and len(self._dataset.key) == 1:
            self._check_different(column, how.made, done.values)
        return MadeColumn(column, how, before, done.values, done.codes)

    def _before(self, how: ColumnMapping) -> tuple[list[str], str]:
        """A column's values before its steps, and what they are made of."""
        count = len(self._table.rows)
        if how.from_ is not None:
            return self._table.column(how.from_), how.from_
        if how.constant is not None:
            return [how.constant] * count, "constant"
        if how.join is not None:
            parts = [self._table.column(heading) for heading in how.join]
            joined = [how.between.join(part for part in row if part) for row in zip(*parts, strict=True)]
            return joined, " + ".join(how.join)
        assert how.made is not None and self._key is not None
        key, named = self._key, [self._known(heading) for heading in how.made]
        return [made_id(key, row) for row in zip(*named, strict=True)], f"made from {' + '.join(how.made)}"

    def _known(self, heading: str) -> list[str]:
        """What a column of the input holds, converted as this dataset, or else another of the mapping, converts a column so
        headed: then ids are the same however the source writes that night, and in whichever dataset they are named."""
        values = self._table.column(heading)
        mine = self._dataset.name
        for name, dataset in sorted(self._source.datasets.items(), key=lambda item: item[0] != mine):
            for column in dataset.columns:
                how = self._mapped[name].columns.get(column.name)
                if how and how.from_ == heading:
                    return self._converted(column, how, values, heading).values
        return values

    def _converted(self, column: Column, how: ColumnMapping, before: list[str], made_of: str) -> Converted:
        where = f"{self._table.name}, {made_of} for {self._dataset.name}.{column.name}"
        return convert_column(column, how, before, self._table.lines, self._on, where)

    def _check_different(self, column: Column, headings: list[str], ids: list[str]) -> None:
        first: dict[str, int] = {}
        for line, one in zip(self._table.lines, ids, strict=True):
            if one and one in first:
                raise UsageError(
                    f"Rows {first[one]} and {line} of {self._table.name} have the same {', '.join(headings)}, from which "
                    f"{self._dataset.name}.{column.name} is made: name a column more that tells them apart, or take one row "
                    "away."
                )
            first[one] = line


def _kept_rows(table: Table, how: DatasetMapping) -> Table:
    """The rows that `where` keeps."""
    keep = [(table.column(heading), set(values)) for heading, values in how.where.keep.items()]
    drop = [(table.column(heading), set(values)) for heading, values in how.where.drop.items()]
    stays = [
        all(values[place] in wanted for values, wanted in keep)
        and not any(values[place] in out for values, out in drop)
        for place in range(len(table.rows))
    ]
    rows = [row for row, kept in zip(table.rows, stays, strict=True) if kept]
    lines = [line for line, kept in zip(table.lines, stays, strict=True) if kept]
    return Table(table.name, table.places, rows, lines)
