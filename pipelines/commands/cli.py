"""The program `kaa` (interface.md): reads its arguments, calls the module that does the work, prints what came of it.

Messages for people go to standard error, what a program reads to standard output. Exit codes: 0 done, 1 the nightly
failed or the state is broken, 2 published but something waits for a person (check-report: a number is wrong; check-delivery:
something is wrong with the delivery), 64 wrong usage or settings.
Heavy libraries are imported by the command that needs them, so that the others start at once.
"""

import atexit
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pipelines.commands.audit import audit
from pipelines.commands.backup import backup, restore_taken
from pipelines.commands.check_delivery import check_delivery
from pipelines.commands.deliver import deliver
from pipelines.commands.edition import edition, signer
from pipelines.commands.freshness import calendar, freshness
from pipelines.commands.nightly import nightly, watch
from pipelines.commands.reveal import reveal
from pipelines.commands.statistics import scb
from pipelines.commands.tables import WRITERS
from pipelines.commands.tell import acknowledge, tell
from pipelines.commands.terminal import as_day, format_option, progress, say
from pipelines.runtime import clock, os_errors, output, surroundings
from pipelines.runtime.errors import NightlyFailed, UsageError

EX_USAGE = 64


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kaa-warehouse", prog_name="kaa")
def kaa() -> None:
    """History, figures and annual report of the municipality's responsibility for youths outside school (KAA).

    Everything it keeps lies under KAA_HOME (default ./var).
    """


@kaa.command()
@click.option("--municipality", required=True, help="stockholm, nacka, or the path of a profile.")
@click.option("--drop", required=True, type=click.Path(path_type=Path), help="Folder that the sources deliver to.")
@click.option(
    "--keys",
    type=click.Path(path_type=Path),
    help="Folder for the keys, outside what is backed up (default: in KAA_HOME).",
)
def init(municipality: str, drop: Path, keys: Path | None) -> None:
    """Set up KAA_HOME: settings, keys, what dbt makes of the project. What exists is left as it is."""
    from pipelines.orchestration.nightly import dagster_home
    from pipelines.state.home import initialise
    from pipelines.state.keys import ARCHIVE_PRIVATE
    from pipelines.warehouse.dbt import manifest_path

    home, made = initialise(municipality, drop, keys=keys)
    dagster_home(home)  # so that `dagster dev` can be started before the first nightly
    if not made:
        say(f"{home.path} is already set up for {home.municipality.title}; nothing was changed.")
        return
    say(f"{home.path} is set up for {home.municipality.title}: {', '.join(made)}.")
    if any(Path(name).name == ARCHIVE_PRIVATE for name in made):
        say(
            f"Move {home.keys / ARCHIVE_PRIVATE} to the auditors' key store now: it opens the archived "
            "deliveries, and the nightly job does not need it."
        )
    manifest_path()  # takes some seconds, which the first night need not wait for


@kaa.command("accept-change")
@click.option("--because", required=True, help="Why the change is right; recorded with your name.")
def accept_change(because: str) -> None:
    """The change of known figures that stopped the last nightly is right: the next nightly publishes it."""
    from pipelines.publication import guard
    from pipelines.state.home import open_home

    found = guard.accept_change(open_home(writing=True), because)
    say(
        f"Recorded. What is accepted: {found.split(' Nothing is published.')[0]} Run kaa nightly now, or wait for tonight's."
    )


@kaa.group(invoke_without_command=True)
@format_option("table", "table", "json", "csv")
@click.pass_context
def deliveries(context: click.Context, format_: str) -> None:
    """Every delivery seen, with its status and reason; release or reject one that is held."""
    if context.invoked_subcommand is None:
        from pipelines.commands.queries import DELIVERY_COLUMNS, read_deliveries
        from pipelines.state.home import open_home

        WRITERS[format_](DELIVERY_COLUMNS, read_deliveries(open_home()))


@deliveries.command()
@click.argument("delivery_id")
def release(delivery_id: str) -> None:
    """Let a held delivery in, at the next nightly."""
    _decide(delivery_id, "release")


