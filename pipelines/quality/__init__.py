"""The contracts' promises about a whole dataset, checked by Great Expectations before publishing.

``checks`` says what a contract promises, ``engine`` lets Great Expectations judge it, ``process`` has that done beside the
nightly. Typing and judging single rows belongs in ``pipelines.delivery``, holding or rejecting a delivery in
``pipelines.delivery.judging``, and relations between figures in dbt: checked here is that what was loaded is what the
contract says it is.
"""

from pipelines.quality.checks import CheckResult
from pipelines.quality.engine import validate_dataset
from pipelines.quality.process import PROCESS, Promised, validate

__all__ = ["PROCESS", "CheckResult", "Promised", "validate", "validate_dataset"]
