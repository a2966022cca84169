"""Which program this is: its version, its commit where it is run from its repository, and what identifies all of its content."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from pipelines.runtime.surroundings import for_own_process

_ROOT = Path(__file__).resolve().parent.parent.parent

#: What the program consists of, below its root.
_PARTS = ("pipelines", "dashboards", "data_contracts", "dbt_project")
#: What Python and dbt write beside it.
_WRITTEN = ("__pycache__", "target", "logs", "dbt_packages")


def program_version() -> str:
    """The installed version."""
    return version("kaa-warehouse")


def program_commit() -> str | None:
    """The commit of the repository that the program lies in, with ``-dirty`` where its files are others; None for a program that
    was installed from a package."""
    if not (_ROOT / ".git").exists():
        return None
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty", "--exclude=*", "--abbrev=40"]
    environment = for_own_process() | {"GIT_OPTIONAL_LOCKS": "0"}  # the installation is only read
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def program_content() -> str:
    """What identifies the program as it stands: every file of it, the libraries that lie beside it, and Python. When this is the
    same, the same input gives the same output.
    """
    content = hashlib.sha256(repr((sys.version, sorted(_libraries()))).encode())
    for part in _PARTS:
        for path in sorted((_ROOT / part).rglob("*")):
            below = path.relative_to(_ROOT)
            if not set(below.parts) & set(_WRITTEN) and path.is_file():
                content.update(repr((below.as_posix(), hashlib.sha256(path.read_bytes()).digest())).encode())
    return content.hexdigest()


def _libraries() -> Iterator[str]:
    """The installed packages by what their folders are called, which says their versions: asking each takes ten times as long."""
    for folder in {Path(name) for name in sys.path if name}:
        yield from (path.name for path in folder.glob("*.dist-info"))
