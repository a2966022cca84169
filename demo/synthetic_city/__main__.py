"""``python -m demo.synthetic_city --out DIR``: writes the synthetic Stockholm's deliveries."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from demo.synthetic_city import generate


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.synthetic_city", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the drop folder")
    parser.add_argument("--seed", type=int, default=2023)
    arguments = parser.parse_args()

    def show(line: str) -> None:
        print(f"\r{line}", end="", file=sys.stderr, flush=True)

    on_terminal = sys.stderr.isatty()
    generate(arguments.out, arguments.seed, show if on_terminal else None)
    if on_terminal:
        print(file=sys.stderr)


if __name__ == "__main__":
    main()
