"""`kaa demo`: a synthetic Stockholm through the whole program, ending with the print of 2023 beside what was computed.

The generator and the printed values belong to ``demo`` and know nothing of the pipeline; this module only runs the same
commands that a municipality would run. Nothing else of the program imports it or ``demo``.
"""

from collections.abc import Callable
from decimal import Decimal

from pipelines.commands.queries import read_figures, write_report
from pipelines.orchestration.nightly import run_nightly
from pipelines.runtime.errors import UsageError
from pipelines.runtime.surroundings import home_path
from pipelines.state.home import initialise, refuse_to_write_for_another

REPORT_PERIOD = "verksamhetsar-2023"

Say = Callable[[str], None]


def run_demo(say: Say, progress: Say) -> int:
    """Generate, take in, publish, compare; returns the exit code: 0 when all is as the print should have been."""
    from demo.comparison import compare, print_table, verdict
    from demo.origins import compare_scaled, print_origins, scaled_verdict
    from demo.synthetic_city import generate

    path = home_path()
    refuse_to_write_for_another(path)
    drop = path / "demo" / "drop"
    drop.mkdir(parents=True, exist_ok=True)
    home, _ = initialise("stockholm", drop, path)
    if home.drop != drop:
        raise UsageError(
            f"KAA_HOME {path} belongs to a real drop folder; set KAA_HOME to an empty folder for the demo."
        )
    if not any(drop.iterdir()):
        say("Making a synthetic Stockholm and its deliveries, 2021-12-01 to 2023-11-30 …")
        generate(drop, progress=progress)
    say("Running the nightly job on them …")
    outcome = run_nightly(home)
    say(f"Published version {outcome.version}: " + ", ".join(f"{n} {s}" for s, n in sorted(outcome.by_status.items())))
    report = write_report(home, REPORT_PERIOD, path / "demo" / "report")

    periods = (REPORT_PERIOD, "verksamhetsar-2022")
    figures = {
        tuple(row[:-1]): Decimal(row[-1]) for period in periods for row in read_figures(home, period, None, None)
    }

    def computed(key: tuple[str, ...]) -> Decimal:
        return figures.get(key, Decimal(0))

    rows, scaled = compare(computed), compare_scaled(computed)
    print_table(rows)
    print_origins(scaled)
    verdicts = verdict(rows), scaled_verdict(scaled)
    for one in verdicts:
        say(one.sentence)
    say(f"The annual report: {report.written[0]}")
    return 0 if all(one.fine for one in verdicts) else 1