@deliveries.command()
@click.argument("delivery_id")
def reject(delivery_id: str) -> None:
    """Turn a held delivery away, at the next nightly."""
    _decide(delivery_id, "reject")


def _decide(delivery_id: str, decision: str) -> None:
    from pipelines.commands.queries import decide
    from pipelines.state.home import open_home

    decide(open_home(writing=True), delivery_id, decision)
    say(f"Noted: {decision} {delivery_id}. It takes effect at the next kaa nightly.")


@kaa.command("confirm-clock")
@click.option("--because", required=True, help="Why later times of publication were wrong; it is kept.")
def confirm_clock(because: str) -> None:
    """Say that the machine's clock is right now, and that times of publication later than now were wrong."""
    from zoneinfo import ZoneInfo

    from pipelines.intake.clock import confirm
    from pipelines.state.home import open_home

    home = open_home(writing=True)
    zone = ZoneInfo(home.municipality.timezone)
    now = clock.now(home.municipality.timezone)
    later = confirm(home, now, because)
    if later is None:
        say(
            f"The clock shows {now:%Y-%m-%d %H:%M} and nothing was published later than that: there is nothing to confirm."
        )
    else:
        say(
            f"Noted: {now:%Y-%m-%d %H:%M} is right, and {later.astimezone(zone):%Y-%m-%d %H:%M} was wrong. The next "
            f"kaa nightly "
            "judges what waited for that."
        )


@kaa.command()
@format_option("table", "table", "json", "csv")
def quarantine(format_: str) -> None:
    """Rows that broke their contract, with file, line, column and what was expected."""
    from pipelines.audit.access_log import log_access
    from pipelines.commands.queries import QUARANTINE_COLUMNS, read_quarantine
    from pipelines.state.home import open_home

    home = open_home()
    rows = read_quarantine(home)
    log_access(home, "kaa quarantine", len(rows))
    WRITERS[format_](QUARANTINE_COLUMNS, rows)


@kaa.command()
@click.option("--period", "period_id", required=True, help="For example verksamhetsar-2023 or dag-2023-11-30.")
@click.option("--figure", help="Only this figure.")
@click.option("--as-known", "as_known", help="Use only extracts up to this day (YYYY-MM-DD).")
@click.option(
    "--lake", type=click.Path(path_type=Path), help="Count from this lake, which kaa lake export has written."
)
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), help="With --lake: what counts (default: duckdb).")
@click.option("--master", help="With --engine spark: where Spark runs (default: local[*], this machine).")
@click.option(
    "--municipality", "profile", help="With --lake: the profile (default: its only municipality's, or riket)."
)
@format_option("csv", "csv", "json")
def figures(
    period_id: str,
    figure: str | None,
    as_known: str | None,
    lake: Path | None,
    engine: str | None,
    master: str | None,
    profile: str | None,
    format_: str,
) -> None:
    """Figures as the last nightly published them, or as known on an earlier day.

    With --lake they are counted from a lake's files by the same SQL; no KAA_HOME is needed.
    """
    from pipelines.commands.queries import FIGURE_COLUMNS, notes_on_figures, read_figures
    from pipelines.state.home import open_home

    day = as_day(as_known)
    if lake is None and any(given is not None for given in (engine, master, profile)):
        raise UsageError(
            "--engine, --master and --municipality say how a lake is counted: give its folder with --lake."
        )
    if master is not None and engine != "spark":
        raise UsageError("--master says where Spark runs: give it with --engine spark.")
    if lake is not None:
        from pipelines.commands.lake_figures import read_lake_figures

        rows = read_lake_figures(lake, period_id, figure, day, engine or "duckdb", master, profile)
        WRITERS[format_](FIGURE_COLUMNS, rows)
        return
    home = open_home()
    WRITERS[format_](FIGURE_COLUMNS, read_figures(home, period_id, figure, day))
    for note in notes_on_figures(home, period_id, day):
        say(note)


