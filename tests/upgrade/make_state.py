"""Makes the fixture of an old state: python -m tests.upgrade.make_state COMMIT [--small].

``--small`` leaves out what Dagster has kept of the nights, which is half of it.

The nights of ``world`` are run by the program of that commit itself, taken from this repository's history, with the libraries
that are installed here; nothing of today's program has a hand in it. What it says of figures, deliveries, quarantine and
purges is kept beside its KAA_HOME and its drop folder, for today's program to be held against.

    state-COMMIT.tar.xz: home/ (KAA_HOME; its settings name the drop folder as DROP), drop/, said/ (what it printed)
"""

import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.upgrade import world

FOLDER = Path(__file__).parent
#: What stands for the drop folder in the kept settings.
DROP = "/DROP"
#: What no upgrade is about and would make the fixture five times as large: dbt's notes and the pages.
LEFT_OUT = re.compile(r"home/(dbt|logs/dbt\.log|scratch|warehouse/\d+/dbt|published/\d+/report)")


class OldKaa:
    """The program of a commit, with a KAA_HOME and a drop folder."""

    def __init__(self, commit: str, place: Path) -> None:
        self.program, self.home, self.drop = place / "program", place / "home", place / "drop"
        self.drop.mkdir()
        self.program.mkdir()
        archive = subprocess.run(["git", "archive", commit], cwd=FOLDER.parents[1], capture_output=True, check=True)
        subprocess.run(["tar", "x", "-C", str(self.program)], input=archive.stdout, check=True)
        self("init", "--municipality", "stockholm", "--drop", str(self.drop))

    def __call__(self, *arguments: str) -> str:
        """What a command writes to standard output."""
        module = "pipelines.commands.cli" if (self.program / "pipelines" / "commands").exists() else "pipelines.cli"
        done = subprocess.run(
            [sys.executable, "-c", f"from {module} import main; main()", *arguments],
            cwd=self.program, capture_output=True, text=True, check=False,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(self.program), "KAA_HOME": str(self.home), "LANG": "C.UTF-8"},
        )  # fmt: skip
        print(f"kaa {' '.join(arguments)}: {done.returncode} {done.stderr.strip()[-500:]}", file=sys.stderr)
        assert done.returncode in (0, 2), done.stderr
        return done.stdout

    def knows(self, source: str) -> bool:
        """Whether a source has a contract."""
        return (self.program / "data_contracts" / f"{source}.odcs.yaml").exists()

    def held(self) -> dict[str, str]:
        """The held deliveries: extract date -> delivery."""
        listed = json.loads(self("deliveries", "--format", "json"))
        return {one["extract_date"]: one["delivery_id"] for one in listed if one["status"] == "held"}


def live(kaa: OldKaa) -> None:
    """The old nights, with what people decided between them."""
    world.first_night(kaa.drop)
    kaa("nightly")
    if kaa.knows("flai"):
        world.consents(kaa.drop, withdrawn=False)
        kaa("nightly")
    held = kaa.held()
    kaa("deliveries", "release", held[world.RELEASED_EARLY])
    kaa("deliveries", "reject", held[world.REJECTED_EARLY])
    world.second_night(kaa.drop)
    if kaa.knows("flai"):
        world.consents(kaa.drop, withdrawn=True)
    kaa("nightly")
    world.third_night(kaa.drop)
    kaa("nightly")
    kaa("deliveries", "release", kaa.held()[world.RELEASED_LAST])


def ask(kaa: OldKaa, said: Path) -> None:
    """Keep what it says, each answer in a file."""
    said.mkdir()
    for name in ("deliveries", "quarantine", "purge"):
        (said / f"{name}.json").write_text(kaa(name, "--format", "json"), encoding="utf-8")
    for period in world.PERIODS:
        for day in (None, *world.KNOWN):
            known = ("--as-known", day) if day else ()
            answer = kaa("figures", "--period", period, *known)
            (said / f"{period}@{day or 'now'}.csv").write_text(answer, encoding="utf-8")


def pack(kaa: OldKaa, said: Path, target: Path, is_small: bool) -> None:
    """Write the fixture."""
    settings = kaa.home / "settings.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace(str(kaa.drop), DROP), encoding="utf-8")

    def kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if LEFT_OUT.fullmatch(entry.name) or (is_small and entry.name == "home/dagster/history"):
            return None
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(target, "w:xz", preset=9) as tar:
        for folder, name in ((kaa.home, "home"), (kaa.drop, "drop"), (said, "said")):
            tar.add(folder, name, filter=kept)


def main(commit: str, *options: str) -> None:
    """Make the fixture of a commit."""
    with TemporaryDirectory(prefix="kaa-old-") as folder:
        kaa = OldKaa(commit, Path(folder))
        live(kaa)
        ask(kaa, Path(folder) / "said")
        pack(kaa, Path(folder) / "said", FOLDER / f"state-{commit}.tar.xz", "--small" in options)


if __name__ == "__main__":
    main(*sys.argv[1:])
