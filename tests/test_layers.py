"""The data goes one way, and so do the imports: a layer knows nothing of what comes after it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: The packages of the program in the order in which the data goes: each may use those before it.
LAYERS = (
    "runtime", "configuration", "state", "delivery", "sending", "history", "intake", "quality", "warehouse", "publication",
    "audit", "lake", "statistics", "monitoring", "orchestration", "commands",
)  # fmt: skip

#: Modules that every layer may use: words and the one thing that no layer may let through.
EVERYWHERE = ("pipelines.notices", "pipelines.personnummer")

#: Where the pages are put together with the night: what is published is shown by nobody else.
MAY_SHOW = ("pipelines.orchestration", "pipelines.commands")

#: Packages of the pages, in order, and what of the program they may use.
PAGES = ("published", "wording", "content", "disclosure", "drawing", "documents", "pages")
OF_THE_PROGRAM = (
    "pipelines.runtime.clock",
    "pipelines.runtime.files",
    "pipelines.runtime.database",
    "pipelines.configuration",
)


def _is_module(package: str, name: str) -> bool:
    place = ROOT / package.replace(".", "/") / name
    return place.is_dir() or place.with_suffix(".py").is_file()


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = {f"{node.module}.{alias.name}" for alias in node.names if _is_module(node.module, alias.name)}
            found |= modules or {node.module}
    return {name for name in found if name.split(".")[0] in ("demo", "dashboards", "pipelines", "tests")}


def _is_within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(one + ".") for one in packages)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_knows_nothing_of_what_comes_after_it(layer: str) -> None:
    known = (*EVERYWHERE, *(f"pipelines.{name}" for name in LAYERS[: LAYERS.index(layer) + 1]))
    shows = ("dashboards", "demo") if f"pipelines.{layer}" in MAY_SHOW else ()
    for path in sorted((ROOT / "pipelines" / layer).rglob("*.py")):
        for name in _imports(path):
            assert _is_within(name, known + shows), f"{path.relative_to(ROOT)} imports {name}"


def test_every_module_lies_in_a_layer() -> None:
    found = {
        path.stem for path in (ROOT / "pipelines").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert found == {"__init__", *LAYERS, *(name.rpartition(".")[2] for name in EVERYWHERE)}
    for name in EVERYWHERE:
        assert not _imports(ROOT / f"{name.replace('.', '/')}.py"), name


def _modules(package: str) -> list[Path]:
    place = ROOT / "dashboards" / package
    return sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]


@pytest.mark.parametrize("package", PAGES)
def test_pages_are_made_from_the_published_file_alone(package: str) -> None:
    known = (*OF_THE_PROGRAM, *(f"dashboards.{name}" for name in PAGES[: PAGES.index(package) + 1]))
    for path in _modules(package):
        for name in _imports(path):
            assert _is_within(name, known), f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("package", ["data_protection", "file_review"])
def test_documents_that_are_no_report_are_made_without_a_published_number(package: str) -> None:
    """They have the report's look, and nothing of what it says."""
    looks = ("documents.outline", "documents.word_document", "documents.word_elements", "documents.word_styles")
    others = (package, "wording.numbers", *looks, "pages.site")
    known = (*OF_THE_PROGRAM, *(f"dashboards.{name}" for name in others))
    for path in _modules(package):
        for name in _imports(path):
            assert _is_within(name, known), f"{path.relative_to(ROOT)} imports {name}"


def test_a_printed_report_is_checked_without_the_pages() -> None:
    known = (*OF_THE_PROGRAM, "dashboards.published", "dashboards.wording.numbers", "dashboards.report_check")
    for path in sorted((ROOT / "dashboards" / "report_check").rglob("*.py")):
        for name in _imports(path):
            assert _is_within(name, known), f"{path.relative_to(ROOT)} imports {name}"


def test_only_the_demonstration_knows_the_synthetic_city_and_the_printed_values() -> None:
    for path in sorted((ROOT / "pipelines").rglob("*.py")) + sorted((ROOT / "dashboards").rglob("*.py")):
        knows = any(name.split(".")[0] == "demo" for name in _imports(path))
        assert not knows or path.name == "demonstration.py", path
        assert "golden" not in path.read_text(encoding="utf-8") or path.name == "demonstration.py", path


def test_only_the_command_line_knows_the_demonstration() -> None:
    for path in sorted((ROOT / "pipelines").rglob("*.py")):
        assert "pipelines.commands.demonstration" not in _imports(path) or path.name == "cli.py", path
