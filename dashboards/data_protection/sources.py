"""The data contracts as the documents read them: what the program does with a source, and what its contract says in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from open_data_contract_standard.model import Description, OpenDataContractStandard, Team

from pipelines.configuration.contract import CONTRACTS, Column, Dataset, Source, load_sources, read_contract
from pipelines.configuration.municipality import Municipality

#: How a contract classifies what tells of nobody.
NO_PERSON = "ingen personuppgift"


@dataclass(frozen=True)
class DatasetInWords:
    """A dataset with its title and what it holds."""

    dataset: Dataset
    title: str
    text: str

    @property
    def personal(self) -> tuple[Column, ...]:
        """Its columns that are personal data."""
        return tuple(column for column in self.dataset.columns if column.classification != NO_PERSON)


@dataclass(frozen=True)
class SourceInWords:
    """A source with what its contract says for people."""

    source: Source
    contract: OpenDataContractStandard

    @property
    def title(self) -> str:
        return self.source.title

    @property
    def purpose(self) -> str:
        return _text(self._description.purpose)

    @property
    def usage(self) -> str:
        return _text(self._description.usage)

    @property
    def limitations(self) -> str:
        return _text(self._description.limitations)

    @property
    def _description(self) -> Description:
        described = self.contract.description
        return described if isinstance(described, Description) else Description(purpose=described)

    @property
    def sender(self) -> str:
        """Who answers for what is delivered."""
        team = self.contract.team
        return f"{_text(team.name)}. {_text(team.description)}" if isinstance(team, Team) else ""

    @property
    def faults_to(self) -> str:
        """Where faults in the source's data are reported."""
        return " ".join(_text(support.description) for support in self.contract.support or [])

    @property
    def datasets(self) -> tuple[DatasetInWords, ...]:
        return tuple(
            DatasetInWords(
                self.source.datasets[str(item.name)], _text(item.businessName or item.name), _text(item.description)
            )
            for item in self.contract.schema_ or []
        )

    @property
    def rests_on_consent(self) -> bool:
        """Whether the persons in it have consented to that, and may take it back."""
        return any(dataset.dataset.consent_end for dataset in self.datasets)

    @property
    def has_persons(self) -> bool:
        return any(dataset.personal for dataset in self.datasets)

    def promise(self, name: str) -> str:
        """What the contract says in words of one of its promises (`retention`, `archiveRetention`)."""
        return next(
            (_text(item.description) for item in self.contract.slaProperties or [] if item.property == name), ""
        )


def _text(value: str | None) -> str:
    return (value or "").strip()


def read_sources(municipality: Municipality, folder: Path = CONTRACTS) -> tuple[SourceInWords, ...]:
    """All sources, those with personal data first."""
    sources = load_sources(municipality.own_codes, folder)
    contracts = {contract.id: contract for contract in map(read_contract, sorted(folder.glob("*.odcs.yaml")))}
    found = [SourceInWords(source, contracts[name]) for name, source in sources.items()]
    return tuple(sorted(found, key=lambda item: not item.has_persons))


def personal_columns(sources: tuple[SourceInWords, ...]) -> Iterator[tuple[SourceInWords, DatasetInWords, Column]]:
    """Every column that is personal data."""
    for source in sources:
        for dataset in source.datasets:
            for column in dataset.personal:
                yield source, dataset, column
