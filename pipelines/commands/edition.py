"""`kaa edition` and `kaa signer`: reads arguments, calls ``pipelines.audit.editions``, prints what came of it."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.tables import WRITERS
from pipelines.commands.terminal import format_option, progress, say
from pipelines.runtime.errors import UsageError
from pipelines.runtime.surroundings import home_path

if TYPE_CHECKING:
    from pipelines.audit.editions.folder import Edition
    from pipelines.audit.editions.signers import Signer
    from pipelines.audit.editions.store import Kept
    from pipelines.audit.editions.verify import Verdict
    from pipelines.state.home import Home

SIGNER_COLUMNS = ("name", "fingerprint", "from", "to")
EDITION_COLUMNS = (
    "id",
    "label",
    "kind",
    "period",
    "state",
    "created_at",
    "proposed_by",
    "approved_by",
    "previous",
    "sha256",
)

#: A cell that differs although nothing that was recorded explains it.
UNEXPLAINED = "unexplained"

_EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)


def key_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option ``--key``."""
    text = "Your Ed25519 private key (OpenSSH); or the public one, when ssh-agent holds it."
    return click.option("--key", required=True, type=_EXISTING, help=text)(command)


@click.group()
def signer() -> None:
    """Who may sign editions: OpenSSH Ed25519 public keys. Private keys stay with their owners."""


@signer.command("add")
@click.argument("name")
@click.option("--public-key", required=True, type=_EXISTING, help="The file that ends in .pub.")
def add(name: str, public_key: Path) -> None:
    """Let a key sign under a name from now on."""
    from pipelines.audit.editions.signers import add_signer
    from pipelines.audit.editions.store import Editions
    from pipelines.state.decision_log import record
    from pipelines.state.home import open_home

    home = open_home(writing=True)
    editions = Editions(home)
    with editions.locked():
        added = add_signer(editions.signers, name, public_key)
    record(home, "add-signer", "kaa signer add", signer=name, key=added.fingerprint)
    say(f"{name} may sign editions from now on with the key {added.fingerprint}.")


@signer.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """From now on a signer signs nothing more; what was signed before stays proved."""
    from pipelines.audit.editions.signers import remove_signer
    from pipelines.audit.editions.store import Editions
    from pipelines.state.decision_log import record
    from pipelines.state.home import open_home

    home = open_home(writing=True)
    editions = Editions(home)
    with editions.locked():
        removed = remove_signer(editions.signers, name)
    record(home, "remove-signer", "kaa signer remove", signer=name, key=removed.fingerprint)
    say(f"{name} signs nothing more from now on.")


@signer.command("list")
@format_option("table", "table", "json", "csv")
def list_signers(format_: str) -> None:
    """Who may sign, and who might before."""
    from pipelines.audit.editions.signers import read_signers
    from pipelines.audit.editions.store import Editions
    from pipelines.state.home import open_home

    def row(one: "Signer") -> tuple[str | None, ...]:
        times = [at.isoformat() if at else None for at in (one.since, one.until)]
        return one.name, one.fingerprint, *times

    WRITERS[format_](SIGNER_COLUMNS, [row(one) for one in read_signers(Editions(open_home()).signers)])


@click.group()
def edition() -> None:
    """Published reports as frozen, signed folders that prove themselves on another machine."""