@kaa.command()
@click.option("--dry-run", is_flag=True, help="What the next nightly would purge.")
@click.option("--on", "on", help="With --dry-run: the day of that nightly's extract (YYYY-MM-DD; default: today).")
@format_option("table", "table", "json", "csv")
def purge(dry_run: bool, on: str | None, format_: str) -> None:
    """The protocol of gallring: how many persons, rows and archived files each nightly purged, and why."""

    from pipelines.commands.queries import PLAN_COLUMNS, PROTOCOL_COLUMNS, read_planned_purge, read_purge_protocol
    from pipelines.state.home import open_home

    if on and not dry_run:
        raise UsageError("--on says when a dry run would be: give it with --dry-run.")
    home = open_home()
    if dry_run:
        day = as_day(on) or clock.today(home.municipality.timezone)
        WRITERS[format_](PLAN_COLUMNS, read_planned_purge(home, day))
        say(f"Nothing was removed. This would go at the first kaa nightly that takes in an extract of {day.year}.")
    else:
        WRITERS[format_](PROTOCOL_COLUMNS, read_purge_protocol(home))


@kaa.command()
@click.option("--period", "period_id", required=True, help="For example verksamhetsar-2023.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the pages; with --update the new document.")
@click.option("--public", is_flag=True, help="With the numbers that the public may have, and as open data.")
@click.option(
    "--appendices", is_flag=True, help="The Word document with values of diagrams, follow-up and definitions."
)
@click.option(
    "--update",
    "document",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A Word report of that period: its numbers, tables and diagrams are made anew, its texts are kept.",
)
def report(period_id: str, out: Path | None, public: bool, appendices: bool, document: Path | None) -> None:
    """The annual report of a period as web pages and documents.

    With --update FILE.docx nothing is made but that document anew, beside the old one or as --out says; standard output lists
    what the report says otherwise now.
    """
    from pipelines.state.home import open_home

    if document:
        if appendices:
            raise UsageError("With --update the document keeps the appendices that it has: leave out --appendices.")
        _update_document(document, period_id, out, public)
        return
    from pipelines.commands.queries import write_report

    if out is None:
        raise click.MissingParameter(ctx=click.get_current_context(), param_hint="'--out'", param_type="option")
    if out.is_file():
        raise UsageError(f"{out} is a file: choose a folder with --out.")
    report = write_report(open_home(writing=public), period_id, out, public, appendices)
    for name, other in report.renamed.items():
        say(
            f"{out / name} has been changed since kaa report wrote it, or is not from it: the new one is {out / other}."
        )
    if report.left:
        say(f"Left, because they have been changed: {', '.join(str(out / name) for name in report.left)}.")
    say(f"Wrote {len(report.written)} files; open {report.written[0]} in a browser.")


def _update_document(document: Path, period_id: str, out: Path | None, public: bool) -> None:
    from pipelines.commands.report_document import update_document
    from pipelines.state.home import open_home

    updated, written = update_document(open_home(writing=public), document, period_id, out, public)
    for change in updated.changes:
        click.echo(f"{change.what}: {change.before or '(fanns inte)'} → {change.after or '(finns inte längre)'}")
    if updated.missing:
        say(f"Not in the document any more, and left out: {', '.join(updated.missing)}.")
    if updated.obsolete:
        say(f"Not in the report any more, and left as it was: {', '.join(updated.obsolete)}.")
    if written:
        say(f"Wrote {written}; {document} is as it was.")
    else:
        say(f"Nothing has changed since {document} was made; no new document was written.")


