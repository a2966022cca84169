"""Whether Spark can run here. Nothing of it is loaded to find that out."""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from pipelines.runtime.errors import UsageError

_PYSPARK, _JAVA = "4.1", 17

#: The end of a sentence about Spark that is not there.
INSTEAD = "or ask DuckDB (--engine duckdb)"


def refuse_without_spark() -> None:
    """Raises UsageError, with what to install, when Spark cannot run here."""
    install = "install the program with its extra spark (pip install 'kaa-warehouse[spark]') and Java 17"
    if find_spec("pyspark") is None or find_spec("sqlglot") is None:
        raise UsageError(f"Spark needs PySpark {_PYSPARK}, which is not installed: {install}, {INSTEAD}.")
    with suppress(PackageNotFoundError):
        if not version("pyspark").startswith(f"{_PYSPARK}."):
            raise UsageError(
                f"Spark needs PySpark {_PYSPARK}, and {version('pyspark')} is installed: {install}, {INSTEAD}."
            )
    found = _java_version()
    if found is None or found < _JAVA:
        what = "there is no java on the PATH" if found is None else f"java is version {found}"
        raise UsageError(
            f"Spark needs Java {_JAVA}, and {what}: install it (Debian: openjdk-17-jre-headless), {INSTEAD}."
        )


def _java_version() -> int | None:
    """The major version of the Java that Spark would start; None where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if java is None:
        return None
    try:
        said = subprocess.run([java, "-version"], capture_output=True, encoding="utf-8", errors="replace", check=False)  # noqa: S603
    except OSError:
        return None
    named = re.search(r'version "(?:1\.)?(\d+)', said.stderr)
    return int(named[1]) if named else None
