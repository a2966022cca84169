"""Why a cell of an edition is another number now (audit.md section 3)."""

from collections.abc import Sequence

from pipelines.audit.editions.cells import CellKey, ChangedCell
from pipelines.audit.editions.folder import Edition
from pipelines.state.home import Version


def reasons(version: Version, edition: Edition, changed: Sequence[ChangedCell]) -> dict[CellKey, str]:
    """The recorded change that explains each cell; a cell that none explains is not in it."""
    return {}
