"""What bridges need of who was counted in an edition (audit.md sections 2 and 3): beside the edition, and never exported."""

from pathlib import Path

from pipelines.state.home import Version
from pipelines.warehouse.periods import Period


def keep_private(version: Version, period: Period, folder: Path) -> None:
    """Write what is to be kept of this version and period into the edition's private folder."""
