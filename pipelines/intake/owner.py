"""Whose history it is: the municipality and the keys it was made with. Another's settings or another key stop the night.

The history keeps fingerprints of the keys, which do not help to find them. A history that was made before it kept them takes
the home's present ones, once they have stood every test that can be made.
"""

import csv
import gzip
import hashlib
import hmac
import io
from collections.abc import Iterable

from pipelines.configuration.contract import Dataset, Source
from pipelines.delivery.find import Found
from pipelines.delivery.manifest import Manifest, read_manifest
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.history.store import History
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.state.home import RECORD, Home
from pipelines.state.opening import opened

MUNICIPALITY, PSEUDONYM_KEY, ARCHIVE_KEY = "municipality", "pseudonym_key", "archive_key"


def owner(home: Home) -> dict[str, str]:
    """The municipality's code and the fingerprints of the home's keys."""
    return {
        MUNICIPALITY: home.municipality.code,
        PSEUDONYM_KEY: pseudonym_fingerprint(home.pseudonym_key),
        ARCHIVE_KEY: archive_fingerprint(home.archive_public_key),
    }


def pseudonym_fingerprint(key: bytes) -> str:
    """A keyed fingerprint: nobody can try personnummer or keys with it faster than with the pseudonyms themselves."""
    return hmac.digest(key, b"fingerprint of the pseudonym key", "sha256").hex()[:32]


def archive_fingerprint(public_key: str) -> str:
    """Which key the archive is sealed to."""
    return hashlib.sha256(public_key.encode()).hexdigest()[:32]


def check_owner(home: Home, history: History, sources: dict[str, Source], found: Iterable[Found]) -> None:
    """Compare the history with the home's settings and keys, and have it know them from now on.

    ``found``: the deliveries in the drop folder. Raises UsageError for another municipality, NightlyFailed for another key and
    for a history that begins though there is an archive of one.
    """
    found = list(found)
    known = history.owner()
    if not known and history.is_used:
        known = _tested(home, history, sources, found)
    if not known:
        _check_archive(home, {one.delivery_id for one in found})
    now = owner(home)
    if known.get(MUNICIPALITY, now[MUNICIPALITY]) != now[MUNICIPALITY]:
        raise UsageError(
            f"The history in {home.path} is of municipality {known[MUNICIPALITY]}, but its settings name "
            f"{home.municipality.title} ({home.municipality.code}): correct `municipality` in {home.path / 'settings.toml'} or "
            "the profile's code; another municipality needs a KAA_HOME of its own. Nothing is published."
        )
    if known.get(PSEUDONYM_KEY, now[PSEUDONYM_KEY]) != now[PSEUDONYM_KEY]:
        raise _another_key(
            home, "pseudonym.key", "is not the key that the history was made with: every person would be counted twice"
        )
    if known.get(ARCHIVE_KEY, now[ARCHIVE_KEY]) != now[ARCHIVE_KEY]:
        raise _another_key(
            home,
            "archive.public",
            "is not the key that earlier deliveries were sealed to: who holds that key could not open new ones",
        )
    history.remember_owner(now)


def _check_archive(home: Home, found: set[str]) -> None:
    """A history that begins has nothing archived but what a first nightly that was killed left, and that still lies in the drop
    folder; what has a record was never published (``Home.check_state``)."""
    folders = (path for path in home.archive.glob("[!.]*") if path.is_dir() and path.name not in found)
    if any(any(folder.iterdir()) and not (folder / RECORD).exists() for folder in folders):
        raise home.lost_history()


def _another_key(home: Home, name: str, what: str) -> NightlyFailed:
    return NightlyFailed(
        f"{home.path / 'keys' / name} {what}. Put the right key back from your key store, or run kaa restore. Nothing is "
        "published."
    )


def _tested(home: Home, history: History, sources: dict[str, Source], found: Iterable[Found]) -> dict[str, str]:
    """What can be found out about a history that does not say whose it is."""
    known = {}
    if code := _published_municipality(home):
        known[MUNICIPALITY] = code
    pseudonymiser = Pseudonymiser(home.pseudonym_key)
    for one in found:
        loaded = history.loaded_source(one.delivery_id)
        read = read_manifest(one.manifest, one.path, sources, home.municipality.first_day)
        if not loaded or read.manifest is None:
            continue
        datasets = [item for item in sources[loaded].datasets.values() if item.number_columns]
        for dataset in datasets:
            kept = history.pseudonyms_on(dataset, read.manifest.extract_date)
            if kept:
                numbers = _numbers(one, read.manifest, dataset)
                if numbers and not kept & {pseudonymiser.pseudonym(number) for number in numbers}:
                    known[PSEUDONYM_KEY] = "another"
                if numbers:
                    return known
    return known


def _published_municipality(home: Home) -> str | None:
    version = home.current()
    if version is None or not version.published.exists():
        return None
    with opened(version.published) as connection:
        told = connection.execute("select municipality_code from publication").fetchone()
    return told[0] if told else None


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
