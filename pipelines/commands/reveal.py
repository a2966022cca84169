"""`kaa reveal`: who a pseudonym is. The one command that prints a personnummer."""

from pathlib import Path

import click

from pipelines.commands.tables import WRITERS
from pipelines.commands.terminal import format_option

COLUMNS = ("pseudonym", "personnummer")


@click.command()
@click.argument("pseudonyms", metavar="PSEUDONYM...", nargs=-1, required=True)
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The archive's private key.")
@click.option("--reason", required=True, help="Why you must know; it is kept in the access log with your name.")
@format_option("csv", "table", "csv", "json")
def reveal(pseudonyms: tuple[str, ...], key: Path, reason: str, format_: str) -> None:
    """The personnummer of pseudonyms, from the archive: every number of the person, newest first.

    Who asked for whom, when and why is written to the access log before anything is shown. A protected identity is not revealed.
    """
    from pipelines.audit.access_log import log_access
    from pipelines.audit.archived import ArchivedFiles
    from pipelines.audit.reveal import reveal as reveal_persons
    from pipelines.commands.queries import from_published
    from pipelines.configuration.contract import load_sources
    from pipelines.runtime.errors import UsageError
    from pipelines.state.home import open_home
    from pipelines.state.keys import read_private_key

    if not reason.strip():
        raise UsageError("--reason says why, for those who look after you: write a sentence.")
    home = open_home()
    sources = load_sources(home.municipality.own_codes)
    files = ArchivedFiles(home.archive, read_private_key(key).private, sources)
    asked = list(dict.fromkeys(pseudonyms))
    found = from_published(home, lambda version: reveal_persons(version, sources, files, home.pseudonym_key, asked))
    log_access(home, "kaa reveal", len(found), reason, asked)
    WRITERS[format_](COLUMNS, found)
