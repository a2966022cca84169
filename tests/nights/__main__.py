"""Prints the table of docs/nattveckan.md: python -m tests.nights."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.nights.table import table
from tests.nights.week import lived

if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        print(table(lived(Path(folder))))
