"""`kaa keys rotate --pseudonym`: a new pseudonym key, and the history made again with it from the archive.

The old state counts until the version with the new pseudonyms is published, which happens only when nothing in it but the
pseudonyms is different; a kill before that changes nothing, and one after it is settled by the next nightly
(``Home.settle_pseudonym_key``).
"""

import secrets
from pathlib import Path

from pipelines.commands.restore import is_whole
from pipelines.commands.restore_history import RestoredHistory
from pipelines.commands.restore_nights import nights_to_restore
from pipelines.intake.from_archive import cleared
from pipelines.intake.take_in import Progress
from pipelines.orchestration.nightly import run_nightly
from pipelines.runtime.database import attach, open_database
from pipelines.runtime.errors import UsageError
from pipelines.state import decision_log
from pipelines.state.home import REBUILT_HISTORY, Home, Version
from pipelines.state.keys import NEXT_PSEUDONYM_KEY, pseudonym_fingerprint, read_private_key, replace_key

#: What a nightly remembers besides deliveries, and no archive tells.
_NOT_IN_THE_ARCHIVE = ("in_service", "night")


def rotate(home: Home, key: Path, progress: Progress = lambda text: None) -> int:
    """Give a home another pseudonym key; returns the version that is published with it.

    Raises UsageError when the home is not whole or the key does not open its archive, NightlyFailed when the figures would be
    others; then the old key counts on.
    """
    keys = read_private_key(key)
    with home.nightly_lock():
        version = _version_to_rekey(home)
        nights, _ = nights_to_restore(home, home.archive, keys)
        keys.pseudonym = secrets.token_bytes(32)
        history = RestoredHistory(home, home.rekeying, home.archive, keys)
        try:
            with cleared(home.rekeying, "kaa keys rotate"):
                history.rebuild(nights, progress)
                _take_over(version, home.rekeying / REBUILT_HISTORY)
            before = pseudonym_fingerprint(home.pseudonym_key)
            after = pseudonym_fingerprint(keys.pseudonym)
            reason = "kaa keys rotate --pseudonym"
            decision_log.record(home, "rotate-pseudonym-key", reason, from_key=before, to_key=after)
            replace_key(home.keys / NEXT_PSEUDONYM_KEY, keys.pseudonym.hex())
            with home.being_rekeyed():
                outcome = run_nightly(home)
        finally:
            home.settle_pseudonym_key()
    return outcome.version


def _version_to_rekey(home: Home) -> Version:
    """The published version of a home that is whole and has nothing to do."""
    version = home.current() if is_whole(home) else None
    if version is None:
        raise UsageError(
            f"{home.path} is not whole, or nothing has been published yet: run kaa nightly, which says what is wrong. Nothing "
            "was changed."
        )
    if home.decisions():
        raise UsageError(
            "What was decided about held deliveries waits for the next nightly: run kaa nightly first. Nothing was changed."
        )
    return version


def _take_over(version: Version, rebuilt: Path) -> None:
    """What the published history knows of its nights, and who is expected to deliver."""
    with open_database(rebuilt, attaches=[version.history]) as connection:
        attach(connection, version.history, "published")
        for table in _NOT_IN_THE_ARCHIVE:
            connection.execute(f"delete from {table}; insert into {table} by name from published.{table}")
