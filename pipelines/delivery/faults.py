"""What can be wrong with a delivery or a row, in the order of deliveries.md sections 2 and 3. Texts are Swedish: people
read them in lists and on pages, and they never quote a value from the data. A sentence about a delivery says what makes it be
judged anew."""

from dataclasses import dataclass

#: Reasons for `rejected`, in the order in which the first that applies is given.
REJECTION_ORDER = (
    "unsupported_schema_version",
    "bad_manifest",
    "wrong_municipality",
    "future_date",
    "missing_dataset",
    "missing_file",
    "checksum_mismatch",
    "undecodable",
    "malformed_csv",
    "missing_column",
    "row_count_mismatch",
    "too_many_bad_rows",
    "conflict",
)


#: A delivery is known by its folder and its manifest's bytes, so a mended file alone is never looked at again.
AGAIN = "leverera igen med nytt manifest (ny tid i skapad)"


@dataclass(frozen=True)
class Fault:
    """Why a delivery is not usable: a reason code and a sentence that says what to do."""

    reason: str
    message: str

    @property
    def rank(self) -> int:
        return REJECTION_ORDER.index(self.reason)


def first_fault(faults: list[Fault]) -> Fault | None:
    """The fault that the list of deliveries gives: first by reason, then in the order found."""
    return min(faults, key=lambda fault: fault.rank, default=None)
