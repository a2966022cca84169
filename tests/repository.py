"""What the repository holds, for tests that ask something of all its files."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def repository_files() -> list[Path]:
    """The files that git knows or would add, as they lie here."""
    listed = subprocess.run(
        # The repository may belong to somebody else than who runs the tests.
        ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
