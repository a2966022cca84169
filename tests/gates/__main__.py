"""``python -m tests.gates [KAA_HOME]`` plants all faults and writes docs/quality-gates.md; there the checks are timed."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.gates.catalogue import planted
from tests.gates.cost import costs
from tests.gates.models import changed_models
from tests.gates.report import page
from tests.repository import ROOT

if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        findings = [*planted(Path(folder)), *changed_models()]
    measured = costs(Path(sys.argv[1])) if sys.argv[1:] else {}
    (ROOT / "docs" / "quality-gates.md").write_text(page(findings, measured), encoding="utf-8")
