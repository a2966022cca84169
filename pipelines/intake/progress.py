"""How far a night has come with its deliveries, for who watches. How that is shown belongs to those who show it."""

from pipelines.intake.candidate import Candidate


class Watch:
    """Is told how far a night has come; this one looks away. Several threads may tell it things at once."""

    def begins(self, deliveries: int, rows: int) -> None:
        """So many deliveries wait, of so many rows by their manifests."""

    def read(self, rows: int) -> None:
        """A delivery of so many rows has been read and archived."""

    def loaded(self, deliveries: int, rows: int) -> None:
        """So many deliveries have been judged and loaded."""


NOBODY = Watch()


def rows_promised(candidate: Candidate) -> int:
    """The rows of a delivery by its manifest."""
    return sum(file.rows for file in candidate.manifest.files)
