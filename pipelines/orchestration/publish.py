"""The last step of a night: a version that is whole becomes the published one, and what it makes needless goes.

Whether it may be published is decided before.
"""

from collections.abc import Collection

from pipelines.history.purge_archives import remove_archives
from pipelines.intake.clear_drop import Cleared, clear_drop_folder
from pipelines.publication.kept_persons import forget_persons, keeps_persons
from pipelines.publication.night_log import record_night
from pipelines.runtime import clock
from pipelines.runtime.program import program_content
from pipelines.state.home import Home, Version

#: The program as it was when this process loaded it.
_LOADED = program_content()


def publish(home: Home, version: Version, judged: Collection[str], still_held: set[str]) -> Cleared:
    """Put a version in place that is ready, with the deliveries that it judged; returns what left the drop folder.

    ``still_held``: those that wait for a person after it.
    """
    record_night(home.path, version)
    home.put_in_place(version, judged, made_with(home))
    remove_archives(version.history, home.archive)
    if keeps_persons(home):
        from pipelines.audit.bridges.counted_now import counted_now  # most homes have no edition to ask it for

        forget_persons(home, version.history, counted_now(version, home.municipality))
    home.forget_decisions(still_held)
    return clear_drop_folder(home, version, clock.now(home.municipality.timezone))


def made_with(home: Home) -> str | None:
    """What identifies the program and the rules that a night of this home is made with; None when the program's files have become
    others since this process loaded them."""
    content = program_content()
    return f"{content} {home.municipality.fingerprint}" if content == _LOADED else None
