"""From the published version to an edition: proposed by one signer, approved by another, exported."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.audit.bridges.kept import keep_private
from pipelines.audit.editions.folder import (
    EDITION,
    SIGNATURE,
    SUMS,
    Edition,
    Fault,
    Kind,
    Program,
    faults,
    read_folder,
    sums,
)
from pipelines.audit.editions.freeze import MakeReport, contract_versions, freeze
from pipelines.audit.editions.open_warnings import accept, read_checks
from pipelines.audit.editions.signatures import read_signature, sign
from pipelines.audit.editions.signers import Signer, now, read_signers, signer_of
from pipelines.audit.editions.store import APPROVED, PROPOSED, Editions, Kept
from pipelines.personnummer import mask_text
from pipelines.runtime import clock
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.files import sync_tree
from pipelines.runtime.program import program_commit, program_version
from pipelines.state import decision_log
from pipelines.state.home import Home, Version
from pipelines.warehouse.periods import Period


@dataclass(frozen=True)
class Proposal:
    """What somebody wants to have as an edition. ``accepted``: open warnings by name, each with a reason."""

    period: Period
    label: str
    kind: Kind
    accepted: Mapping[str, str]


def propose(home: Home, version: Version, proposal: Proposal, key: Path, make_report: MakeReport) -> str:
    """Freeze what the version holds and sign it; returns the edition's id. To be called with ``Editions.locked``.

    Raises UsageError when the key is no signer's or a warning is open.
    """
    editions = Editions(home)
    signer = signer_of(editions.signers, key)
    label = _checked_label(proposal.label)
    checks = read_checks(version)
    accepted = accept(checks, proposal.accepted)
    edition_id = editions.next_id(proposal.period.period_id)
    previous = editions.last_approved()
    with editions.unfinished() as made, editions.unfinished() as private:
        freeze(made, edition_id, proposal.kind, version, home.municipality, proposal.period, checks, make_report)
        edition = Edition(
            id=edition_id,
            label=label,
            kind=proposal.kind,
            period=proposal.period.period_id,
            municipality=home.municipality.code,
            created_at=_this_second(home),
            program=Program(version=program_version(), commit=program_commit()),
            contracts=contract_versions(),
            files=dict(read_folder(made).hashes),
            previous=previous,
            proposed_by=signer.name,
            accepted=accepted,
        )
        (made / EDITION).write_bytes(edition.written)
        (made / SUMS).write_bytes(sums(edition.files, edition.written))
        (made / f"{SIGNATURE}{signer.name}").write_bytes(_signed(edition.written, key, signer))
        keep_private(version, home.municipality, [proposal.period.period_id], private)
        editions.put_in_place(made, private, edition_id)
    decision_log.record(home, PROPOSED, label, edition=edition_id, signer=signer.name)
    return edition_id


def approve(home: Home, edition_id: str, key: Path) -> Signer:
    """A second signer signs the same bytes. To be called with ``Editions.locked``.

    Raises UsageError when the key is no signer's or the proposer's, or when the edition cannot be approved any more.
    """
    editions = Editions(home)
    kept = editions.get(edition_id)
    signer = signer_of(editions.signers, key)
    if kept.is_approved:
        raise UsageError(f"{edition_id} is approved already, by {kept.signed_by[1]}.")
    if signer.name == kept.edition.proposed_by or signer.key == _proposers_key(kept):
        raise UsageError(
            f"{signer.name} has proposed {edition_id}: somebody else approves it, with a key of their own."
        )
    if kept.edition.previous != (last := editions.last_approved()):
        raise UsageError(
            f"{last.id if last else 'Another edition'} has been approved since {edition_id} was proposed: propose it again."
        )
    if wrong := unapproved_faults(kept, editions):
        raise UsageError(
            f"{edition_id} is not as it was proposed ({wrong[0].file} {wrong[0].sentence}): do not approve it, propose it again."
        )
    signature = _signed(kept.content, key, signer)
    editions.add_signature(kept, signer.name, signature)
    decision_log.record(home, APPROVED, kept.edition.label, edition=edition_id, signer=signer.name)
    return signer


def unapproved_faults(kept: Kept, editions: Editions) -> list[Fault]:
    """What is wrong with a proposal, but for the second signature that it has not yet."""
    found = faults(read_folder(kept.path), read_signers(editions.signers), now())
    return [one for one in found if one.file != f"{SIGNATURE}*"]


def export(home: Home, edition_id: str, out: Path) -> None:
    """Copy an approved edition into a folder that is not there or empty, whole or not at all.

    Raises UsageError when it is not approved or something is in the way, NightlyFailed when it is damaged.
    """
    editions = Editions(home)
    kept = editions.get(edition_id)
    if not kept.is_approved:
        raise UsageError(f"{edition_id} is not approved: a second signer runs kaa edition approve {edition_id}.")
    if wrong := faults(read_folder(kept.path), read_signers(editions.signers), now()):
        raise NightlyFailed(
            f"{edition_id} is damaged below {editions.folder} ({wrong[0].file} {wrong[0].sentence}): put it back from a backup "
            "or an exported copy. Nothing was exported."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder: choose another one with --out.")
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    part = out.absolute().with_name(f".{out.absolute().name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        shutil.copytree(kept.path, part)
        sync_tree(part)
        os.replace(part, out.absolute())
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _signed(content: bytes, key: Path, signer: Signer) -> bytes:
    """Raises UsageError when another key has signed than the one that was asked for."""
    armored = sign(content, key)
    signature = read_signature(armored)
    if signature is None or signature.key != signer.key or not signature.fits(content):
        raise UsageError(
            f"{key} has signed with another key than {signer.name}'s: nothing was kept. Give the right one."
        )
    return armored


def _proposers_key(kept: Kept) -> bytes | None:
    signature = read_signature((kept.path / f"{SIGNATURE}{kept.edition.proposed_by}").read_bytes())
    return signature.key if signature else None


def _checked_label(label: str) -> str:
    if not label.strip():
        raise UsageError("--label is what people call the edition: write some words.")
    return mask_text(" ".join(label.split()))


def _this_second(home: Home) -> str:
    return clock.now(home.municipality.timezone).isoformat(timespec="seconds")
