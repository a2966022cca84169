"""What the data protection officer's documents know of places, roles, safeguards and risks fits what the program does."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.configuration.contract import CONTRACTS, read_contract
from pipelines.configuration.data_protection import DATA_PROTECTION, read_data_protection
from pipelines.runtime.errors import UsageError
from pipelines.state import home as home_module
from pipelines.state.home import MANAGED, initialise
from tests.repository import ROOT

KNOWN = read_data_protection()
#: The zones below KAA_HOME by their path.
ZONES = {zone.path: zone for zone in KNOWN.zones if not zone.outside}


def test_every_place_that_the_program_keeps_is_a_zone() -> None:
    described = re.findall(r"^    ((?:[\w.]+(?:/(?:<\w+>/)?)?(?:, )?)+)  +\S", home_module.__doc__ or "", re.MULTILINE)
    names = {name.split("/")[0] for line in described for name in line.split(", ")}
    assert {"settings.toml", "archive", "dbt", "decided.jsonl", "aside", "restoring"} <= names
    assert names | set(MANAGED) == ZONES.keys()


def test_the_architecture_s_zones_are_zones() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.split("## Zones below KAA_HOME")[1].split("\n\n")[1]
    folders = {name for line in table.splitlines()[2:] for name in re.findall(r"`([\w.]+)/`", line.split("|")[1])}
    assert len(folders) > 5
    assert folders <= ZONES.keys()


def test_only_what_everybody_may_read_is_open_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrix says who reads a folder, and its rights let nobody else."""
    monkeypatch.setenv("KAA_HOME", str(tmp_path / "home"))
    (tmp_path / "drop").mkdir()
    home, _ = initialise("stockholm", tmp_path / "drop", tmp_path / "home")
    folders = [path for path in home.path.iterdir() if path.is_dir()]
    assert len(folders) > 5
    for folder in folders:
        is_open = bool(folder.stat().st_mode & 0o005)
        assert is_open == ("medarbetare" in ZONES[folder.name].access), folder.name


def test_what_tells_of_persons_directly_is_read_by_nobody_but_who_must() -> None:
    for zone in KNOWN.zones:
        if zone.personal_data.startswith(("direkt", "nyckel")):
            assert not zone.access.keys() & {"statistiker", "medarbetare"}, zone.path


def test_the_roles_of_the_contracts_are_roles() -> None:
    roles = {str(role.role) for path in CONTRACTS.glob("*.odcs.yaml") for role in read_contract(path).roles or []}
    assert roles and roles <= {role.id for role in KNOWN.roles}


def test_every_safeguard_is_against_a_risk_and_shown_by_a_test() -> None:
    assert {name for risk in KNOWN.risks for name in risk.safeguards} == {item.id for item in KNOWN.safeguards}
    for safeguard in KNOWN.safeguards:
        file, _, name = safeguard.shown_by.partition("::")
        assert file.startswith("tests/") and name.startswith("test_"), safeguard.id
        tests = {
            node.name for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body if hasattr(node, "name")
        }
        assert name in tests, safeguard.id


def _content() -> Any:
    return yaml.safe_load(DATA_PROTECTION.read_text(encoding="utf-8"))


def _unknown_role(content: Any) -> None:
    content["zones"][0]["access"]["vaktmastare"] = "läser"


def _unknown_safeguard(content: Any) -> None:
    content["risks"][0]["safeguards"] = ["hangslas"]


def _zone_twice(content: Any) -> None:
    content["zones"].append(content["zones"][0])


def _unknown_kind(content: Any) -> None:
    content["zones"][0]["personal_data"] = "kanske"


@pytest.mark.parametrize(("change", "words"), [
    (_unknown_role, ["'vaktmastare'", "choose one of", "statistiker"]),
    (_unknown_safeguard, ["'hangslas'", "choose one of", "gallring"]),
    (_zone_twice, ["'drop' twice", "keep one"]),
    (_unknown_kind, ["zones.0.personal_data"]),
])  # fmt: skip
def test_a_fault_is_told_in_one_sentence(tmp_path: Path, change: Any, words: list[str]) -> None:
    content = _content()
    change(content)
    path = tmp_path / "data_protection.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(UsageError) as told:
        read_data_protection(path)
    assert str(path) in str(told.value) and "\n" not in str(told.value)
    for word in words:
        assert word in str(told.value)
