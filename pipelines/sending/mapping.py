"""The mapping of a source: which input each dataset comes from, and what becomes of its columns (interface.md, `kaa deliver`).

A mapping is a YAML file that a person writes; every fault of it is told in one sentence that names the dataset and the column.
Reading the inputs belongs in ``inputs``, converting their values in ``convert``.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from pipelines.configuration.contract import Column, Dataset, Source, load_sources
from pipelines.configuration.municipality import Municipality, known_profiles, load_receiver
from pipelines.configuration.yaml_file import read_yaml, validated
from pipelines.runtime.errors import UsageError
from pipelines.sending.ss12000.settings import SS12000Settings

_WHAT = "mapping"

#: The words for yes and no that are understood where a mapping does not say its own; capitals do not matter.
YES = ("j", "ja", "x", "1", "true", "sant", "yes", "y")
NO = ("n", "nej", "0", "false", "falskt", "no")

#: What may stand in a date format, and what it matches.
DATE_PARTS = {
    "%Y": "(?P<Y>[0-9]{4})",
    "%y": "(?P<y>[0-9]{2})",
    "%m": "(?P<m>[0-9]{2})",
    "%-m": "(?P<m>[0-9]{1,2})",
    "%d": "(?P<d>[0-9]{2})",
    "%-d": "(?P<d>[0-9]{1,2})",
    "%H": "[0-9]{2}",
    "%M": "[0-9]{2}",
    "%S": "[0-9]{2}",
}
_PART = re.compile("%-?[A-Za-z%]")

#: Steps that make sense for one type of column only.
_ONLY_FOR = {
    "date": ("date",),
    "personnummer": ("personnummer",),
    "yes_no": ("yes_no",),
    "decimal": ("decimal", "integer"),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _texts(value: object) -> object:
    """What may be written by itself where there is only one."""
    return value if isinstance(value, list) else [value]


def composed(text: str) -> str:
    """A text in which å is one sign: some systems, and files from a Mac, write it as two."""
    return unicodedata.normalize("NFC", text)


def tidy(text: str) -> str:
    """A heading as it is compared: blanks of any kind, line breaks too, are one blank, and none stands at an end."""
    return composed(" ".join(text.split()))


Text = Annotated[str, StringConstraints(strip_whitespace=True)]
Heading = Annotated[str, StringConstraints(min_length=1), AfterValidator(tidy)]
Texts = Annotated[list[Text], BeforeValidator(_texts)]
Headings = Annotated[list[Heading], BeforeValidator(_texts), Field(min_length=1)]


class Input(_Strict):
    """Where a dataset's rows stand: which file, and how it is to be read.

    ``file``: a pattern of file names (`UEDB*.csv`). ``format``: by the file's ending where nothing is said. ``rows``: where in a
    JSON file the list is. ``header_row``: the line or row with the headings, from 1; where nothing is said the first that holds
    all that the mapping names. ``skip_rows``: so many rows after it are no data. ``footer``: so many rows at the end are none, or
    all from the first that begins with this text. ``sum_rows``: rows that say Summa or Totalt are data.
    """

    file: Heading
    format: Literal["csv", "excel", "json"] | None = None
    sheet: Heading | None = None
    separator: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ";"
    quote: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = '"'
    encoding: Heading = "utf-8"
    header_row: Annotated[int, Field(ge=1)] | None = None
    skip_rows: Annotated[int, Field(ge=0)] = 0
    footer: Annotated[int, Field(ge=0)] | Heading = 0
    rows: Heading | None = None
    sum_rows: bool = False

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            "".encode(name)
        except LookupError:
            raise ValueError(f"{name!r} is no encoding; write for example utf-8, windows-1252 or utf-16") from None
        return name

    @model_validator(mode="after")
    def _parts_at_a_sign_of_its_own(self) -> Self:
        signs = [self.separator, *([self.quote] if self.quote else [])]
        is_text = all(sign == "\t" or sign.isprintable() for sign in signs)
        if len(set(signs)) < len(signs) or not is_text:
            raise ValueError("separator and quote are two different signs, and no line breaks")
        return self

    @property
    def kind(self) -> str:
        """csv, excel or json."""
        if self.format:
            return self.format
        endings = {".xlsx": "excel", ".xlsm": "excel", ".xls": "excel", ".json": "json"}
        return endings.get(Path(self.file).suffix.lower(), "csv")


class Where(_Strict):
    """Which rows are delivered, by the values that stand in columns of the input: those that have one of ``keep`` in each of its
    columns, and one of ``drop`` in none."""

    keep: dict[Heading, Texts] = {}
    drop: dict[Heading, Texts] = {}


class YesNo(_Strict):
    """The local words for yes (J) and no (N); `yes` and `no` themselves are no names in YAML."""

    J: Texts
    N: Texts


class ColumnMapping(_Strict):
    """What a contracted column is made of (one of the first four), and the steps that its values go through, in this order."""

    from_: Heading | None = Field(default=None, alias="from")
    constant: Text | None = None
    join: Headings | None = None
    made: Headings | None = None
    #: What stands between joined values; empty ones are left out.
    between: str = " "

    trim: bool = True
    date: Headings | None = None
    personnummer: bool = False
    code: dict[Text, Text] | None = None
    yes_no: YesNo | bool = False
    decimal: bool = False
    upper: bool = False
    empty_when: Texts = []

    @field_validator("date")
    @classmethod
    def _formats_name_a_day(cls, formats: list[str] | None) -> list[str] | None:
        for written in formats or []:
            parts = _PART.findall(written)
            unknown = [part for part in parts if part not in DATE_PARTS]
            named = sorted(part[-1].lower() for part in parts if part[-1] in "Yymd")
            if unknown or named != ["d", "m", "y"]:
                raise ValueError(
                    f"{written!r} is no date format: write each of year (%Y or %y), month (%m) and day (%d) once, "
                    "for example %Y-%m-%d or %d%m%y"
                )
        return formats

    @model_validator(mode="after")
    def _comes_from_one_place(self) -> Self:
        places = [self.from_, self.constant, self.join, self.made]
        if sum(place is not None for place in places) != 1:
            raise ValueError("write one of from, constant, join and made")
        return self

    @property
    def needs(self) -> list[str]:
        """The headings that must be in the input."""
        return [*([self.from_] if self.from_ else []), *(self.join or []), *(self.made or [])]

    @property
    def steps(self) -> list[str]:
        """The steps that are asked for, in order."""
        return [name for name in ("date", "personnummer", "code", "yes_no", "decimal", "upper") if getattr(self, name)]


class DatasetMapping(_Strict):
    """How a dataset is made. ``empty``: the sender has nothing of the kind, so the file holds its header alone."""

    empty: bool = False
    input: Input | None = None
    where: Where = Where()
    columns: dict[str, ColumnMapping] = {}

    @model_validator(mode="after")
    def _has_rows_or_none(self) -> Self:
        if self.empty == bool(self.input or self.columns):
            raise ValueError("write input and columns, or `empty: true` where there is nothing of the kind")
        if not self.empty and not (self.input and self.columns):
            raise ValueError("write both input and columns")
        return self

    @property
    def needs(self) -> list[str]:
        """The headings that must be in the input, each once."""
        wanted = [heading for column in self.columns.values() for heading in column.needs]
        return list(dict.fromkeys([*wanted, *self.where.keep, *self.where.drop]))


class FilesMapping(_Strict):
    """A delivery from files."""

    kind: Literal["files"] = "files"
    source: str
    municipality: str
    datasets: dict[str, DatasetMapping]


class ServerMapping(_Strict):
    """A delivery of the school register from an SS 12000 server."""

    kind: Literal["ss12000"]
    source: Literal["skolregister"]
    municipality: str
    ss12000: SS12000Settings


@dataclass(frozen=True)
class Mapping:
    """A mapping that fits its source's contract, with the municipality whose codes it uses."""

    path: Path
    content: FilesMapping | ServerMapping
    source: Source
    municipality: Municipality


