"""`kaa scb`: the half-yearly file to SCB. What stands in it and how it is checked: ``pipelines.statistics``."""

from pathlib import Path

import click

from pipelines.commands.terminal import say


@click.command()
@click.option("--period", "period_id", required=True, help="A half-year: halvar1-2023.")
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The archive's private key.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the file and the check report.")
@click.option(
    "--layout", type=click.Path(path_type=Path), help="SCB's layout (default: the one that comes with the program)."
)
@click.option("--check-only", is_flag=True, help="Only the check report.")
def scb(period_id: str, key: Path, out: Path, layout: Path | None, check_only: bool) -> None:
    """The youths covered and their measures, for SCB: a file with personnummer, and a report of what is wrong with it.

    With errors nothing but the report is written (exit 2). That the archive was opened is written to the access log.
    """
    from pipelines.commands.queries import from_published, refuse_own_folders
    from pipelines.runtime.errors import UsageError
    from pipelines.state.home import open_home
    from pipelines.statistics.hand_in import earlier_files, half_year, names, prepare, sent_before, write
    from pipelines.statistics.report import report_page

    home = open_home()
    period = half_year(period_id, home)
    refuse_own_folders(home, out)
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder: choose another with --out.")
    hand_in = from_published(home, lambda version: prepare(home, version, period, key, layout))
    replaced = sent_before(home, period)
    left = earlier_files(out, period)
    report = report_page(hand_in, home.municipality.title, check_only, [path.name for path in left])
    made = write(home, hand_in, out, report, check_only)
    csv_name, excel_name, report_name = names(period)
    if hand_in.layout.codes_are == "own":
        say(
            "The layout has this program's own columns and codes: put SCB's in before anything is sent "
            "(data_contracts/statistics)."
        )
    if made:
        say(
            f"{out / csv_name} and {out / excel_name}: {len(hand_in.half_year.youths)} youths in {len(hand_in.rows)} rows."
        )
    elif left:
        say(f"{' and '.join(map(str, left))} are of an earlier run: do not send them.")
    if replaced:
        say(f"{'It replaces' if made else 'A new file will replace'} the file of {replaced[-1]['at']} whole.")
    errors = sum(1 for one in hand_in.broken if one.check.severity == "error")
    errors += sum(1 for one in hand_in.compared if one.disagrees)
    say(f"{out / report_name} says what was checked: {errors} errors, {len(hand_in.broken)} findings in all.")
    if hand_in.has_errors:
        say("Correct the errors at the source, wait for the next nightly, and run kaa scb again.")
        raise SystemExit(2)
