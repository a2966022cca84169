"""A file review (aktgranskning): persons drawn from those in the register, and for each what the law asks of their file
(audit.md section 5).

What an item's status is says the model ``file_review`` of the version that answers; how persons are drawn is ``draw``. Protected
identities are neither drawn nor counted in the population.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from pipelines.audit.cell import Cell, check_cell
from pipelines.audit.draw import draw
from pipelines.audit.evidence import DeliveredRow, Finder, Place, evidence_as_json, places_of
from pipelines.audit.shares import Share, share
from pipelines.audit.trace import EVIDENCE_MODELS
from pipelines.audit.units import UNITS
from pipelines.configuration.catalogue import Evidence, Role, read_catalogue
from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import Municipality
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.databases import recorded_owner
from pipelines.state.home import Version
from pipelines.state.keys import PSEUDONYM_FINGERPRINT
from pipelines.warehouse.ask import built_warehouse, made_warehouse
from pipelines.warehouse.compiled import CompiledModel, kept_models
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import Period

MODEL = "file_review"
ALL = "*"
#: What a sample can be stratified by -> column of the model.
STRATA = {"job_centre": "job_centre_code", "gender": "gender", "district": "district_code"}

REGISTERED = "registered"
#: In the order in which a file is read.
ITEMS = (REGISTERED, "occupation", "contact", "offer", "content", "start", "end")

#: The population: whom this figure counts, but for protected identities.
_POPULATION = Cell("population", "in_register")
_IN_REGISTER = (Evidence(role=Role.IN_REGISTER),)
_RECORDS = tuple(
    Evidence(role=Role.DECIDES, dataset=dataset, record=(column,))
    for dataset, column in (
        ("ber/sysselsattningar", "occupation_id"),
        ("ber/kontakter", "contact_id"),
        ("ber/inskrivningar", "enrolment_id"),
        ("ber/insatser", "intervention_id"),
    )
)

#: Item of a person -> the delivered rows that it rests on.
Found = dict[tuple[str, str], list[tuple[DeliveredRow, Place]]]


@dataclass(frozen=True)
class Item:
    """One thing that is asked of a file, and what the deliveries say."""

    item: str
    status: str
    evidence: list[tuple[DeliveredRow, Place]]


@dataclass(frozen=True)
class Case:
    """A drawn person's file."""

    person: str
    stratum: str
    items: list[Item]


@dataclass(frozen=True)
class Sample:
    """The answer. ``strata``: what was stratified by, if anything; ``population``: how many could be drawn."""

    period_id: str
    n: int
    seed: int
    strata: str | None
    population: int
    pseudonym_key: str | None
    cases: list[Case]
    shares: list[Share]

    def as_json(self) -> dict[str, Any]:
        """The object of audit.md section 5."""
        return {
            "period": self.period_id,
            "n": self.n,
            "seed": self.seed,
            "strata": self.strata,
            "population": self.population,
            "pseudonym_key": self.pseudonym_key,
            "cases": [_case_as_json(case) for case in self.cases],
            "shares": [asdict(one) for one in self.shares],
        }


def _case_as_json(case: Case) -> dict[str, Any]:
    items = [
        {
            "item": item.item,
            "status": item.status,
            "evidence": [evidence_as_json(row, place, None) for row, place in item.evidence],
        }
        for item in case.items
    ]
    return {"person": case.person, "stratum": case.stratum, "items": items}


def sample(
    version: Version,
    municipality: Municipality,
    period: Period,
    n: int,
    seed: int,
    strata: str | None,
    is_computed: bool,
) -> Sample:
    """Draw persons of a period and look their files through. ``is_computed``: the version's own warehouse has the period.

    Raises UsageError when so many cannot be drawn, NightlyFailed when the version cannot answer.
    """
    check_cell(_POPULATION, read_catalogue(), municipality, period)
    compiled = kept_models(version.models)
    model = next((one for one in compiled if one.name == MODEL), None)
    if model is None:
        raise NightlyFailed(
            "The published version was made by an earlier program, which knew no file review. Run kaa nightly once, and ask "
            "again."
        )
    wanted = [*model.needs, *EVIDENCE_MODELS]
    warehouse = (
        built_warehouse(version)
        if is_computed
        else made_warehouse(compiled, version.history, municipality, [period], EVERYTHING, wanted)
    )
    with warehouse as connection:
        review = Review(connection, model, municipality, period, strata)
        drawn = review.draw(n, seed)
        return Sample(
            period.period_id, n, seed, strata, len(review.stratum_of),
            recorded_owner(version).get(PSEUDONYM_FINGERPRINT), review.cases(drawn), review.shares(drawn),
        )  # fmt: skip


