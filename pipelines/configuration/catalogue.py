"""The catalogue: what is known of each figure, as it stands beside the figure's SQL in ``dbt_project/models/figures``.

Whoever needs to know what a figure counts, whether its numbers add up or what they are a share of, asks here. How it is counted
is the SQL beside the entry; what a code means is in ``data_contracts/code_lists``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from pipelines.configuration.contract import code_lists
from pipelines.runtime.errors import NightlyFailed

_PROJECT = Path(__file__).resolve().parent.parent.parent / "dbt_project"
FIGURES = _PROJECT / "models" / "figures"
MACROS = _PROJECT / "macros"

Text = Annotated[str, StringConstraints(pattern=r"\S")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Counted(StrEnum):
    """What one unit of a number is."""

    PERSON = "person"
    CONTACT = "contact"
    STAY = "stay"
    ENROLMENT = "enrolment"
    MEASURE = "measure"
    RESIDENCE_CHECK = "residence_check"
    VISIT = "visit"
    ANSWER = "answer"
    ROW = "row"


class Dimension(StrEnum):
    """What a figure can be divided by (figures.md section 2): by one place at a time, and by gender."""

    GENDER = "gender"
    DISTRICT = "district"
    JOB_CENTRE = "job_centre"


class PeriodKind(StrEnum):
    """Whether a figure is of a period or of a single day."""

    PERIOD = "period"
    DAY = "day"


class In(StrEnum):
    """In how many categories each unit is counted."""

    ONE = "one"
    EACH = "each"  # in each that applies, and once in all together


class Total(StrEnum):
    """The number for all categories together."""

    GIVEN = "given"
    MEANINGLESS = "meaningless"  # given, but a sum of different things
    NONE = "none"


class Absent(StrEnum):
    """What it means that there is no row."""

    ZERO = "zero"
    UNKNOWN = "unknown"  # nobody reported it, or it is a median of nothing


class Groupings(StrEnum):
    """For which groupings two numbers can be compared."""

    ALL = "all"
    GENDER = "gender"  # the two take district and job-centre from different registers


class Role(StrEnum):
    """What a delivered row has to do with a counted unit (audit.md section 1). Links between numbers are found by themselves."""

    IN_REGISTER = "in_register"
    PLACE = "place"
    COUNTED = "counted"
    DECIDES = "decides"
    OCCUPATION = "occupation"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MeasureKey(_Strict):
    """A measure by its figure; written ``figure/measure``."""

    figure: Name
    measure: Name

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            figure, slash, measure = value.partition("/")
            if not slash:
                raise ValueError(f"{value!r} is not written figure/measure")
            return {"figure": figure, "measure": measure}
        return value

    def __str__(self) -> str:
        return f"{self.figure}/{self.measure}"


class Relation(_Strict):
    """What a number is part of or the same as, with a Swedish sentence that says so."""

    to: MeasureKey
    sentence: Text
    groupings: Groupings = Groupings.ALL


class Summand(_Strict):
    """A number that adds up with others to a measure: all of ``to``, or one category of it."""

    to: MeasureKey
    category: Text | None = None


class PlainWords(_Strict):
    """A figure in words that everybody understands: what it counts, what one might think that it counts, and an example of one
    youth. The exact rule is the figure's ``definition``."""

    counts: Text
    leaves_out: Text
    example: Text


