"""What the three nights of these tests deliver, and what is compared of two homes."""

from pathlib import Path
from typing import Any

import duckdb

from pipelines.state.home import Home
from tests.faults import plain_nightly
from tests.model.world import Extract, personnummer, samordningsnummer

YOUTHS = [personnummer("2005-03-01", serial) for serial in range(100, 220)]
OLD = personnummer("2002-05-05", 120)
EARLIER, NEWER = samordningsnummer("2006-01-01", 301), personnummer("2006-01-01", 302)


def three_nights(home: Home) -> None:
    """Revisions, held deliveries that are released and rejected, late ones, conflicts, repeats, every kind of rejection, number
    links, gzip, Latin-1, links, names in Swedish, not in UTF-8 and after somebody; persons and an archive that are purged."""
    drop = home.drop
    for day in ("2023-11-27", "2023-11-29"):
        _register(day).write(drop)
        _residents(day, YOUTHS).write(drop)
    for day, youths in (("2023-11-27", YOUTHS), ("2023-11-28", YOUTHS[:40]), ("2023-11-29", YOUTHS[:50])):
        _certificates(day, youths).write(drop)
    Extract("ber", "2017-05-03", folder="gammal").registered(OLD).with_fault("checksum_mismatch").write(drop)
    Extract("enkat", "2023-11-28", folder="Åsas leverans, nr 1").answer("a1").written_as("svar", gzipped=True).write(
        drop
    )
    for reason, way in (
        ("bad_manifest", "not json"), ("bad_manifest", "file linked from outside"), ("bad_manifest", "no such date"),
        ("unsupported_schema_version", "major 2"), ("wrong_municipality", None), ("future_date", None),
        ("missing_dataset", None), ("missing_file", "not there"), ("undecodable", "half a gzip"), ("malformed_csv", None),
        ("missing_column", None), ("row_count_mismatch", None), ("too_many_bad_rows", None),
    ):  # fmt: skip
        faulty = Extract("enkat", "2023-11-20", folder=f"{reason} {way or ''}".strip()).answer("b1")
        faulty.with_fault(reason, way).write(drop)
    plain_nightly.nightly(home)

    held = {
        row[1]: row[0] for row in rows(home, "select delivery_id, extract_date from delivery where status = 'held'")
    }
    released, rejected = (held[day] for day in sorted(held))
    home.decide(released, "release")
    home.decide(rejected, "reject")
    _residents("2023-11-28", YOUTHS[:110], stadsdelsomrade="12").write(drop)  # late
    revised = _register("2023-11-29", revision=2).registered(NEWER)
    revised.written_as("kontakter", encoding="iso-8859-1").write(drop)
    Extract("enkat", "2023-11-28", folder="en annan").answer("a2").write(drop)  # a conflict
    Extract("enkat", "2023-11-28", folder="Åsas leverans, nr 2").answer("a1").written_as("svar", gzipped=True).write(
        drop
    )
    named = Extract("nyckeltal", "2023-11-29", folder=f"om {YOUTHS[7]}", file_names={"nyckeltal": f"till {YOUTHS[8]}"})
    named.key_number().write(drop)
    plain_nightly.nightly(home)

    # With it the data's clock shows the year in which OLD is purged, and the archive of 2017.
    later = Extract("ber", "2024-01-02").registered(YOUTHS[1]).contact("k1", OLD, datum="2022-02-03").registered(NEWER)
    later.contact("k4", YOUTHS[1], datum="2023-12-12", kanal="TELEGRAM").write(drop)
    linked = Extract("folkbokforing", "2024-01-02").resident(NEWER, tidigare_personnummer=EARLIER)
    for number in YOUTHS[:90]:
        linked.resident(number, stadsdelsomrade="04")
    linked.write(drop)
    plain_nightly.nightly(home)


def _register(day: str, revision: int = 1) -> Extract:
    register = Extract("ber", day, revision=revision).registered(OLD).contact("k1", OLD, datum="2022-02-03")
    register.registered(YOUTHS[0]).registered(EARLIER)
    register.contact("k2", YOUTHS[0], datum="2023-10-02", besvarad="J", besvarad_av="UNGDOM")
    return register.contact("k3", OLD, kanal="TELEGRAM").enrolment("i1", YOUTHS[0]).measure("m1", "i1")


def _residents(day: str, youths: list[str], **values: str) -> Extract:
    residents = Extract("folkbokforing", day).resident("200503019999")
    for number in youths:
        residents.resident(number, **({"stadsdelsomrade": "04"} | values))
    return residents


def _certificates(day: str, youths: list[str]) -> Extract:
    certificates = Extract("beda", day)
    for number in youths:
        certificates.certificate(number, "STUDIEBEVIS")
    return certificates


def rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the published version's published file."""
    version = home.current()
    assert version is not None
    with duckdb.connect(str(version.published), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def content(home: Home, *leave_out: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of history and published file; two homes with the same deliveries agree in all of it but what is left out, the
    moments of their nights, and what those nights had to tell."""
    version = home.current()
    assert version is not None
    found = {}
    for path in (version.history, version.published):
        with duckdb.connect(str(path), read_only=True) as connection:
            names = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
            for name in sorted(set(names) - {"night", "notice", "trouble", *leave_out}):
                sql = "* exclude (version, published_at)" if name == "publication" else "*"
                found[f"{path.stem}.{name}"] = connection.execute(f"select {sql} from {name} order by all").fetchall()
    return found


#: What says how the last run went, also one that changes nothing else: files, and a folder.
_OF_THE_LAST_RUN = {"nightly.lock", "last_run.json", "events.jsonl", "troubles.json", "troubles.lock", "metrics"}


def everything(path: Path) -> dict[str, bytes | str]:
    """All that lies below a folder, byte by byte, but for what says how the last run went."""
    return {
        str(each.relative_to(path)): str(each.readlink()) if each.is_symlink() else each.read_bytes()
        for each in sorted(path.rglob("*"))
        if (each.is_symlink() or each.is_file()) and not _OF_THE_LAST_RUN & {each.name, each.parent.name}
    }
