"""What the fault tests share: two published states of one home, nightlies in processes of their own, and what must hold.

The first nightly has published version 1 from the first deliveries; the second has as much to do as one night can have: new
extracts of several sources, a revision, a released delivery, rows for the quarantine, persons and archives to purge.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.state.home import ZONES, Home, Version, initialise, open_home
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer

ROOT = Path(__file__).resolve().parents[2]

YOUTHS = [personnummer("2005-03-01", serial) for serial in range(100, 220)]
OLD = personnummer("2002-05-05", 120)

#: How many rows of a (source, extract date, dataset) repeat another row.
REPEATED = {("folkbokforing", "2023-11-30", "personer"): 2}

State = dict[str, list[tuple[Any, ...]]]


def first_deliveries(drop: Path) -> None:
    """What version 1 is made from; beda's second extract is held."""
    for day in ("2023-11-28", "2023-11-29"):
        register = Extract("ber", day).registered(OLD).contact("k1", OLD, datum="2022-02-03")
        register.registered(YOUTHS[0]).contact("k2", YOUTHS[0], datum="2023-10-02", besvarad="J", besvarad_av="UNGDOM")
        register.contact("k3", OLD, datum="2022-02-04", kanal="TELEGRAM").enrolment("i1", YOUTHS[0]).measure("m1", "i1")
        register.write(drop)
        residents = Extract("folkbokforing", day)
        for number in YOUTHS:
            residents.resident(number, stadsdelsomrade="04")
        residents.write(drop)
    for day, youths in (("2023-11-28", YOUTHS), ("2023-11-29", YOUTHS[:50])):
        certificates = Extract("beda", day)
        for number in youths:
            certificates.certificate(number, "STUDIEBEVIS")
        certificates.write(drop)
    # Its archive outlives its time on the second night; a loaded extract as old as that would give many periods to build.
    Extract("ber", "2017-05-03").registered(OLD).with_fault("checksum_mismatch").write(drop)


def second_deliveries(drop: Path) -> None:
    """What the second nightly finds; with it the data's clock shows the year in which OLD is purged."""
    residents = Extract("folkbokforing", "2023-11-30")
    for number in [*YOUTHS[:110], *YOUTHS[:2]]:
        residents.resident(number, stadsdelsomrade="12")
    residents.resident("200503019999").write(drop)
    Extract("skolregister", "2023-11-30").study("s1", YOUTHS[3]).study("s2", YOUTHS[4], slutdatum="2019-01-01").write(
        drop
    )
    revised = Extract("ber", "2023-11-29", revision=2).registered(YOUTHS[0]).registered(YOUTHS[1])
    revised.contact("k1", OLD, datum="2022-02-03").enrolment("i1", YOUTHS[0]).measure("m1", "i1").write(drop)
    later = Extract("ber", "2024-01-02").registered(YOUTHS[1]).contact("k1", OLD, datum="2022-02-03")
    later.contact("k4", YOUTHS[1], datum="2023-12-12", kanal="TELEGRAM").write(drop)
    Extract("ber", "2024-01-03").registered(YOUTHS[1]).with_fault("checksum_mismatch").write(drop)


@dataclass(frozen=True)
class Night:
    """A home in which version 1 is published and the second night's deliveries wait, and what must come of them."""

    path: Path
    before: State
    after: State
    history: State
    archive: list[str]
    environment: Mapping[str, str]

    def copy(self, path: Path) -> Home:
        """A home of one's own to break."""
        shutil.copytree(self.path, path)
        home, _ = initialise("stockholm", path / "drop", path / "home")
        settings = home.path / "settings.toml"
        settings.write_text(settings.read_text().replace(str(self.path), str(path)))
        return open_home(home.path)


def make_night(path: Path, models: Path) -> Night:
    """Publish version 1 and find out, in a copy, what the second nightly must give."""
    os.environ[plain_nightly.MODELS] = str(models)
    (path / "drop").mkdir(parents=True)
    home, _ = initialise("stockholm", path / "drop", path / "home")
    first_deliveries(home.drop)
    plain_nightly.nightly(home)
    first = home.current()
    assert first is not None
    held = rows(first.published, "select delivery_id from delivery where status = 'held'")
    home.decide(held[0][0], "release")
    second_deliveries(home.drop)
    night = Night(path, state(home), {}, {}, [], {plain_nightly.MODELS: str(models)})
    reference = night.copy(path.with_name(path.name + "-reference"))
    plain_nightly.nightly(reference)
    return Night(path, night.before, state(reference), history(reference), archived(reference), night.environment)


