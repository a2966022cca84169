"""What the data protection officer's documents need besides contracts and profile (``data_contracts/data_protection.yaml``): who
works with the system, what lies where and who needs it, how persons are protected, and what could happen to them.

What the documents say of it belongs in ``dashboards.data_protection``.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pipelines.configuration.contract import CONTRACTS
from pipelines.configuration.yaml_file import read_yaml, twice, validated
from pipelines.runtime.errors import UsageError

DATA_PROTECTION = CONTRACTS / "data_protection.yaml"

Text = Annotated[str, StringConstraints(pattern=r"\S")]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]

#: What a zone holds of persons, the most sensitive first.
PersonalData = Literal[
    "direkt personuppgift",
    "direkt personuppgift, krypterad",
    "nyckel till personuppgifter",
    "indirekt personuppgift",
    "små tal",
    "uppgift om anställd",
    "ingen personuppgift",
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Role(_Strict):
    """Somebody, or the nightly job, who works with the system."""

    id: Id
    title: Text
    description: Text


class Zone(_Strict):
    """A folder or file below KAA_HOME (``outside``: beside it), and what each role needs of it; a role that is not named needs
    nothing."""

    path: Text
    title: Text
    holds: Text
    personal_data: PersonalData
    access: dict[Id, Text]
    outside: bool = False


class Safeguard(_Strict):
    """How persons are protected; ``shown_by``: the test of the project that shows it, as pytest names it."""

    id: Id
    title: Text
    text: Text
    shown_by: Text


class Risk(_Strict):
    """What could happen to persons, and the safeguards against it."""

    title: Text
    text: Text
    safeguards: Annotated[list[Id], Field(min_length=1)]


class DataProtection(_Strict):
    """Everything of the file."""

    roles: list[Role]
    zones: list[Zone]
    safeguards: list[Safeguard]
    risks: list[Risk]


@cache
def read_data_protection(path: Path = DATA_PROTECTION) -> DataProtection:
    """The file's content. Raises UsageError with its first fault."""
    what = "file on data protection"
    content = validated(DataProtection, read_yaml(path, what), path, what)
    fault = next(_faults(content), None)
    if fault:
        raise UsageError(f"The {what} {path} {fault}.")
    return content


def _faults(content: DataProtection) -> Iterator[str]:
    """What is wrong between its parts, each with what to do."""
    roles = {role.id for role in content.roles}
    safeguards = {safeguard.id for safeguard in content.safeguards}
    for what, ids in (
        ("role", [role.id for role in content.roles]),
        ("zone", [zone.path for zone in content.zones]),
        ("safeguard", [safeguard.id for safeguard in content.safeguards]),
    ):
        if again := twice(ids):
            yield f"names the {what} {again!r} twice; keep one"
    for zone in content.zones:
        if unknown := sorted(zone.access.keys() - roles):
            yield f"gives the role {unknown[0]!r} access to {zone.path}: choose one of {', '.join(sorted(roles))}"
    for risk in content.risks:
        if unknown := sorted(set(risk.safeguards) - safeguards):
            yield (
                f"names the safeguard {unknown[0]!r} against {risk.title!r}: choose one of {', '.join(sorted(safeguards))}"
            )