class Review:
    """The population of a period with the status of every item, asked of one warehouse."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        model: CompiledModel,
        municipality: Municipality,
        period: Period,
        strata: str | None,
    ) -> None:
        self._connection = connection
        self._municipality = municipality
        self._period = period
        connection.execute(
            f"create temp table reviewed as select * from ({model.sql}) where period_id = ?", [period.period_id]
        )
        self._statuses: dict[tuple[str, str], str] = {}
        #: Person -> stratum; everybody's is `*` where there are no strata.
        self.stratum_of: dict[str, str] = {}
        code = STRATA[strata] if strata else f"'{ALL}'"
        # distinct: an item has a row for every record that it looks at
        rows = connection.execute(f"select distinct person_id, item, status_code, {code} from reviewed").fetchall()
        for person, item, status, stratum in rows:
            self._statuses[person, item] = status
            self.stratum_of[person] = stratum

    def draw(self, n: int, seed: int) -> list[str]:
        """The persons drawn, stratum by stratum. Raises UsageError when so many cannot be drawn."""
        members: dict[str, list[str]] = {}
        for person, stratum in self.stratum_of.items():
            members.setdefault(stratum, []).append(person)
        population = len(self.stratum_of)
        if n > population:
            raise UsageError(
                f"{n} persons cannot be drawn of the {population} in the register during {self._period.period_id} (protected "
                "identities are never drawn): give a smaller --n or another period."
            )
        if n < len(members):
            raise UsageError(
                f"There are {len(members)} strata, and one person of each is drawn at least: give --n {len(members)} or more, "
                "or no --strata."
            )
        return [person for theirs in draw(members, n, seed).values() for person in theirs]

    def cases(self, drawn: Iterable[str]) -> list[Case]:
        """The files of those drawn, in their order."""
        persons = list(drawn)
        found = self._evidence(persons)
        return [
            Case(
                person,
                self.stratum_of[person],
                [Item(item, self._statuses[person, item], found.get((person, item), [])) for item in ITEMS],
            )
            for person in persons
        ]

    def shares(self, drawn: Iterable[str]) -> list[Share]:
        """How much is documented: of all, then of each stratum."""
        in_sample = self._counted(drawn)
        in_population = self._counted(self.stratum_of)
        strata = [ALL, *sorted(set(self.stratum_of.values()) - {ALL})]
        return [
            share(item, stratum, in_sample.get((stratum, item), {}), in_population[stratum, item])
            for stratum in strata
            for item in ITEMS
        ]

    def _counted(self, persons: Iterable[str]) -> dict[tuple[str, str], Counter[str]]:
        """Stratum and item -> status -> how many files; of all persons, too."""
        counted: dict[tuple[str, str], Counter[str]] = {}
        for person in persons:
            for item in ITEMS:
                for stratum in {ALL, self.stratum_of[person]}:
                    counted.setdefault((stratum, item), Counter())[self._statuses[person, item]] += 1
        return counted

    def _evidence(self, persons: list[str]) -> Found:
        """The delivered rows behind each item: the register's row for ``registered``, for the others the records looked at."""
        sources = load_sources(self._municipality.own_codes)
        finder = Finder(
            self._connection, sources, read_catalogue()[_POPULATION.figure], _POPULATION, self._period.period_id,
            is_day=False, known_to=EVERYTHING,
        )  # fmt: skip
        found: dict[tuple[str, str], dict[tuple[Any, ...], tuple[DeliveredRow, Place]]] = {}
        for condition, evidence in ((f"item = '{REGISTERED}'", _IN_REGISTER), (f"item <> '{REGISTERED}'", _RECORDS)):
            item_of = self._select_units(persons, condition)
            rows = finder.rows_of(evidence)
            places = places_of(self._connection, rows)
            for row in rows:  # once each: an enrolment stands behind all of its measures
                same = (row.role, *row.place, row.content)
                found.setdefault(item_of[row.unit], {})[same] = (row, places[row.place])
        return {item: list(rows.values()) for item, rows in found.items()}

    def _select_units(self, persons: list[str], condition: str) -> dict[int, tuple[str, str]]:
        """Make the table that ``Finder`` asks: a unit per record that an item looks at. Returns what unit is of which item."""
        self._connection.execute(
            f"""
            create or replace temp table {UNITS} as
            select
                row_number() over (
                    order by person_id, item, contact_id, occupation_id, enrolment_id, intervention_id
                ) as unit,
                false as is_protected,
                reviewed.*
            from reviewed
            where person_id in (select unnest(?::varchar[])) and {condition}
            """,
            [persons],
        )
        rows = self._connection.execute(f"select unit, person_id, item from {UNITS}").fetchall()
        return {unit: (person, item) for unit, person, item in rows}
