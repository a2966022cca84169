"""What is done when a run has ended, whatever came of it: troubles are noted, people told, metrics written.

Which troubles there are is asked in ``troubles``; how a run is started, watched and ended belongs in ``orchestration``.
"""

from pipelines.state.home import Home
from pipelines.state.last_run import LastRun


def after_run(home: Home, run: LastRun) -> None:
    """Note what is wrong after a run and what is over, tell who is to be told, and write the metrics.

    Called with the same run again it tells nothing twice, so whoever watches over the nightly may call it at any time. It never
    raises: what could not be told is tried again next time, and said in the log and on the page.
    """
