"""A nightly in a process of its own that is cut off on its way: python -m tests.nights.cut_off HOME OFFSET HOW.

OFFSET: seconds by which its clocks are ahead of the machine's. HOW: `killed` or `stopped`, when it has built the figures.
"""

import os
import signal
import sys
from pathlib import Path
from unittest.mock import patch

from pipelines.orchestration import assets
from pipelines.orchestration.nightly import run_nightly
from pipelines.state.home import open_home
from tests.nights.clocks import ahead

SIGNALS = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}


def main(home: str, offset: str, how: str) -> None:
    """Run one night, and do not come to its end."""
    cut = patch.object(assets, "build_published", lambda *_, **__: os.kill(os.getpid(), SIGNALS[how]))
    with cut, ahead(lambda: float(offset)):
        run_nightly(open_home(Path(home), writing=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