@kaa.command("check-report")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--without-warehouse", is_flag=True, help="Only check the report's numbers against each other.")
@format_option("text", "text", "csv", "json")
def check_report(files: tuple[Path, ...], without_warehouse: bool, format_: str) -> None:
    """Check the numbers of a report against the warehouse and against each other; the answer is in Swedish.

    FILE is a CSV table of published values (figure, measure, period, gender, district, job_centre, category, subcategory, value,
    kind, printed, note), or of numbers that follow from others or that the warehouse does not know (printed, label, op, terms,
    value); both may have a column municipality. A .txt file holds the report's sentences, if these are to be checked too.
    docs/check-report.md describes them. Without a KAA_HOME, or before the first nightly, only the report itself is checked.

    Exit code 0: nothing is wrong; 2: a number is wrong, may be wrong or differs from the warehouse; 64: a file cannot be used.
    """
    from dashboards.report_check import wording
    from pipelines.commands.queries import check_printed

    checked = check_printed(files, with_warehouse=not without_warehouse)
    if format_ == "text":
        click.echo(wording.text(checked))
    else:
        WRITERS[format_](wording.COLUMNS, wording.rows(checked))
        say(wording.summary(checked))
    sys.exit(2 if checked.suspects else 0)


@kaa.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1 (default: any free one).")
@click.option("--browser/--no-browser", default=True, help="Whether to open the browser (default: yes).")
@click.option("--public", is_flag=True, help="The public reports, as kaa report --public last made them.")
def serve(port: int, browser: bool, public: bool) -> None:
    """Show the published reports and the last nightly's state in the browser, on this machine only.

    A number leads to the rows that it counts, which is written to the access log. With --public the reports that may leave the
    house, and nothing else. Nothing is made or told by showing it.
    """
    import threading
    import webbrowser
    from functools import partial

    from dashboards.pages.serve import ReportServer
    from pipelines.commands.queries import check_shown, shown_operations, shown_reports
    from pipelines.commands.traces import trace_for_page
    from pipelines.state.home import open_home

    home = open_home()
    check_shown(home, public)
    try:
        server = ReportServer(
            partial(shown_reports, home, public),
            port,
            None if public else partial(trace_for_page, home),
            partial(shown_operations, home),
        )
    except OSError as error:
        raise UsageError(f"Port {port} cannot be used ({error.strerror}): choose another --port, or none.") from error
    with server:
        say(f"The {'public ' if public else ''}reports are at {server.url} for as long as this runs; Ctrl-C ends it.")
        if browser:  # beside the server, for a browser in the terminal comes back only when it is closed
            threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("Stopped.")


@kaa.command()
@click.option("--version", "number", type=click.IntRange(1), help="The version that counts from now on.")
@click.option("--because", help="Why; it is recorded.")
@format_option("table", "table", "json", "csv")
def recover(number: int | None, because: str | None, format_: str) -> None:
    """Where the state disagrees with itself: say which complete version counts; without --version: what there is.

    What is not chosen is put aside below KAA_HOME, never deleted.
    """
    from pipelines.commands.recover import VERSION_COLUMNS, list_versions
    from pipelines.commands.recover import recover as choose
    from pipelines.state.home import open_home

    home = open_home(writing=number is not None)
    if number is None:
        if because:
            raise UsageError("--because belongs to --version: say which version counts.")
        WRITERS[format_](VERSION_COLUMNS, list_versions(home))
        return
    if because is None:
        raise UsageError("Say why with --because; it is recorded.")
    aside = choose(home, number, because)
    rest = f" The rest lies in {aside}." if aside else ""
    say(
        f"Version {number} counts from now on.{rest} What was judged in later nightlies is taken in again where it "
        f"still lies in "
        "the drop folder."
    )


