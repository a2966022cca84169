"""Whose history it is: the municipality and the keys it was made with. Another's settings or another key stop the night.

The history keeps fingerprints of the keys; nobody can find a key by its fingerprint. A history that was made before it kept
them takes those of the home's present keys, unless what is published or still delivered shows that these are others.
"""

import csv
import gzip
import hashlib
import io
from collections.abc import Iterable

from pipelines.configuration.contract import Dataset, Source
from pipelines.delivery.archive import RECORD
from pipelines.delivery.find import Found
from pipelines.delivery.manifest import Manifest, read_manifest
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.history.store import History
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state import decision_log
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home
from pipelines.state.keys import (
    ARCHIVE_PUBLIC,
    PSEUDONYM_FINGERPRINT,
    PSEUDONYM_KEY,
    archive_fingerprint,
    pseudonym_fingerprint,
)

MUNICIPALITY, ARCHIVE_FINGERPRINT = "municipality", "archive_key"

#: The decision that from now on the archive is sealed to another key: fingerprints `from_key`, `to_key`.
ROTATED_ARCHIVE_KEY = "rotate-archive-key"


def owner(home: Home) -> dict[str, str]:
    """The municipality's code and the fingerprints of the home's keys."""
    return {
        MUNICIPALITY: home.municipality.code,
        PSEUDONYM_FINGERPRINT: pseudonym_fingerprint(home.pseudonym_key),
        ARCHIVE_FINGERPRINT: archive_fingerprint(home.archive_public_key),
    }


def after_rotation(home: Home, recorded: dict[str, str], public_key: str | None = None) -> dict[str, str]:
    """The owner that a history recorded, as it is since the archive's key was rotated to the home's (or to "
    "``public_key``), if it
    was after that night.

    Raises UsageError when the archive's key or what people have decided cannot be read.
    """
    key = recorded.get(ARCHIVE_FINGERPRINT)
    if key is None or key == archive_fingerprint(public_key or home.archive_public_key):
        return recorded
    for rotation in decision_log.decisions(home, ROTATED_ARCHIVE_KEY):
        if rotation["from_key"] == key:
            key = rotation["to_key"]
    return recorded | {ARCHIVE_FINGERPRINT: key}


def check_owner(home: Home, history: History, sources: dict[str, Source], found: Iterable[Found]) -> None:
    """Compare the history with the home's settings and keys, and have it know them from now on.

    ``found``: the deliveries in the drop folder. Raises UsageError for another municipality, NightlyFailed for another key and
    for a history that begins though there is an archive of one.
    """
    found = list(found)
    recorded = after_rotation(home, history.owner())
    if not recorded and history.is_used:
        recorded = _inferred_owner(home, history, sources, found)
    if not recorded:
        _check_archive(home, {one.delivery_id for one in found})
    present = owner(home)
    if recorded.get(MUNICIPALITY, present[MUNICIPALITY]) != present[MUNICIPALITY]:
        raise UsageError(
            f"The history in {home.path} is of municipality {recorded[MUNICIPALITY]}, but its settings name "
            f"{home.municipality.title} ({home.municipality.code}): correct `municipality` in {home.path / 'settings.toml'} or "
            "the profile's code; another municipality needs a KAA_HOME of its own. Nothing is published."
        )
    if recorded.get(PSEUDONYM_FINGERPRINT, present[PSEUDONYM_FINGERPRINT]) != present[PSEUDONYM_FINGERPRINT]:
        raise _another_key(
            home, PSEUDONYM_KEY, "is not the key that the history was made with: every person would be counted twice"
        )
    if recorded.get(ARCHIVE_FINGERPRINT, present[ARCHIVE_FINGERPRINT]) != present[ARCHIVE_FINGERPRINT]:
        raise _another_key(
            home,
            ARCHIVE_PUBLIC,
            "is not the key that earlier deliveries were sealed to: who holds that key could not open new ones",
        )
    history.remember_owner(present)


def _check_archive(home: Home, found: set[str]) -> None:
    """A history that begins has nothing archived but what a first nightly that was killed left, and that still lies in the drop
    folder; what has a record was never published (``Home.check_state``)."""
    folders = (path for path in home.archive.glob("[!.]*") if path.is_dir() and path.name not in found)
    if any(any(folder.iterdir()) and not (folder / RECORD).exists() for folder in folders):
        raise home.lost_history()


def _another_key(home: Home, name: str, what: str) -> NightlyFailed:
    return NightlyFailed(
        f"{home.keys / name} {what}. Put the right key back from your key store, or run kaa restore. Nothing is "
        "published."
    )


def _inferred_owner(home: Home, history: History, sources: dict[str, Source], found: Iterable[Found]) -> dict[str, str]:
    """Whose a history is that does not say so, as far as the published file and the deliveries that still lie there tell."""
    inferred = {}
    if code := _published_municipality(home):
        inferred[MUNICIPALITY] = code
    pseudonymiser = Pseudonymiser(home.pseudonym_key)
    for one in found:
        loaded = history.loaded_source(one.delivery_id)
        read = read_manifest(one.manifest, one.path, sources, home.municipality.first_day)
        if not loaded or read.manifest is None:
            continue
        datasets = [item for item in sources[loaded].datasets.values() if item.number_columns]
        for dataset in datasets:
            in_history = history.pseudonyms_on(dataset, read.manifest.extract_date)
            if in_history:
                numbers = _numbers(one, read.manifest, dataset)
                if numbers and not in_history & {pseudonymiser.pseudonym(number) for number in numbers}:
                    inferred[PSEUDONYM_FINGERPRINT] = "another"
                if numbers:
                    return inferred
    return inferred


def _published_municipality(home: Home) -> str | None:
    version = home.current()
    if version is None or not version.published.exists():
        return None
    with open_for_reading(version.published) as connection:
        row = connection.execute("select municipality_code from publication").fetchone()
    return row[0] if row else None


def _numbers(found: Found, manifest: Manifest, dataset: Dataset) -> set[str]:
    """The values of a delivered file's first number column; none where it cannot be read any more."""
    file = next((item for item in manifest.files if item.dataset == dataset.name), None)
    if file is None:
        return set()
    try:
        content = (found.path / file.name).read_bytes()
        if hashlib.sha256(content).hexdigest() != file.sha256:
            return set()
        text = (gzip.decompress(content) if file.name.lower().endswith(".gz") else content).decode(file.encoding)
    except (OSError, EOFError, ValueError):
        return set()
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    rows = ([value.strip() for value in row] for row in reader)
    header = next((row for row in rows if any(row)), [])
    name = dataset.number_columns[0].name
    place = header.index(name) if name in header else None
    return set() if place is None else {row[place] for row in rows if len(row) > place}