@edition.command()
@click.option("--period", "period_id", required=True, help="For example verksamhetsar-2023.")
@click.option("--label", required=True, help="What people call it.")
@key_option
@click.option("--public", is_flag=True, help="With the numbers that the public may have.")
@click.option("--accept", "checks", multiple=True, metavar="CHECK", help="An open warning that is accepted.")
@click.option(
    "--because", "reasons", multiple=True, help="Why, one for each --accept in the same order; stands in the edition."
)
def propose(period_id: str, label: str, key: Path, public: bool, checks: Sequence[str], reasons: Sequence[str]) -> None:
    """Freeze what the published version holds for a period, and sign it; a second signer approves it.

    Warnings that are open must each be accepted with a reason: without, they are listed, one CHECK<TAB>sentence a line, and
    nothing is made.
    """
    from pipelines.audit.editions.lifecycle import Proposal
    from pipelines.audit.editions.lifecycle import propose as make
    from pipelines.audit.editions.store import Editions
    from pipelines.commands.queries import from_published, report_files
    from pipelines.state.home import open_home
    from pipelines.warehouse.periods import parse_period

    if len(checks) != len(reasons) or len(set(checks)) != len(checks):
        raise UsageError("Each --accept CHECK has its own --because TEXT: give both, once for each open warning.")
    home = open_home(writing=True)
    period = parse_period(period_id, home.municipality)
    proposal = Proposal(period, label, "public" if public else "internal", dict(zip(checks, reasons, strict=True)))
    with Editions(home).locked():
        edition_id = from_published(
            home,
            lambda version: make(
                home, version, proposal, key, lambda one, made: report_files(home, one, period, made, public)
            ),
        )
    click.echo(edition_id)
    say(f"Proposed. Somebody else looks at it and runs kaa edition approve {edition_id} with a key of their own.")


@edition.command()
@click.argument("edition_id", metavar="ID")
@key_option
def approve(edition_id: str, key: Path) -> None:
    """Sign the same bytes as a second signer. Nobody approves what they proposed."""
    from pipelines.audit.editions.lifecycle import approve as sign
    from pipelines.audit.editions.store import Editions
    from pipelines.state.home import open_home

    home = open_home(writing=True)
    editions = Editions(home)
    with editions.locked():
        signed_by = sign(home, edition_id, key)
    sha256 = editions.get(edition_id).as_previous.sha256
    say(
        f"{edition_id} is approved by {signed_by.name}. Note the sha256 of its edition.json outside this system: {sha256}"
    )


@edition.command("list")
@format_option("table", "table", "json", "csv")
def list_editions(format_: str) -> None:
    """All editions, those that are only proposed too."""
    from pipelines.audit.editions.store import Editions
    from pipelines.state.home import open_home

    editions = Editions(open_home())

    def row(kept: "Kept") -> tuple[str | None, ...]:
        one, signed_by = kept.edition, kept.signed_by
        approved_by = signed_by[1] if kept.is_approved else None
        previous = one.previous.id if one.previous else None
        return (
            one.id, one.label, one.kind, one.period, editions.state_of(kept), one.created_at, one.proposed_by, approved_by,
            previous, kept.as_previous.sha256,
        )  # fmt: skip

    WRITERS[format_](EDITION_COLUMNS, [row(kept) for kept in editions.all()])


@edition.command()
@click.argument("edition_id", metavar="ID")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that it becomes: new or empty.",
)
def export(edition_id: str, out: Path) -> None:
    """An approved edition as a folder, complete in itself; LÄS MIG.txt in it says how to check it without this program."""
    from pipelines.audit.editions.lifecycle import export as copy
    from pipelines.commands.queries import refuse_own_folders
    from pipelines.state.home import open_home

    home = open_home()
    refuse_own_folders(home, out)
    copy(home, edition_id, out)
    say(f"{edition_id} is in {out}.")


@edition.command()
@click.argument("earlier")
@click.argument("later")
@format_option("table", "table", "csv", "json")
def diff(earlier: str, later: str, format_: str) -> None:
    """Which cells differ between two editions of a period, or an edition and now, and why."""
    from pipelines.audit.editions.cells import changed_cells, differing_cells
    from pipelines.audit.editions.folder import FIGURES
    from pipelines.audit.editions.reasons import reasons, state_of
    from pipelines.audit.editions.store import Editions
    from pipelines.commands.queries import FIGURE_COLUMNS, from_published
    from pipelines.commands.traces import NOW
    from pipelines.state.home import Version, open_home

    home = open_home()
    editions = Editions(home)
    first, second = editions.get(earlier), None if later == NOW else editions.get(later)
    if second and second.edition.period != first.edition.period:
        raise UsageError(f"{earlier} and {later} are of two periods: compare those with kaa audit explain.")

    def ask(version: Version) -> list[tuple[str, ...]]:
        figures = first.path / FIGURES
        if second:
            changed = differing_cells(figures, second.path / FIGURES)
        else:
            changed = changed_cells(version, home.municipality, first.edition, figures)
        states = [
            state_of(version, one.edition, one.path, editions.private(one.edition.id)) if one else None
            for one in (first, second)
        ]
        known = reasons(version, home.municipality, first.edition, first.path, states[0], states[1], changed)
        return [(*cell.key, cell.then, cell.now, known.get(cell.key, UNEXPLAINED)) for cell in changed]

    WRITERS[format_]((*FIGURE_COLUMNS[:-1], "from", "to", "reason"), from_published(home, ask))


