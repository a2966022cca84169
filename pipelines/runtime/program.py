"""Which program this is: its version, and its commit where it is run from its repository."""

import subprocess
from importlib.metadata import version
from pathlib import Path

from pipelines.runtime.surroundings import for_own_process

_ROOT = Path(__file__).resolve().parent.parent.parent


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
