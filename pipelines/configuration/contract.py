"""The data contracts as the program reads them: sources, datasets, columns and rules.

Everything that reads, types or checks an extract takes its knowledge from here, and this module takes it from the ODCS
files in ``data_contracts/``. What a column means is therefore changed in one file. Checking values does not belong here
(``delivery.rows``), nor what differs between municipalities (``municipality``), nor what a calendar's days are
(``delivery_calendar``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipelines.configuration.delivery_calendar import Closing, DeliveryCalendar, Holidays
from pipelines.runtime.errors import UsageError

if TYPE_CHECKING:  # the standard's model takes as long to load as a question to be answered
    from open_data_contract_standard.model import (
        CustomProperty,
        DataQuality,
        OpenDataContractStandard,
        SchemaObject,
        SchemaProperty,
        ServiceLevelAgreementProperty,
    )

CONTRACTS = Path(__file__).resolve().parent.parent.parent / "data_contracts"

#: The code lists that a municipality's profile holds: its districts and its job-centres.
OWN_LISTS = ("stadsdelsomrade", "jobbtorg")

#: The column types of deliveries.md section 1 and 4.
TYPES = ("personnummer", "date", "yes_no", "code", "integer", "decimal", "text", "digits")


@dataclass(frozen=True)
class Rule:
    """A promise about two columns of one row; it belongs to the column in whose contract it stands."""

    kind: str  # not_before | not_after | present_exactly_with | present_exactly_when | value_when
    reason: str
    other: str
    description: str
    value: str | None = None
    when: str | None = None
    is_last: bool = False  # a row with another fault, of any column, has that one


@dataclass(frozen=True)
class Column:
    """One contracted column: how it is named, typed and judged."""

    name: str
    type: str
    required: bool
    is_key: bool
    history_name: str
    label: str
    description: str
    classification: str
    legal_ground: str
    codes: dict[str, str] | None = None  # accepted code -> code that is stored
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    rules: tuple[Rule, ...] = ()
    reference: tuple[str, str] | None = None  # (dataset, column) that must hold this value in the same delivery
    most_different: int | None = None  # of more different values in a delivery people are warned
    ends_consent: bool = False  # the last day on which the person has consented to the row
    code_list: str | None = None  # the name of the list that ``codes`` are of


@dataclass(frozen=True)
class Dataset:
    """One dataset of a source: its columns in contract order and its key, and what the contract promises of it as a whole."""

    source: str
    name: str
    title: str
    columns: tuple[Column, ...]
    quality: tuple[DataQuality, ...] = ()

    @cached_property
    def key(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.is_key)

    @cached_property
    def key_places(self) -> tuple[int | None, ...]:
        """Where the key's columns stand among all; None for one that holds a personnummer."""
        return tuple(
            None if column.type == "personnummer" else place
            for place, column in enumerate(self.columns)
            if column.is_key
        )

    @cached_property
    def number_place(self) -> int | None:
        """Where the number stands that a row is about; None where rows hold none."""
        return next((place for place, column in enumerate(self.columns) if column.type == "personnummer"), None)

    @cached_property
    def consent_end(self) -> Column | None:
        """The column that says when the consent ended on which a row rests; None where rows rest on law."""
        return next((column for column in self.columns if column.ends_consent), None)

    @cached_property
    def consent_key(self) -> str:
        """What a record whose consent is withdrawn is known by: the name of its key. Raises UsageError where that is no text."""
        if len(self.key) != 1 or self.key[0].type != "text":
            raise UsageError(f"Dataset {self.name}: what rests on consent needs one key column, of type text.")
        return self.key[0].history_name

    @property
    def table(self) -> str:
        """Name of the dataset's table in the history."""
        return f"{self.source}_{self.name}"

    @cached_property
    def number_columns(self) -> tuple[Column, ...]:
        """Columns that hold a personnummer when delivered and a pseudonym from then on."""
        return tuple(column for column in self.columns if column.type == "personnummer")


@dataclass(frozen=True)
class Source:
    """A source system and the datasets that each of its deliveries must hold.

    ``archive_years``: for how many years after the year of its extract a delivery is archived; None: for ever.
    ``calendar``: when its extracts are expected, by its contract alone; ``Municipality.calendar`` knows which of its closings
    hold in the municipality, and the municipality's own. ``short_title``: for where the whole title does not fit.
    """

    name: str
    title: str
    short_title: str
    datasets: dict[str, Dataset]
    archive_years: int | None = None
    calendar: DeliveryCalendar = field(default_factory=DeliveryCalendar)