@kaa.command()
@click.option("--key", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The archive's private key.")
@click.option(
    "--archive",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Another archive, copied in.",
)
@click.option("--pseudonym-key", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Its backup.")
@click.option(
    "--backup",
    "taken",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A backup by kaa backup, for an empty KAA_HOME; instead of --key.",
)
@click.option(
    "--keys",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="With --backup: a folder with the keys, which no backup holds.",
)
def restore(
    key: Path | None, folder: Path | None, pseudonym_key: Path | None, taken: Path | None, keys: Path | None
) -> None:
    """Rebuild history, warehouse and publication from the archive and its private key, delivery by delivery; or with --backup
    make an empty KAA_HOME what it was when the backup was taken.

    What lies in KAA_HOME of an earlier state is put aside, never deleted; a home that is whole is left alone.
    """
    if taken:
        if key or folder or pseudonym_key:
            raise UsageError("--backup needs no archive and no private key: give it alone, or with --keys.")
        restore_taken(taken, keys, progress)
        return
    if key is None:
        raise UsageError("Say what to restore from: --key with the archive's private key, or --backup with a backup.")
    if keys:
        raise UsageError("--keys belongs to --backup; with --key give the pseudonyms' key with --pseudonym-key.")
    from pipelines.commands.restore import restore as rebuild
    from pipelines.state.home import open_home

    restored = rebuild(open_home(writing=True), key, folder, pseudonym_key, progress)
    say(
        f"Restored as version {restored.outcome.version}: {restored.deliveries} deliveries of {restored.nights} nightlies; "
        f"{restored.outcome.held} waiting for a decision."
    )
    for note in restored.notes:
        say(note)


@kaa.command()
@click.option("--part", type=click.Choice(["delivery", "warehouse", "figure"]), help="Only this part.")
@format_option("table", "table", "json", "csv")
def dictionary(part: str | None, format_: str) -> None:
    """What each column of the deliveries and of the warehouse and each figure means, its classification and legal ground."""
    from pipelines.commands.dictionary import Entry, read_dictionary

    WRITERS[format_](Entry._fields, read_dictionary(part))


@kaa.command("data-protection")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the documents."
)
def data_protection(out: Path) -> None:
    """What the data protection officer needs, in Swedish, as Word files to fill in and as pages: record of processing, draft
    impact assessment, who may read what.

    Made from the contracts and the profile; what a person must decide is marked. Nothing that is there is replaced.
    """
    from pipelines.commands.data_protection import write_data_protection
    from pipelines.state.home import open_home

    written = write_data_protection(open_home(), out)
    say(f"Wrote {len(written)} files to {out}. They are internal; fill in what is marked ”Fylls i av”.")


@kaa.group()
def archive() -> None:
    """The deliveries as they were received, for who holds the archive's private key."""


@archive.command("open")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--key", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Private key file."
)
def open_file(file: Path, key: Path) -> None:
    """Write one archived file to standard output as it was received."""
    from pipelines.audit.access_log import log_access
    from pipelines.delivery.archive import open_archived, row_count
    from pipelines.state.home import open_home

    home = open_home()
    content = open_archived(file, key.read_text(encoding="utf-8").strip())
    log_access(home, f"kaa archive open {file.parent.name}/{file.name}", row_count(file, content))
    sys.stdout.buffer.write(content)


@archive.command("verify")
@click.option(
    "--archive",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Another archive, such as a backup.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The archive's private key: open each file and compare it with its manifest, too.",
)
@format_option("table", "table", "json", "csv")
def verify(folder: Path | None, key: Path | None, format_: str) -> None:
    """Whether each archived delivery is whole, without opening it.

    Deliveries that were archived before the archive kept checksums can be verified with --key, which gives them theirs. Exit code
    0: all is whole; 2: something is not, and is named.
    """
    from pipelines.commands.verify_archive import VERIFIED_COLUMNS, verify_archive
    from pipelines.state.home import open_home

    verified = verify_archive(open_home(writing=key is not None and folder is None), folder, key)
    WRITERS[format_](VERIFIED_COLUMNS, verified)
    broken = [one for one in verified if not one.is_whole]
    for one in broken:
        say(f"{one.delivery_id}: {one.state}.")
    say(f"{len(verified) - len(broken)} of {len(verified)} archived deliveries are whole.")
    sys.exit(2 if broken else 0)


@kaa.group()
def keys() -> None:
    """The keys of the pseudonyms and of the archive: make, rotate (docs/recovery.md says when)."""