def rows(file: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a file, as a reader opens it."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def state(home: Home) -> State:
    """What readers see of the published version, apart from its number and time."""
    version = home.current()
    assert version is not None
    tables = {
        "figures": "from figures order by all",
        "delivery": "select * exclude (judged_in) from delivery order by all",
        "quarantine": "from quarantine order by all",
        "period": "from period order by all",
        "purge_protocol": "select * exclude (version) from purge_protocol order by all",
        "publication": "select * exclude (version, published_at, sql_fingerprint) from publication",
    }
    return {name: rows(version.published, sql) for name, sql in tables.items()}


def history(home: Home) -> State:
    """Every row of the published version's history."""
    version = home.current()
    assert version is not None
    names = [name for (name,) in rows(version.history, "select table_name from duckdb_tables() order by 1")]
    content = {name: rows(version.history, f"from {name} order by all") for name in names}
    # How many nights it took, and when they were, differs.
    del content["night"]
    without_version = {"delivery": "* exclude (judged_in)", "purge_protocol": "* exclude (version)"}
    for name, columns in without_version.items():
        content[name] = rows(version.history, f"select {columns} from {name} order by all")
    return content


def archived(home: Home) -> list[str]:
    """The archive's files."""
    return sorted(path.relative_to(home.archive).as_posix() for path in home.archive.rglob("*") if path.is_file())


def assert_reconciled(home: Home) -> None:
    """Received = loaded + quarantined + repeated, for every loaded extract of the sources of which nobody is purged."""
    version = home.current()
    assert version is not None
    counted = 0
    received = rows(
        version.history,
        "select e.source, e.extract_date, delivery_id, r.dataset, r.rows from extract e join extract_dataset r "
        "using (delivery_id) where e.source <> 'ber'",
    )
    for source, day, delivery_id, dataset, number in received:
        loaded = rows(
            version.history,
            f"select count(*) from {source}_{dataset} where first_extract_date <= '{day}' "
            f"and coalesce(last_extract_date, '9999-12-31') >= '{day}'",
        )[0][0]
        quarantined = rows(
            version.history,
            f"select count(*) from quarantine where delivery_id = '{delivery_id}' and dataset = '{dataset}'",
        )[0][0]
        assert number == loaded + quarantined + REPEATED.get((source, str(day), dataset), 0), (source, day, dataset)
        counted += 1
    assert counted >= 6


def assert_clean(home: Home) -> None:
    """Nothing is left that a killed nightly had begun."""
    current = home.current()
    assert current is not None
    for zone in ZONES:
        assert [path.name for path in (home.path / zone).iterdir()] == [current.folder(zone).name]
    assert [path for path in home.path.rglob("*") if path.suffix in (".part", ".wal", ".tmp")] == []
    assert [path for path in home.archive.rglob("*") if ".incoming" in path.parts and path.is_file()] == []


def assert_whole(home: Home, night: Night) -> Version:
    """The published version is exactly the one before or the one after, and opens."""
    version = home.current()
    assert version is not None
    assert not version.published.with_name(version.published.name + ".wal").exists()
    assert state(home) == (night.before if version.number == 1 else night.after)
    assert version.number in (1, 2)
    return version


def assert_recovers(home: Home, night: Night) -> None:
    """The next nightly needs no hands and gives what an undisturbed one would have given."""
    plain_nightly.nightly(home)
    assert_recovered(home, night)


def assert_recovered(home: Home, night: Night) -> None:
    """What an undisturbed second nightly gives, to the row, and nothing else is left."""
    assert state(home) == night.after
    assert history(home) == night.history
    assert archived(home) == night.archive
    assert home.decisions() == {}
    assert_reconciled(home)
    assert_clean(home)


def start(home: Home, night: Night, kind: str, step: str = "", **named: Any) -> subprocess.Popen[str]:
    """A nightly in a process of its own, the leader of its own process group."""
    command = [sys.executable, "-m", "tests.faults.driver", str(home.path), kind, *([step] if step else [])]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **night.environment}, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **named,
    )  # fmt: skip


def kill_at(home: Home, night: Night, kind: str, step: str) -> None:
    """Let a nightly be killed at a step."""
    process = start(home, night, kind, step)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL, (step, process.returncode, errors[-3000:])