def _custom(properties: list[CustomProperty] | None) -> dict[str, Any]:
    return {str(item.property): item.value for item in properties or []}


def _yaml(text: str) -> Any:
    """The safe loader in C: the contracts are read by every command, and the other takes half a second for them."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


def read_code_list(path: Path) -> dict[str, Any]:
    """One code list file: ``{name, title, codes: [{code, label, aliases?}]}``."""
    content = _yaml(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not isinstance(content.get("codes"), list):
        raise UsageError(f"{path} is not a code list: it needs a list `codes`.")
    return content


def code_lists(folder: Path = CONTRACTS) -> dict[str, dict[str, Any]]:
    """All code lists of ``data_contracts/code_lists`` by name."""
    lists = [read_code_list(path) for path in sorted((folder / "code_lists").glob("*.yaml"))]
    return {str(item["name"]): item for item in lists}


def _accepted_codes(code_list: dict[str, Any]) -> dict[str, str]:
    accepted: dict[str, str] = {}
    for entry in code_list["codes"]:
        accepted[str(entry["code"])] = str(entry["code"])
        for alias in entry.get("aliases") or []:
            accepted[str(alias)] = str(entry["code"])
    return accepted


def _rule(item: Any) -> Rule | None:
    how = item.implementation
    if item.engine != "kaa" or how is None:
        return None
    if isinstance(how, str):
        how = _yaml(how)
    return Rule(
        kind=how["rule"],
        reason=how["reason"],
        other=how["column"],
        description=(item.description or "").strip(),
        value=how.get("value"),
        when=how.get("equals"),
        is_last=how.get("order") == "last",
    )


def _column(prop: SchemaProperty, lists: dict[str, dict[str, str]]) -> Column:
    if prop.physicalType not in TYPES:
        raise UsageError(f"Column {prop.name}: physicalType {prop.physicalType!r} is not one of {', '.join(TYPES)}.")
    custom = _custom(prop.customProperties)
    options = prop.logicalTypeOptions or {}
    references = [link.to for link in prop.relationships or [] if link.type == "foreignKey"]
    name = str(prop.name)
    list_name = custom.get("codeList")
    if (prop.physicalType == "code") != (list_name is not None) or (list_name and list_name not in lists):
        raise UsageError(f"Column {name}: a code column names a known code list in customProperties, others do not.")
    dataset, _, column = str(references[0]).rpartition(".") if references else ("", "", "")
    return Column(
        name=name,
        type=prop.physicalType,
        required=bool(prop.required),
        is_key=bool(prop.primaryKey),
        history_name=prop.encryptedName or name,
        label=str(custom.get("label", name)),
        description=(prop.description or "").strip(),
        classification=prop.classification or "",
        legal_ground=str(custom.get("legalGround", "")),
        codes=lists[list_name] if list_name else None,
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        pattern=options.get("pattern"),
        rules=tuple(rule for rule in map(_rule, prop.quality or []) if rule),
        reference=(dataset.rpartition(".")[2], column) if references else None,
        most_different=custom.get("mostDifferent"),
        ends_consent=bool(custom.get("endsConsent")),
        code_list=list_name,
    )


def _dataset(source: str, schema: SchemaObject, lists: dict[str, dict[str, str]]) -> Dataset:
    columns = tuple(_column(prop, lists) for prop in schema.properties or [])
    name = str(schema.name)
    return Dataset(source, name, str(schema.businessName or name), columns, tuple(schema.quality or []))


def read_contract(path: Path) -> OpenDataContractStandard:
    """One ODCS file, checked against the standard's model."""
    from open_data_contract_standard.model import OpenDataContractStandard

    return OpenDataContractStandard(**_yaml(path.read_text(encoding="utf-8")))


def _whole(promise: ServiceLevelAgreementProperty | None) -> int | None:
    """A promise that is a number; None where it is words, or is not made."""
    return promise.value if promise and isinstance(promise.value, int) else None