@keys.command("make")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the two files."
)
def make_keys(out: Path) -> None:
    """A new pair of archive keys, for kaa keys rotate --archive; made where the private one is to stay."""
    from pipelines.state.keys import make_archive_keys

    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        public, private = make_archive_keys(out)
    except FileExistsError as error:
        raise UsageError(f"{error.filename} exists already: choose another folder with --out.") from None
    say(
        f"{out / private} opens what is sealed to {out / public}: keep the first in the key store, give the second to --to."
    )


@keys.command()
@click.option("--pseudonym", "which", flag_value="pseudonym", help="Another key of the pseudonyms.")
@click.option("--archive", "which", flag_value="archive", help="Another key of the archive.")
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The archive's private key (with --archive: the one it has now).",
)
@click.option(
    "--to", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="With --archive: the new public key."
)
def rotate(which: str | None, key: Path, to: Path | None) -> None:
    """Another pseudonym key, or another key of the archive; no figure changes.

    --pseudonym makes a new key and the history with it, from the archive, and publishes the same figures. --archive seals every
    archived file to the public key --to; where it is killed, the same command goes on. The old keys are kept aside.
    """
    from pipelines.commands import rotate_archive_key, rotate_pseudonym_key
    from pipelines.state.home import open_home

    if which is None:
        raise UsageError("Say which key: kaa keys rotate --pseudonym or --archive.")
    if (to is not None) != (which == "archive"):
        raise UsageError("--to is the archive's new public key: give it with --archive, and only there.")
    if to:
        count = rotate_archive_key.rotate(open_home(writing=True), key, to, progress)
        say(
            f"{count} archived deliveries are sealed to the new key; keep the old private key for as long as older "
            f"backups count."
        )
        return
    version = rotate_pseudonym_key.rotate(open_home(writing=True), key, progress)
    say(f"Published version {version} with new pseudonyms and the same figures.")


@kaa.command()
def demo() -> None:
    """A synthetic Stockholm, its deliveries, a first nightly run and the report of 2023, in one go."""
    from pipelines.commands.demonstration import run_demo

    sys.exit(run_demo(say, progress))


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: turns every foreseeable error into one sentence and an exit code.

    Without ``arguments`` the process is the program's own: its surroundings are made so before anything else.
    """
    atexit.register(gc.freeze)  # spares the collector a second's look at what will be gone with the process
    if arguments is None:
        surroundings.begin()
        gc.set_threshold(100_000, 20, 100)  # pages and answers are many small things that stay to the end
        surroundings.spare_libraries()
        output.open_streams()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except output.OutputLost as lost:
        output.give_up()
        if lost.reason:
            say(
                f"Standard output cannot be written ({lost.reason}): what was read is not complete. Mend that, then "
                f"run it again."
            )
        code = 1
    sys.exit(code)


kaa.add_command(nightly)
kaa.add_command(watch)
kaa.add_command(acknowledge)
kaa.add_command(audit)
kaa.add_command(backup)
kaa.add_command(deliver)
kaa.add_command(edition)
kaa.add_command(signer)
kaa.add_command(reveal)
kaa.add_command(scb)
kaa.add_command(check_delivery)
kaa.add_command(tell)
kaa.add_command(freshness)
kaa.add_command(calendar)


def _run(arguments: Sequence[str] | None) -> int:
    """Run a command; returns its exit code."""
    try:
        result = kaa.main(args=arguments, prog_name="kaa", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except click.exceptions.Abort:
        say("Stopped.")
        return 130
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "kaa"
        say(f"{error.format_message()} See {command} --help.")
    except (click.ClickException, UsageError) as error:
        say(error.format_message() if isinstance(error, click.ClickException) else str(error))
    except NightlyFailed as error:
        say(str(error))
        return 1
    except OSError as error:
        say(os_errors.sentence(error))
        return 1
    except Exception as error:
        refused = os_errors.found_in(str(error))  # another library's account of what the operating system said
        if refused is None:
            raise
        say(os_errors.sentence(refused))
        return 1
    return EX_USAGE