class ChartedShare(_Strict):
    """A share that pages draw over time: of a measure's ``share_of``, with a Swedish ``sentence`` that says of what.
    ``category``: a fixed one; null follows the reader."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]
    title: Text
    sentence: Text
    category: Text | None = None


class Evidence(_Strict):
    """Where the delivered rows are that a unit of the figure rests on. ``dataset`` is written ``ber/kontakter``.

    ``record``: the mart's columns that hold the record's key, where a record is meant (empty in a row: there is none);
    ``stay``: the mart's column with the day on which a stay began. Otherwise the person's row in a register is meant: of
    ``ber/register`` that of the last sighting, or of the extract in the mart's column ``seen_on``; of ``folkbokforing/personer``
    that of the latest extract.
    ``measures``: only of these. ``is_always_given``: a place also where the question names none.
    """

    role: Role
    dataset: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+/[a-z0-9_]+$")] = "ber/register"
    record: tuple[Name, ...] = ()
    stay: Name | None = None
    seen_on: Name | None = None
    measures: tuple[Name, ...] = ()
    is_always_given: bool = False

    def is_of(self, measure: str) -> bool:
        """Whether units of a measure rest on it."""
        return not self.measures or measure in self.measures


class Measure(_Strict):
    """One counted thing of a figure. ``label``: what it is called where a number stands alone, in charts and sentences."""

    title: Text
    definition: Text
    label: Text
    part_of: tuple[Relation, ...] = ()
    same_as: tuple[Relation, ...] = ()
    #: Numbers that share nothing and are together this one.
    sum_of: tuple[Summand, ...] = ()
    share_of: MeasureKey | None = None
    charted_shares: tuple[ChartedShare, ...] = ()
    #: Each only where it is another for this measure than for the figure or its category.
    counted_in: In | None = None
    counted: Counted | None = None
    adds_up_over_months: bool | None = None


class Level(_Strict):
    """A figure's categories, or the subcategories below them. Without a code list the sources name them themselves.

    ``only_in``: of subcategories, the categories that have them; none named: all.
    """

    title: Text
    code_list: Name | None
    counted_in: In
    total: Total
    only_in: tuple[Text, ...] = ()


class Figure(_Strict):
    """A figure's entry. ``source``: the documents whose words it follows; what it is counted from is its ``evidence``."""

    id: Name
    title: Text
    definition: Text
    plain: PlainWords
    unit: Text
    source: Text
    legal_ground: Text
    since: str | None
    warnings: tuple[Text, ...]
    #: Not among figures.md's: published beside them, and given by ``kaa figures`` only when it is asked for.
    is_own: bool
    period: PeriodKind
    counted: Counted
    #: False for a median.
    adds_up: bool
    #: Whether the months of a period are together the period, for all and by gender.
    adds_up_over_months: bool
    absent: Absent
    dimensions: tuple[Dimension, ...]
    position: int
    category: Level | None
    subcategory: Level | None
    #: Whether its numbers are whole and never negative; a number kept by hand may be anything.
    is_count: bool = True
    #: Whether it also asks for the same kind of period one year earlier: without extracts of that year nobody knows the number.
    asks_year_before: bool = False
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    measures: Annotated[Mapping[Name, Measure], Field(min_length=1)]

    @property
    def model(self) -> str:
        """The dbt model that counts it."""
        return f"figure_{self.id}"

    def counted_in(self, measure: str) -> In | None:
        """In how many categories each unit of a measure is counted; None: the figure has no categories."""
        return (self.measures[measure].counted_in or self.category.counted_in) if self.category else None

    def months_add_up(self, measure: str) -> bool:
        """Whether the months of a period are together the period's number, for all and by gender."""
        own = self.measures[measure].adds_up_over_months
        return self.adds_up_over_months if own is None else own

    def counted_as(self, measure: str) -> Counted:
        """What one unit of a measure is."""
        return self.measures[measure].counted or self.counted

    @property
    def has_dimensions(self) -> bool:
        """Whether it is given for more than the whole municipality."""
        return bool(self.dimensions)

    def evidence_of(self, measure: str) -> list[Evidence]:
        """What units of a measure rest on."""
        return [one for one in self.evidence if one.is_of(measure)]

    def rests_on(self, dataset: str) -> bool:
        """Whether any of its units rests on rows of a dataset, written ``ber/kontakter``."""
        return any(one.dataset == dataset for one in self.evidence)

    def record(self, measure: str) -> tuple[str, ...]:
        """The mart's columns with the key of the record that a measure counts; none where it counts persons or stays."""
        return next((one.record for one in self._counted_evidence(measure)), ())

    def stay(self, measure: str) -> str | None:
        """The mart's column with the day on which the stay began that a measure counts; None where it counts no stays."""
        return next((one.stay for one in self._counted_evidence(measure)), None)

    def _counted_evidence(self, measure: str) -> list[Evidence]:
        if self.counted_as(measure) is Counted.PERSON:
            return []
        return [one for one in self.evidence_of(measure) if one.role is Role.COUNTED]

    @property
    def has_total(self) -> bool:
        """Whether there is a number for all categories together."""
        return self.category is None or self.category.total is not Total.NONE

    def shares_categories_with(self, other: "Figure") -> bool:
        """Whether a category of this figure is one of the other's too: a part is then compared with its whole category by
        category, else with the whole of all categories."""
        if not (self.category and other.category):
            return False
        return self.id == other.id or (self.category.code_list or "") == other.category.code_list

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.subcategory and not self.category:
            raise ValueError("a figure with a subcategory has a category")
        if self.category and self.category.only_in:
            raise ValueError("only_in is about subcategories")
        if any(measure.counted_in for measure in self.measures.values()) and not self.category:
            raise ValueError("counted_in of a measure is about the figure's category, and there is none")
        if unknown := {name for one in self.evidence for name in one.measures} - self.measures.keys():
            raise ValueError(f"evidence names the measure {min(unknown)!r}, which the figure does not have")
        if any(
            self.counted_as(name) is not Counted.PERSON and not self._counted_evidence(name) for name in self.measures
        ):
            raise ValueError("evidence with the role counted is needed where no persons are counted")
        if any(measure.charted_shares and not measure.share_of for measure in self.measures.values()):
            raise ValueError("charted_shares need a share_of")
        return self


