"""The contracts' promises about a whole dataset, checked by Great Expectations before publishing.

``checks`` says what a contract promises, ``engine`` lets Great Expectations judge it. Typing and judging
single rows belongs in ``pipelines.delivery``, holding or rejecting a delivery in ``pipelines.delivery.judging``,
and relations between figures in dbt: checked here is that what was loaded is what the contract says it is.
"""

from pipelines.quality.checks import CheckResult
from pipelines.quality.engine import load_library, validate_dataset

__all__ = ["CheckResult", "load_library", "validate_dataset"]