def read_mapping(path: Path, source: str) -> Mapping:
    """Read the mapping of a source. Raises UsageError with its first fault."""
    raw = read_yaml(path, _WHAT)
    is_server = isinstance(raw, dict) and raw.get("kind") == "ss12000"
    content = validated(ServerMapping, raw, path, _WHAT) if is_server else validated(FilesMapping, raw, path, _WHAT)
    municipality = load_receiver(_profile(content.municipality, path))
    sources = load_sources(municipality.own_codes)
    if source not in sources:
        raise UsageError(f"There is no source {source!r}: choose one of {', '.join(sources)}.")
    if content.source != source:
        raise UsageError(f"The mapping {path} is for the source {content.source!r}: give --source {content.source}.")
    fault = next(_faults(content, sources[source]), None) if isinstance(content, FilesMapping) else None
    if fault:
        raise UsageError(f"The mapping {path} is wrong: {fault}.")
    return Mapping(path, content, sources[source], municipality)


def _profile(name: str, path: Path) -> str:
    """A profile's name, or its path; a relative one is meant from where the mapping lies."""
    beside = path.parent / name
    return str(beside) if name not in known_profiles() and beside.exists() else name


def _faults(content: FilesMapping, source: Source) -> Iterator[str]:
    """What does not fit the contract, each with what to do."""
    for name in content.datasets:
        if name not in source.datasets:
            yield f"{source.name} has no dataset {name!r}; its datasets are {', '.join(source.datasets)}"
    for name, dataset in source.datasets.items():
        mapped = content.datasets.get(name)
        if mapped is None:
            yield f"the dataset {name!r} is missing; write where it comes from, or `{name}: {{empty: true}}`"
        elif not mapped.empty:
            yield from _dataset_faults(mapped, dataset)


def _dataset_faults(mapped: DatasetMapping, dataset: Dataset) -> Iterator[str]:
    names = [column.name for column in dataset.columns]
    for name in mapped.columns:
        if name not in names:
            yield f"{dataset.name} has no column {name!r}; its columns are {', '.join(names)}"
    for column in dataset.columns:
        found = mapped.columns.get(column.name)
        if found is None:
            nothing = "" if column.required else ", or `constant: ''` where the source has nothing of the kind"
            yield f"{dataset.name}.{column.name} is missing; write what it is made from{nothing}"
            continue
        for fault in _column_faults(found, column):
            yield f"{dataset.name}.{column.name} {fault}"


def _column_faults(found: ColumnMapping, column: Column) -> Iterator[str]:
    for step in found.steps:
        types = _ONLY_FOR.get(step, (column.type,))
        if column.type not in types:
            yield f"has the step {step}, which is for columns of type {' and '.join(types)}; its type is {column.type}"
    if found.made and column.type != "text":
        yield f"cannot be made: only ids can, and it is of type {column.type}"
    given = [*(found.code or {}).values(), *([found.constant] if found.constant is not None else [])]
    codes = {"code": [*(column.codes or {})], "yes_no": ["J", "N"]}.get(column.type)
    for value in given:
        if value and codes is not None and (value.upper() if found.upper else value) not in codes:
            yield f"is given {value!r}; choose one of {', '.join(codes) or 'none: the municipality has no such codes'}"
    if found.constant == "" and column.required:
        yield "must have a value; its constant is empty"