def _calendar(promises: list[ServiceLevelAgreementProperty]) -> DeliveryCalendar:
    """When extracts are expected. Raises ValueError where one of the promises cannot be read."""
    by_name = {str(item.property): item for item in promises}
    frequency, holidays, late = (by_name.get(name) for name in ("frequency", "holidays", "lateAfter"))
    months, weekdays = _cron_days((frequency.schedule if frequency else None) or "0 0 * * *")
    due_day, silent_after = (_whole(by_name.get(name)) for name in ("dueDay", "silentAfter"))
    for name, number in (("dueDay", due_day), ("silentAfter", silent_after)):
        if number is not None and number < 1:
            raise ValueError(f"`{name}` is a number from 1")
    return DeliveryCalendar(
        weekdays=weekdays,
        months=months,
        due_day=due_day,
        holidays=Holidays(str(holidays.value), _listed(holidays.valueExt)) if holidays else None,
        closings=tuple(
            Closing(str(one.value), str(one.valueExt), _custom(one.customProperties).get("system"))
            for one in promises
            if one.property == "closed"
        ),
        late_after=time.fromisoformat(str(late.value)) if late else time.max,
        silent_after=silent_after,
    )


def _read_calendar(path: Path, contract: OpenDataContractStandard) -> DeliveryCalendar:
    try:
        return _calendar(contract.slaProperties or [])
    except ValueError as error:
        raise UsageError(
            f"The contract {path} does not say when extracts are expected (slaProperties): {error}."
        ) from error


def _listed(names: str | float | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in str(names).split(",")) if names else ("public",)


def _cron_days(schedule: str) -> tuple[frozenset[int], frozenset[int]]:
    """The months, and the days of the week (Monday is 0), of a delivery time in cron's words: `0 4 * 1,5,9 1-5`."""
    fields = schedule.split()
    if len(fields) != 5 or fields[2] != "*":
        raise ValueError(f"the schedule {schedule!r} is not five fields of cron with `*` as the day of the month")
    days = _cron_numbers(fields[4], range(8))
    return _cron_numbers(fields[3], range(1, 13)), frozenset((day - 1) % 7 for day in days)  # cron's 0 and 7 are Sunday


def _cron_numbers(text: str, allowed: range) -> frozenset[int]:
    if text == "*":
        return frozenset(allowed)
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    if not found or not found <= set(allowed):
        raise ValueError(f"the schedule's {text!r} is none of {allowed.start} to {allowed.stop - 1}")
    return frozenset(found)


def consent_datasets(sources: Mapping[str, Source]) -> dict[str, Dataset]:
    """The datasets whose rows rest on consent, as the catalogue names them: `flai/deltaganden`."""
    datasets = (dataset for source in sources.values() for dataset in source.datasets.values())
    return {f"{dataset.source}/{dataset.name}": dataset for dataset in datasets if dataset.consent_end}


def contract_names(folder: Path = CONTRACTS) -> list[str]:
    """The sources that have a contract; the contracts themselves are not read."""
    return sorted(path.name.removesuffix(".odcs.yaml") for path in folder.glob("*.odcs.yaml"))


def closing_systems(name: str, folder: Path = CONTRACTS) -> list[str]:
    """The systems whose closings a source's contract knows, each by its name. Only that one contract is read."""
    # Not by the standard's model: every command checks the profile by this, and that would take it as long as its answer.
    promises = _yaml((folder / f"{name}.odcs.yaml").read_text(encoding="utf-8")).get("slaProperties") or []
    told = [
        one for promise in promises if promise["property"] == "closed" for one in promise.get("customProperties") or []
    ]
    return sorted({str(one["value"]) for one in told if one["property"] == "system"})


def contracts_fingerprint(folder: Path = CONTRACTS) -> str:
    """What identifies the contracts and code lists as they stand now."""
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.odcs.yaml"), *folder.glob("code_lists/*.yaml")]):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def load_sources(own_codes: Mapping[str, list[str]] | None = None, folder: Path = CONTRACTS) -> dict[str, Source]:
    """All sources by name (`kalla` of the manifest).

    ``own_codes``: the code lists that differ between municipalities (`Municipality.own_codes`); they are the only ones that are
    no files (deliveries.md section 5). Without them those columns accept no code.
    """
    lists = {name: _accepted_codes(content) for name, content in code_lists(folder).items()}
    lists |= {name: {code: code for code in (own_codes or {}).get(name, [])} for name in OWN_LISTS}
    sources: dict[str, Source] = {}
    for path in sorted(folder.glob("*.odcs.yaml")):
        contract = read_contract(path)
        name = str(contract.id)
        datasets = [_dataset(name, schema, lists) for schema in contract.schema_ or []]
        promises = {item.property: item for item in contract.slaProperties or []}
        sources[name] = Source(
            name,
            str(contract.name),
            str(_custom(contract.customProperties).get("shortTitle", contract.name)),
            {item.name: item for item in datasets},
            archive_years=_whole(promises.get("archiveRetention")),
            calendar=_read_calendar(path, contract),
        )
    return sources
