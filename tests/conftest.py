"""What holds for all tests: dbt's notes of the project, which every new KAA_HOME needs, are made once for all of them."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.warehouse import dbt

_PROJECT = dbt.PROJECT
_parse = dbt._parse


@pytest.fixture(scope="session", autouse=True)
def _parsed_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Parsing takes five seconds. A test's own project is parsed as ever (``tests/orchestration/test_dbt_parse.py``)."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder

    def parse(kept: Path) -> None:
        if _PROJECT != dbt.PROJECT:
            _parse(kept)
            return
        made = folder / kept.name
        with (folder / f"{kept.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                _parse(kept)
                shutil.copytree(kept, made.with_suffix(".part"))
                made.with_suffix(".part").rename(made)
                return
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(made, kept)
        kept.chmod(0o700)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "_parse", parse)
        yield
