"""The report as documents and data files, made from the published file only.

    build_documents(published_file, "verksamhetsar-2023", out)

``outline`` says what stands in them; each kind of file has a module of its own. ``names`` says where they lie, for pages that
link to them, and imports nothing heavy.
"""

import logging
from pathlib import Path


def build_documents(published_file: Path, period_id: str, out: Path, appendices: bool = False) -> list[Path]:
    """All documents and data files of one period's report; returns what was written. ``appendices``: of the Word document.

    Raises NoReport where the file has no such period.
    """
    # A user without a home folder has no place for Matplotlib's list of fonts; it then makes one each time, and need not tell.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    # The libraries behind take half a second to load: who only wants the names should not wait for them.
    from dashboards.documents import build

    return build.build_documents(published_file, period_id, out, appendices)
