"""What Dagster itself loads (pyproject.toml): the definitions, in a process whose surroundings are first made the program's.

Dagster is the caller there, so its own variables stay. `kaa nightly` does not come this way: ``cli`` does the same for it.
"""

from pipelines.runtime import surroundings

surroundings.leave_behind(also=["DAGSTER_"])
surroundings.spare_libraries()

from pipelines.orchestration.definitions import definitions  # noqa: E402 - only now: the libraries look at once

defs = definitions()
