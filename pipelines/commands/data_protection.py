"""Writes the documents for the data protection officer into a folder that a person asked for."""

from pathlib import Path

from pipelines.runtime import clock
from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import atomic_write
from pipelines.runtime.os_errors import sentence
from pipelines.state.home import Home


def write_data_protection(home: Home, out: Path) -> list[Path]:
    """The documents of the home's municipality as Word files and pages; returns what was written.

    Raises UsageError, and has written nothing, where one of them is already there: people fill them in. Also when the folder
    belongs to KAA_HOME or cannot be written.
    """
    from dashboards.data_protection import build_data_protection

    if out.resolve().is_relative_to(home.path.resolve()):
        raise UsageError(
            f"{out} lies in KAA_HOME, which keeps the program's own files: choose another folder with --out."
        )
    today = clock.today(home.municipality.timezone)
    files = build_data_protection(home.municipality, today)
    try:
        if there := [name for name in files if (out / name).exists()]:
            raise UsageError(
                f"Nothing was written: {out} already holds {there[0]}, which somebody may have filled in. Choose another folder "
                "with --out."
            )
        return [atomic_write(out / name, content) for name, content in files.items()]
    except OSError as error:
        raise UsageError(f"The documents cannot be written. {sentence(error)}") from error
