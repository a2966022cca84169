"""Keeps a night from publishing figures that have changed by themselves, and lets a person accept a change that is right.

What changed is found by ``history.unexplained`` and ``known_figures``; whether that keeps the night from being
published is decided here. A change that was accepted is known by its fingerprint: another change stops the night again.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from pipelines.history.unexplained import Unexplained
from pipelines.publication.known_figures import KnownChange, ask_again, fingerprint, is_empty, read_known
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.files import atomic_write
from pipelines.state import decision_log
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home, Version

ACCEPTED = "accept-change"
STOPPED = "stopped_change.json"

#: What may have changed the answer to a question: columns of the publication, and what they are called.
RULES = {"sql_fingerprint": "the SQL", "contract_fingerprint": "the contracts", "profile_fingerprint": "the profile"}


def changes_of_known(home: Home, before: Version, building: Version) -> list[KnownChange]:
    """What the published version answered and this one's SQL, contracts and profile answer differently from the same history."""
    known = read_known(before.published)
    return ask_again(known, building.models, before.history, home.municipality) if known else []


def assert_figures_may_be_published(
    home: Home,
    before: Version,
    building: Version,
    changes: Sequence[KnownChange],
    unexplained: Sequence[Unexplained],
) -> None:
    """Judge a version that is ready against the published one ``before``; raises NightlyFailed when it may not take its place."""
    if is_empty(building.published) and not is_empty(before.published):
        raise NightlyFailed(
            "Every figure has become empty, so nothing is published. See that the drop folder, the settings and the profile are "
            "the right ones (kaa deliveries says what was loaded) and run kaa nightly again."
        )
    stopped = home.path / STOPPED
    mark = fingerprint(before, [*changes, *unexplained])
    accepted = {line.get("fingerprint") for line in decision_log.decisions(home, ACCEPTED)}
    if not (changes or unexplained) or mark in accepted:
        stopped.unlink(missing_ok=True)
        return
    sentence = _sentence(home, before, building, changes, unexplained)
    told = {"fingerprint": mark, "version": before.number, "found": sentence}
    atomic_write(stopped, json.dumps(told, ensure_ascii=False))
    raise NightlyFailed(sentence)


#: What must be the same when only the pseudonyms are others: (table of the published file, its columns).
_WITHOUT_PSEUDONYMS = {
    "figures": "*",
    "own_figures": "*",
    "delivery": "delivery_id, status, reason, rows, quarantined_rows, decided",
}


def assert_same_figures(home: Home, building: Version) -> None:
    """Judge a version that was made with another pseudonym key against the published one; raises NightlyFailed when anything is
    different: a person who is called otherwise changes no figure."""
    before = home.current()
    assert before is not None
    for table, columns in _WITHOUT_PSEUDONYMS.items():
        different = _counted(before.published, table, columns) ^ _counted(building.published, table, columns)
        if different:
            raise NightlyFailed(
                f"With the new pseudonym key {len(different)} rows of what is published would be others (table {table}), so "
                "nothing is published and the old key counts on. Run kaa nightly and try again; if that does not help, "
                "deliveries have left the archive or are judged otherwise today: docs/recovery.md says what to do then."
            )


def _counted(published: Path, table: str, columns: str) -> set[tuple[object, ...]]:
    with open_for_reading(published) as connection:
        rows = connection.execute(f"select {columns}, count(*) from {table} group by all").fetchall()
    return set(rows)


def accept_change(home: Home, because: str) -> str:
    """Record that the change which stopped the last nightly is right; returns what was accepted.

    Raises UsageError when no change has stopped a nightly.
    """
    try:
        stopped = json.loads((home.path / STOPPED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            "No change of known figures has stopped the last nightly: there is nothing to accept."
        ) from None
    details = {name: stopped[name] for name in ("fingerprint", "version", "found")}
    decision_log.record(home, ACCEPTED, because, **details)
    return str(stopped["found"])


def _sentence(
    home: Home,
    before: Version,
    building: Version,
    changes: Sequence[KnownChange],
    unexplained: Sequence[Unexplained],
) -> str:
    """What changed, why it may have, and what to do."""
    known = read_known(before.published)
    if known and not changes:  # the history says something else: what that does to the figures
        changes = ask_again(known, building.models, building.history, home.municipality)
    as_known = f" (as known on {known.as_known})" if known else ""
    parts = []
    if changes:
        more = f" and {len(changes) - 1} more cells" if changes[1:] else ""
        parts.append(f"{changes[0]}{more}")
    if unexplained:
        what = ", ".join(f"{one.what} ({one.number} differ)" for one in unexplained)
        parts.append(f"the history of earlier nights: {what}")
    rules = _changed_rules(before.published, building.published)
    because = f" Since then {' and '.join(rules)} changed." if rules else ""
    return (
        f"What was known has changed, and no delivery explains it{as_known}: {'; '.join(parts)}. Nothing is published.{because} "
        "Find the cause; if the change is right, run kaa accept-change --because TEXT and kaa nightly again."
    )


def _changed_rules(before: Path, now: Path) -> list[str]:
    """Which of SQL, contracts and profile are others than when the published version was made."""
    old, new = _rules(before), _rules(now)
    return [title for name, title in RULES.items() if name in old and old[name] != new.get(name)]


def _rules(published: Path) -> dict[str, str]:
    with open_for_reading(published) as connection:
        result = connection.execute("select * from publication")
        names = [column[0] for column in result.description or []]
        row = result.fetchone() or ()
    return {name: value for name, value in zip(names, row, strict=False) if name in RULES}
