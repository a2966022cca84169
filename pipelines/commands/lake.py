"""`kaa lake`: what a municipality hands over so that a region or the nation can count, and the key of its pseudonyms.

What a lake is and how it is made and read: ``pipelines.lake``.
"""

from pathlib import Path

import click

from pipelines.commands.nation_report import report
from pipelines.commands.tables import WRITERS
from pipelines.commands.terminal import format_option, say

#: What `kaa lake check` lists of each part.
COLUMNS = (
    "municipality", "name", "first_extract", "last_extract", "extracts", "rows", "files", "unlinked", "exported_on", "recipient",
)  # fmt: skip


@click.group()
def lake() -> None:
    """The history for a recipient who counts over many municipalities: export it, check it, exchange its key (docs/lake.md)."""


@lake.command("new-key")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File for the key.")
def new_key(out: Path) -> None:
    """A new key of the pseudonyms, made by the recipient or by a third party that keeps it for the recipient."""
    from pipelines.lake.recipient_key import fingerprint
    from pipelines.lake.recipient_key import new_key as make

    key = make(out)
    say(f"{out} is the key, fingerprint {fingerprint(key)}: keep it in a key store, and send it to nobody unsealed.")


@lake.command("seal-key")
@click.option("--key", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The key of new-key.")
@click.option("--to", required=True, type=click.Path(path_type=Path), help="A municipality's archive.public.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File for the sealed key.")
def seal_key(key: Path, to: Path, out: Path) -> None:
    """Seal the key to a municipality's archive.public: only who holds its archive.private can open it."""
    from pipelines.lake.recipient_key import fingerprint, read_key
    from pipelines.lake.recipient_key import seal_key as seal

    read = read_key(key)
    seal(read, to, out)
    say(f"{out} is the key with fingerprint {fingerprint(read)}, sealed: send it to the municipality whose {to} is.")


@lake.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The lake's folder.")
@click.option("--recipient-key", required=True, type=click.Path(path_type=Path), help="The sealed key, of seal-key.")
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The archive's private key.")
def export(out: Path, recipient_key: Path, key: Path) -> None:
    """The published version's history as Parquet, with pseudonyms of the recipient's key, as this municipality's part of a lake.

    An export again writes only what has changed. Persons with a protected identity are not in it. That the archive was opened is
    written to the access log.
    """
    from pipelines.commands.queries import from_published
    from pipelines.configuration.contract import load_sources
    from pipelines.lake.export import export as write
    from pipelines.lake.recipient_key import open_key
    from pipelines.runtime import clock
    from pipelines.state.home import open_home
    from pipelines.state.keys import read_private_key

    home = open_home()
    _refuse_own_folders(out, home.path, home.drop, home.keys)
    private_key = read_private_key(key).private
    recipients = open_key(recipient_key, private_key)
    sources = load_sources(home.municipality.own_codes)
    today = clock.today(home.municipality.timezone)
    done = from_published(home, lambda version: write(home, version, sources, private_key, recipients, out, today))
    say(
        f"{done.part.folder} holds {done.persons} persons in {done.part.rows} rows, of version {done.part.version}: "
        f"{done.written} files were written, {done.kept} stayed as they were, {done.removed} older ones were removed; "
        f"{done.opened} archived files were opened."
    )
    if done.part.unlinked:
        say(
            f"{done.part.unlinked} numbers stand in no archived delivery any more (gallring, or lost): their pseudonyms are of "
            "this municipality alone, so who moved with one of them counts as two persons."
        )
    if done.protected:
        say(f"{done.protected} persons with a protected identity are not in it. This number stays in the house.")


@lake.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@format_option("table", "table", "json", "csv")
def check(folder: Path, format_: str) -> None:
    """Whether each file of a lake is what was exported, and what the lake holds.

    Exit code 0: all is whole; 1: something is missing, is not what was exported, or does not fit together, and is named.
    """
    from pipelines.lake.contents import examine

    found = examine(folder)
    WRITERS[format_](COLUMNS, found.rows)
    for sentence in [*found.faults, *found.notes]:
        say(sentence)
    raise SystemExit(1 if found.faults else 0)


lake.add_command(report)


def _refuse_own_folders(out: Path, *folders: Path) -> None:
    """Raises UsageError for a folder among the program's own: what lies there is swept away, taken in, or backed up."""
    from pipelines.runtime.errors import UsageError

    for folder in folders:
        if out.resolve().is_relative_to(folder.resolve()):
            raise UsageError(
                f"{out} lies in {folder}: choose a folder outside KAA_HOME and the drop folder with --out."
            )
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder: choose another with --out.")
