"""What the nights of the old state deliver, and what comes after it. Each function writes into a drop folder and is given once.

The old state holds every status, a chain of numbers, a purge, rows in quarantine, a delivery that is still held and one that a
person has released since the last night.
"""

from pathlib import Path

from tests.model.world import Extract, personnummer, samordningsnummer

YOUTHS = [personnummer("2005-03-01", serial) for serial in range(100, 220)]
OLD = personnummer("2002-05-05", 120)
EARLIER, NEWER = samordningsnummer("2006-01-01", 301), personnummer("2006-01-01", 302)

#: Periods and days of knowledge whose figures the old program was asked for.
PERIODS = ("verksamhetsar-2023", "kalenderar-2023", "halvar2-2023", "dag-2023-11-28", "dag-2024-01-02")
KNOWN = ("2023-11-28", "2023-11-29", "2024-01-02")

#: The last of the old nights' deliveries: which of them a person decided on, by extract date of `beda`.
RELEASED_EARLY, REJECTED_EARLY, RELEASED_LAST, STILL_HELD = "2023-11-28", "2023-11-29", "2024-01-02", "2024-01-03"


def first_night(drop: Path) -> None:
    """Two nights of the register and of the residents, held certificates, every kind of rejection."""
    for day in ("2023-11-27", "2023-11-29"):
        _register(day).write(drop)
        _residents(day, YOUTHS).write(drop)
    for day, youths in (("2023-11-27", YOUTHS), ("2023-11-28", YOUTHS[:40]), ("2023-11-29", YOUTHS[:50])):
        _certificates(day, youths).write(drop)
    _studies("2023-11-27").write(drop)
    Extract("ber", "2017-05-03", folder="gammal").registered(OLD).with_fault("checksum_mismatch").write(drop)
    Extract("enkat", "2023-11-28", folder="Åsas leverans, nr 1").answer("a1").written_as("svar", gzipped=True).write(
        drop
    )
    Extract("nyckeltal", "2023-11-29").key_number().write(drop)
    for reason, way in (
        ("bad_manifest", "not json"), ("unsupported_schema_version", "major 2"), ("wrong_municipality", None),
        ("future_date", None), ("missing_dataset", None), ("missing_file", "not there"), ("undecodable", "half a gzip"),
        ("malformed_csv", None), ("missing_column", None), ("row_count_mismatch", None), ("too_many_bad_rows", None),
    ):  # fmt: skip
        faulty = Extract("enkat", "2023-11-20", folder=f"{reason} {way or ''}".strip()).answer("b1")
        faulty.with_fault(reason, way).write(drop)


def second_night(drop: Path) -> None:
    """A late night, revisions in both orders, a conflict, a duplicate, another encoding."""
    _residents("2023-11-28", YOUTHS[:110], stadsdelsomrade="12").write(drop)
    _certificates("2023-12-01", YOUTHS).write(drop)
    revised = _register("2023-11-29", revision=3).registered(NEWER)
    revised.written_as("kontakter", encoding="iso-8859-1").write(drop)
    _register("2023-11-29", revision=2).write(drop)
    Extract("enkat", "2023-11-28", folder="en annan").answer("a2").write(drop)
    Extract("enkat", "2023-11-28", folder="Åsas leverans, nr 2").answer("a1").written_as("svar", gzipped=True).write(
        drop
    )


def third_night(drop: Path) -> None:
    """With it the data's clock shows the year in which OLD is purged; a number gives way to another; certificates are held."""
    later = Extract("ber", "2024-01-02").registered(YOUTHS[1]).contact("k1", OLD, datum="2022-02-03").registered(NEWER)
    later.contact("k4", YOUTHS[1], datum="2023-12-12", kanal="TELEGRAM")
    later.contact("k5", YOUTHS[2], datum="2023-12-13", besvarad="J", besvarad_av="UNGDOM").write(drop)
    _linked("2024-01-02").write(drop)
    for day, youths in ((RELEASED_LAST, YOUTHS[:40]), (STILL_HELD, YOUTHS[:30])):
        _certificates(day, youths).write(drop)


def consents(drop: Path, *, withdrawn: bool) -> None:
    """Participation that rests on consent, and a night on which one of two consents has ended: for programs that know Flai."""
    day, until = ("2023-12-02", "2023-11-30") if withdrawn else ("2023-11-28", "")
    participations = Extract("flai", day).participation("STAYS", YOUTHS[4])
    participations.participation("WENT", YOUTHS[5], samtycke_till=until).write(drop)


def night_after(drop: Path) -> None:
    """A new night of the sources that deliver nightly."""
    later = Extract("ber", "2024-01-03").registered(YOUTHS[1]).registered(YOUTHS[2]).registered(NEWER)
    later.contact("k6", YOUTHS[2], datum="2024-01-02", besvarad="J", besvarad_av="UNGDOM").write(drop)
    _linked("2024-01-03").write(drop)


def late_delivery(drop: Path) -> None:
    """A night of November that nobody had delivered."""
    _residents("2023-11-30", YOUTHS[:108], stadsdelsomrade="06").write(drop)


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


def _linked(day: str) -> Extract:
    linked = Extract("folkbokforing", day).resident(NEWER, tidigare_personnummer=EARLIER)
    for number in YOUTHS[:90]:
        linked.resident(number, stadsdelsomrade="04")
    return linked


def _certificates(day: str, youths: list[str]) -> Extract:
    certificates = Extract("beda", day)
    for number in youths:
        certificates.certificate(number, "STUDIEBEVIS")
    return certificates


def _studies(day: str) -> Extract:
    studies = Extract("skolregister", day)
    for place, number in enumerate(YOUTHS[30:50]):
        studies.study(f"s{place}", number)
    return studies
