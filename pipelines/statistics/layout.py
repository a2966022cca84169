"""The layout of the file to SCB: columns, formats, codes and checks, from a file with validity (`data_contracts/statistics`)."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pipelines.configuration.contract import CONTRACTS
from pipelines.configuration.yaml_file import read_yaml, validated
from pipelines.runtime.errors import UsageError

LAYOUTS = CONTRACTS / "statistics" / "scb_kaa.yaml"

Text = Annotated[str, StringConstraints(pattern=r"\S")]

Value = Literal[
    "personnummer", "municipality", "registered_on", "registration_reason", "occupation_at_registration",
    "contacted_on", "occupation_at_contact",
    "measure", "measure_started_on", "occupation_before",
    "measure_ended_on", "measure_end_reason", "occupation_after",
    "ceased_on", "ceased_reason",
]  # fmt: skip
Day = Literal["registered_on", "contacted_on", "measure_started_on", "measure_ended_on", "ceased_on"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Csv(_Strict):
    """How the file is written; ``dates`` as in strftime."""

    separator: Annotated[str, StringConstraints(min_length=1, max_length=1)]
    encoding: Literal["utf-8", "utf-8-sig", "iso-8859-1", "windows-1252"]
    newline: Literal["lf", "crlf"]
    dates: Text


class LayoutColumn(_Strict):
    name: Text
    block: int = Field(ge=1, le=5)
    value: Value
    codes: Text | None = None


class _Check(_Strict):
    """``sentence``: what is wrong; ``do``: what to do about it; both in Swedish."""

    id: Text
    severity: Literal["error", "warning"]
    sentence: Text
    do: Text


class Given(_Check):
    kind: Literal["given"]
    value: Value


class Needs(_Check):
    kind: Literal["needs"]
    value: Value
    other: Value


class Order(_Check):
    kind: Literal["order"]
    value: Day
    other: Day


class NotCode(_Check):
    kind: Literal["not_code"]
    value: Value
    codes: list[Text]


class YoungerThan(_Check):
    kind: Literal["younger_than"]
    value: Day
    years: int = Field(gt=0)


class Once(_Check):
    kind: Literal["once"]
    value: Literal["personnummer"]


class Within(_Check):
    kind: Literal["within"]
    value: Day


Check = Annotated[Given | Needs | Order | NotCode | YoungerThan | Once | Within, Field(discriminator="kind")]


class Layout(_Strict):
    """What the file looks like from a day on. ``codes_are``: whose codes they are."""

    valid_from: date
    codes_are: Literal["own", "scb"]
    csv: Csv
    columns: list[LayoutColumn] = Field(min_length=1)
    codes: dict[str, dict[str, Text]]
    checks: list[Check]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError("a column is named twice; keep one")
        for column in self.columns:
            if column.codes is not None and column.codes not in self.codes:
                raise ValueError(
                    f"the column {column.name} uses the codes {column.codes}, which are not there; add them"
                )
        if "personnummer" not in {column.value for column in self.columns}:
            raise ValueError("no column holds the personnummer; add one")
        ids = [check.id for check in self.checks]
        if len(set(ids)) < len(ids):
            raise ValueError("a check has the id of another; give each its own")
        return self


class _Layouts(_Strict):
    layouts: list[Layout] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if any(later.valid_from <= earlier.valid_from for earlier, later in pairwise(self.layouts)):
            raise ValueError("valid_from must grow from layout to layout")
        return self


def read_layout(on: date, path: Path = LAYOUTS) -> Layout:
    """The layout that holds on a day. Raises UsageError with the file's first fault, or when none holds then."""
    what = "layout of the file to SCB"
    layouts = validated(_Layouts, read_yaml(path, what), path, what).layouts
    holding = [layout for layout in layouts if layout.valid_from <= on]
    if not holding:
        raise UsageError(f"The {what} {path} has none that holds on {on}: add one with an earlier valid_from.")
    return holding[-1]
