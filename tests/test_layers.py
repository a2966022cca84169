"""The data goes one way, and so do the imports: a layer knows nothing of what comes after it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Package -> the packages of the project that it may import besides itself.
ALLOWED = {
    # The demo compares with the print of 2023 as every other report is compared.
    "demo": {"dashboards.report_check"},
    "dashboards": {"pipelines.files", "pipelines.catalogue", "pipelines.contract"},
    "pipelines/delivery": {"pipelines.contract", "pipelines.decided", "pipelines.errors", "pipelines.municipality",
                           "pipelines.history.store", "pipelines.home", "pipelines.notices", "pipelines.opening",
                           "pipelines.os_errors"},
    "pipelines/history": {"pipelines.contract", "pipelines.database", "pipelines.errors", "pipelines.municipality",
                          "pipelines.opening", "pipelines.delivery"},
    # What looks like a personnummer is said in one place.
    "pipelines/quality": {"pipelines.contract", "pipelines.delivery.pseudonym", "pipelines.errors", "pipelines.loading",
                          "pipelines.municipality", "pipelines.notices"},
    "pipelines/warehouse": {"pipelines.catalogue", "pipelines.contract", "pipelines.database", "pipelines.errors",
                            "pipelines.home", "pipelines.loading", "pipelines.municipality", "pipelines.opening",
                            "pipelines.plans", "pipelines.surroundings"},
}  # fmt: skip


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if name.split(".")[0] in ("demo", "dashboards", "pipelines", "tests")}


@pytest.mark.parametrize("package", ALLOWED)
def test_a_layer_knows_nothing_of_what_comes_after_it(package: str) -> None:
    own = package.replace("/", ".")
    for path in sorted((ROOT / package).rglob("*.py")):
        for name in _imports(path):
            known = (
                name == own
                or name.startswith(own + ".")
                or any(name == one or name.startswith(one + ".") for one in ALLOWED[package])
            )
            assert known, f"{path.relative_to(ROOT)} imports {name}"


def test_only_the_demonstration_knows_the_synthetic_city_and_the_printed_values() -> None:
    for path in sorted((ROOT / "pipelines").rglob("*.py")) + sorted((ROOT / "dashboards").rglob("*.py")):
        knows = any(name.split(".")[0] == "demo" for name in _imports(path))
        assert not knows or path.name == "demonstration.py", path
        assert "golden" not in path.read_text(encoding="utf-8") or path.name == "demonstration.py", path


def test_only_the_command_line_knows_the_demonstration() -> None:
    for path in sorted((ROOT / "pipelines").rglob("*.py")):
        assert "pipelines.demonstration" not in _imports(path) or path.name == "cli.py", path
