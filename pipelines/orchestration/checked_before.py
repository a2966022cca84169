"""Which datasets' rows have been checked against their contract before, so that Great Expectations judges only what is new.

A row that has broken what stops a night is in no published version. How rows are checked belongs in ``pipelines.quality``.
"""

from pipelines.orchestration.publish import made_with
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Home, Version


def checked_before(home: Home, previous: Version | None) -> set[tuple[str, str]]:
    """Source and name of the datasets that the version before was checked for, by this program and these contracts; of the others
    all rows are checked. Raises NightlyFailed when the version cannot be read."""
    if previous is None or previous.made_with is None or previous.made_with != made_with(home):
        return set()
    with open_for_reading(previous.published) as connection:
        return set(connection.execute("select distinct source, dataset from contract_check").fetchall())
