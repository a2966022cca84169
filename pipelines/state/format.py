"""The number of the form in which the state below KAA_HOME is written: which one this program writes, and who may go on with it.

A program goes on with a state of its own number or a lower one: the next nightly migrates it (``history.schema`` says how). A
higher number was written by a newer program, which may have kept what this one would lose, so every command refuses it. The
number stands in each version's proof (``versions``), where a shell can read it too, and in its history. What the numbers mean
does not belong here.
"""

from pathlib import Path

from pipelines.runtime.errors import NightlyFailed

#: The form that this program writes. It is raised with each migration, and with whatever an older program must not go on with.
FORMAT = 7


def refuse_newer(found: int, where: Path, program: str = "") -> None:
    """Raises NightlyFailed when a state of the form ``found`` is newer than what is known here; ``program``: the version that
    wrote it, where that is known."""
    if found <= FORMAT:
        return
    from pipelines.runtime.program import program_version  # only here: it loads what few commands need

    needed = f"version {program}" if program else "the version that wrote it"
    raise NightlyFailed(
        f"{where} is in state format {found}, which a newer version of this program wrote; this one is {program_version()} and "
        f"knows formats up to {FORMAT}. Nothing was changed: install {needed} or a later one, or put back the backup from "
        "before the upgrade."
    )
