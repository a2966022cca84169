"""What the archive keeps of a delivery: its manifest and files as received, and where it lay."""

import os
from pathlib import Path

from pipelines.delivery.archive import Archive, Received, archived_name
from pipelines.delivery.manifest import MANIFEST_NAME
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.intake.candidate import Candidate
from pipelines.notices import Notice
from pipelines.state.home import Home


class Evidence:
    """Archives deliveries as they are read; a file's name is pseudonymised, for it may hold a personnummer."""

    def __init__(self, home: Home, pseudonymiser: Pseudonymiser) -> None:
        self._drop = home.drop
        self._archive = Archive(home.archive, home.archive_public_key)
        self._pseudonymiser = pseudonymiser

    def keep_place(self, candidate: Candidate) -> None:
        """Keep where the delivery lay: nobody could tell from what is archived of it. Comes before its files."""
        candidate.was_archived = self._archive.holds(candidate.found.delivery_id)
        path = candidate.found.path
        names = [file.name for file in candidate.read.manifest.files] if candidate.read.manifest else []
        files = {name: archived_name(self._pseudonymiser.name(name)) for name in names}
        folder = path.relative_to(self._drop).as_posix()
        self._archive.store_record(candidate.found.delivery_id, Received(folder, files, _links_out(path)))

    def keep_file(self, candidate: Candidate, name: str, content: bytes) -> None:
        """Keep a file as received."""
        self._archive.store(candidate.found.delivery_id, self._pseudonymiser.name(name), content)

    def keep_manifest(self, candidate: Candidate) -> None:
        """Keep the manifest, the last of what is kept: of a delivery that is rejected unopened it is the only evidence."""
        self._archive.store(candidate.found.delivery_id, MANIFEST_NAME, candidate.found.manifest)
        self._archive.sign_off(candidate.found.delivery_id)

    def leave_alone(self, candidate: Candidate, why: Notice | None) -> None:
        """Treat a delivery as if it had not been seen; what was archived of it before tonight stays."""
        if not candidate.was_archived:
            self._archive.forget(candidate.found.delivery_id)
        candidate.files.clear()
        candidate.left_alone = why


def _links_out(folder: Path) -> list[str]:
    """The names in a delivery's folder that lead out of it: its manifest may be bad because of one."""
    try:
        with os.scandir(folder) as entries:
            links = [Path(entry.path) for entry in entries if entry.is_symlink()]
    except OSError:
        return []
    return sorted(path.name for path in links if not _leads_inside(path))


def _leads_inside(path: Path) -> bool:
    try:
        return path.resolve().parent == path.parent.resolve()
    except (OSError, RuntimeError):
        return False
