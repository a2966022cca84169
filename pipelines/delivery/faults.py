"""What can be wrong with a delivery, in the order of deliveries.md section 2. What it says to people is worded in ``notices``."""

from dataclasses import dataclass
from enum import StrEnum

from pipelines.notices import Flaw, Remark, RemarkCode, remark


class Rejection(StrEnum):
    """Reasons for `rejected`, in the order in which the first that applies is given."""

    UNSUPPORTED_SCHEMA_VERSION = "unsupported_schema_version"
    BAD_MANIFEST = "bad_manifest"
    WRONG_MUNICIPALITY = "wrong_municipality"
    FUTURE_DATE = "future_date"
    MISSING_DATASET = "missing_dataset"
    MISSING_FILE = "missing_file"
    CHECKSUM_MISMATCH = "checksum_mismatch"
    UNDECODABLE = "undecodable"
    MALFORMED_CSV = "malformed_csv"
    MISSING_COLUMN = "missing_column"
    ROW_COUNT_MISMATCH = "row_count_mismatch"
    TOO_MANY_BAD_ROWS = "too_many_bad_rows"
    CONFLICT = "conflict"


_RANK = {reason: place for place, reason in enumerate(Rejection)}


@dataclass(frozen=True)
class Fault:
    """Why a delivery is not usable: a reason, and what is said of it, with what to do."""

    reason: Rejection
    remarks: tuple[Remark, ...]

    @property
    def rank(self) -> int:
        return _RANK[self.reason]


def fault(reason: Rejection, code: RemarkCode, **about: object) -> Fault:
    """A fault that is told in one remark."""
    return Fault(reason, (remark(code, **about),))


def malformed(file: str, line: int, what: Flaw, **about: object) -> Fault:
    """A file that is no CSV at a line."""
    return fault(Rejection.MALFORMED_CSV, RemarkCode.CSV_MALFORMED, file=file, line=line, what=what, **about)


def first_fault(faults: list[Fault]) -> Fault | None:
    """The fault that the list of deliveries gives: first by reason, then in the order found."""
    return min(faults, key=lambda fault: fault.rank, default=None)
