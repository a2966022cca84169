"""Whether an edition still proves itself: its folder, the chain that it is part of, and the history as it stands now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.audit.editions.cells import CHANGED_ON_PURPOSE, cell_name, changed_cells, public_disclosure
from pipelines.audit.editions.folder import (
    EDITION,
    FIGURES,
    SIGNATURE,
    Edition,
    Fault,
    Folder,
    faults,
    read_edition,
    read_folder,
    sha256,
)
from pipelines.audit.editions.reasons import reasons, state_of
from pipelines.audit.editions.signers import Signer, now
from pipelines.configuration.disclosure import CellKey
from pipelines.configuration.municipality import Municipality
from pipelines.state.home import Version


@dataclass
class Verdict:
    """What is wrong with an edition, which makes it fail, and what else there is to say."""

    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify_folder(path: Path, signers: Sequence[Signer], others: Iterable[Path]) -> tuple[Verdict, Edition | None]:
    """Ask an edition's folder, and the chain back through ``others``, folders of editions.

    Raises OSError when the folder cannot be read.
    """
    folder = read_folder(path)
    verdict = Verdict(faults(folder, signers, now()))
    edition = read_edition(folder.edition)
    if edition is not None:
        _follow_chain(edition, [one for other in others if (one := _read_proof(other))], signers, verdict)
    return verdict, edition


@dataclass(frozen=True)
class _Other:
    """What the chain asks of another edition: its edition.json and its signatures."""

    name: str
    folder: Folder

    @property
    def sha256(self) -> str:
        return sha256(self.folder.edition or b"")

    def is_called(self, edition_id: str, municipality: str) -> bool:
        """Whether it says that it is this edition of the municipality; a damaged one goes by its folder's name."""
        edition = read_edition(self.folder.edition)
        if edition is None:
            return self.name == edition_id
        return (edition.id, edition.municipality) == (edition_id, municipality)


def _read_proof(path: Path) -> _Other | None:
    """None for a folder that cannot be read: it is not there for us."""
    try:
        signatures = {one.name: one.read_bytes() for one in path.glob(f"{SIGNATURE}*")}
        return _Other(path.name, Folder({}, (path / EDITION).read_bytes(), None, signatures))
    except OSError:
        return None


def _follow_chain(edition: Edition, others: Sequence[_Other], signers: Sequence[Signer], verdict: Verdict) -> None:
    """Each edition that is there is signed by two and is the one that its follower names."""
    steps = 0
    while (before := edition.previous) is not None:
        found = next((other for other in others if other.sha256 == before.sha256), None)
        if found is None:
            if any(other.is_called(before.id, edition.municipality) for other in others):
                verdict.faults.append(Fault(f"{before.id}/{EDITION}", f"is not the one that {edition.id} follows"))
            verdict.notes.append(
                f"The chain was followed back over {steps} editions to {edition.id}; {before.id}, which it follows, is not here."
            )
            return
        wrong = [one for one in faults(found.folder, signers, now()) if _proves(one.file)]
        verdict.faults += [Fault(f"{before.id}/{one.file}", one.sentence) for one in wrong]
        following = read_edition(found.folder.edition)
        if following is None:
            return
        edition, steps = following, steps + 1
    verdict.notes.append(f"The chain was followed back over {steps} editions to {edition.id}, the first of all.")


def _proves(file: str) -> bool:
    """Whether a file is one of those that the chain asks for."""
    return file == EDITION or file.startswith(SIGNATURE)


def verify_history(
    version: Version, municipality: Municipality, path: Path, edition: Edition, private: Path
) -> Verdict:
    """Compute all figures again from the history as it stands now; a cell that no recorded change explains makes it fail.
    ``private``: what is kept beside the edition, if it was made here."""
    if edition.kind == "public" and isinstance(public_disclosure(version), CellKey):
        return Verdict(notes=[CHANGED_ON_PURPOSE])
    changed = changed_cells(version, municipality, edition, path / FIGURES)
    earlier = state_of(version, edition, path, private)
    explained = reasons(version, municipality, edition, path, earlier, None, changed) if changed else {}
    verdict = Verdict()
    for cell in changed:
        why = explained.get(cell.key)
        text = f"{cell_name(cell.key)} is {cell.then} in the edition and {cell.now} now"
        if why is None:
            verdict.faults.append(Fault(FIGURES, f"{text}, and no recorded change explains it"))
        else:
            verdict.notes.append(f"{text}: {why}.")
    verdict.notes.append(
        f"All figures were computed again from version {version.number}: {len(changed)} cells are others."
    )
    return verdict