@edition.command()
@click.argument("which", metavar="ID|DIR")
@click.option(
    "--signers", "signers_file", type=_EXISTING, help="An OpenSSH allowed_signers file, instead of KAA_HOME's."
)
@click.option(
    "--archive", "from_archive", is_flag=True, help="Count it again from its own deliveries in the archive, too."
)
@click.option("--key", type=_EXISTING, help="The archive's private key, for --archive.")
def verify(which: str, signers_file: Path | None, from_archive: bool, key: Path | None) -> None:
    """Whether an edition proves itself; DIR is an exported one, also on a machine without a KAA_HOME (then with --signers).

    With --archive every cell must be the same, whatever has come in since; no nightly runs meanwhile.

    Exit code 0: proved; 2: not, and each thing that differs is named; 64: no such edition.
    """
    from pipelines.audit.editions.folder import EDITION
    from pipelines.audit.editions.recompute import recompute
    from pipelines.audit.editions.signers import read_signers
    from pipelines.audit.editions.store import Editions
    from pipelines.audit.editions.verify import Verdict, verify_folder
    from pipelines.state.home import open_home

    if from_archive != (key is not None):
        raise UsageError(
            "--archive needs --key FILE, the archive's private key, and --key is for --archive: give both."
        )
    home = open_home(writing=from_archive) if from_archive or (home_path() / "settings.toml").exists() else None
    editions = Editions(home) if home else None
    if signers_file is None:
        if editions is None:
            raise UsageError("No KAA_HOME here knows the signers: give an OpenSSH allowed_signers file with --signers.")
        signers_file = editions.signers
    path = Path(which)
    if not path.is_dir():
        if editions is None:
            raise UsageError(f"There is no folder {which}: give the folder of an exported edition.")
        path = editions.get(which).path
    signers = read_signers(signers_file)
    beside = [path.absolute().parent, *([editions.folder] if editions else [])]
    others = {one.parent for folder in beside for one in folder.glob(f"[!.]*/{EDITION}")}
    verdict, found = verify_folder(path, signers, sorted(others))
    if not verdict.faults and found:
        verdict = _with_history(home, path, found, verdict)
        if home and key:
            counted = recompute(path, found, home, key, progress)
            verdict = Verdict([*verdict.faults, *counted.faults], [*verdict.notes, *counted.notes])
    for fault in verdict.faults:
        click.echo(f"{fault.file}: {fault.sentence}.")
    for note in verdict.notes:
        say(note)
    say(f"{which} is proved." if not verdict.faults else f"{which} is not proved.")
    sys.exit(2 if verdict.faults else 0)


def _with_history(home: "Home | None", path: Path, found: "Edition", verdict: "Verdict") -> "Verdict":
    """The same, and what the history as it stands now says, where it is there and the edition's municipality's."""
    from pipelines.audit.editions.store import Editions
    from pipelines.audit.editions.verify import Verdict, verify_history
    from pipelines.commands.queries import from_published

    if home is None or home.current() is None or home.municipality.code != found.municipality:
        return Verdict(
            verdict.faults, [*verdict.notes, "The figures were not computed again: their history is not here."]
        )
    private = Editions(home).private(found.id)
    now = from_published(home, lambda version: verify_history(version, home.municipality, path, found, private))
    return Verdict([*verdict.faults, *now.faults], [*verdict.notes, *now.notes])