Catalogue = Mapping[str, Figure]


@cache
def read_catalogue(folder: Path = FIGURES) -> Catalogue:
    """All figures by id, in the order of their positions.

    Raises NightlyFailed with the first fault of an entry: its file, the field, and what is wrong there.
    """
    figures = sorted((_read(path) for path in sorted(folder.glob("figure_*.yml"))), key=lambda figure: figure.position)
    catalogue = MappingProxyType({figure.id: figure for figure in figures})
    lists = code_lists()
    for figure in figures:
        fault = next(_faults(figure, catalogue, lists), None)
        if fault:
            raise _wrong(folder / f"{figure.model}.yml", fault)
    return catalogue


@cache
def find_figure(figure_id: str) -> Figure | None:
    """One figure by its id, without what it refers to; None where there is none. Raises as ``read_catalogue``."""
    path = FIGURES / f"figure_{figure_id}.yml"
    # Looked for among those that there are: a profile may say any text, "../x" too.
    return _read(path) if path in FIGURES.glob("figure_*.yml") else None


def _read(path: Path) -> Figure:
    try:
        # The loader in C: every command that asks for a figure reads these files.
        (model,) = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]
        figure = Figure.model_validate(model["config"]["meta"]["figure"])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the entry"
        raise _wrong(path, f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise _wrong(path, f"models, config.meta.figure: it cannot be read ({type(error).__name__})") from error
    if path.stem != figure.model:
        raise _wrong(path, f"id: {figure.id!r} is not the figure of this file")
    return figure


def _wrong(path: Path, fault: str) -> NightlyFailed:
    return NightlyFailed(f"The entry of {path.stem} in the catalogue is wrong at {fault}. Correct {path}.")


def _faults(figure: Figure, catalogue: Catalogue, lists: Collection[str]) -> Iterator[str]:
    """What is wrong between an entry and the rest of the catalogue."""
    if any(other.position == figure.position for other in catalogue.values() if other.id != figure.id):
        yield f"position: {figure.position} is another figure's too"
    for level in ("category", "subcategory"):
        found = getattr(figure, level)
        if found and found.code_list and found.code_list not in lists:
            yield f"{level}.code_list: there is no list {found.code_list!r} in data_contracts/code_lists"
    for name, measure in figure.measures.items():
        for field, keys in _references(measure):
            for key in keys:
                if key.figure not in catalogue or key.measure not in catalogue[key.figure].measures:
                    yield f"measures.{name}.{field}: there is no measure {key}"


def _references(measure: Measure) -> Iterable[tuple[str, list[MeasureKey]]]:
    yield "part_of", [relation.to for relation in measure.part_of]
    yield "same_as", [relation.to for relation in measure.same_as]
    yield "sum_of", [summand.to for summand in measure.sum_of]
    yield "share_of", [measure.share_of] if measure.share_of else []
