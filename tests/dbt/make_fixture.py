"""Small histories for tests: delivered extracts, written the way pipelines/ hands them to dbt.

What belongs here: turning lists of rows per extract (contract column names, text values, numbers in clear) into a
history database and the input schema of a warehouse. What does not belong here: reading deliveries, and anything that
computes a figure.

Run it to look at a small warehouse: ``python -m tests.dbt.make_fixture FOLDER`` writes history.duckdb and
warehouse.duckdb; then ``dbt build`` with what ``dbt_environment`` gives for them.
"""

import hashlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

Row = dict[str, str]
#: (source, extract date) -> dataset -> rows
Extracts = Mapping[tuple[str, date], Mapping[str, list[Row]]]

_NUMBER, _DATE, _YES_NO, _TEXT, _INTEGER, _DECIMAL = "number", "date", "yes_no", "text", "integer", "decimal"
_POLARS = {
    _NUMBER: pl.String,
    _DATE: pl.Date,
    _YES_NO: pl.Boolean,
    _TEXT: pl.String,
    _INTEGER: pl.Int64,
    _DECIMAL: pl.Decimal(38, 18),
}

#: source -> dataset -> (key columns, column -> type); deliveries.md section 4.
LAYOUT: dict[str, dict[str, tuple[list[str], dict[str, str]]]] = {
    "folkbokforing": {
        "personer": (
            ["personnummer"],
            {
                "personnummer": _NUMBER,
                "tidigare_personnummer": _NUMBER,
                "stadsdelsomrade": _TEXT,
                "folkbokford_fran": _DATE,
                "invandrad_efter_skolplikt": _YES_NO,
                "skyddsmarkering": _TEXT,
            },
        ),
    },
    "skolregister": {
        "studieperioder": (
            ["studieperiod_id"],
            {
                "studieperiod_id": _TEXT,
                "personnummer": _NUMBER,
                "skolenhetskod": _TEXT,
                "skolform": _TEXT,
                "studievag": _TEXT,
                "startdatum": _DATE,
                "slutdatum": _DATE,
                "avslut": _TEXT,
            },
        ),
    },
    "beda": {
        "bevis": (["personnummer", "bevis"], {"personnummer": _NUMBER, "bevis": _TEXT, "datum": _DATE}),
    },
    "ber": {
        "register": (
            ["personnummer"],
            {
                "personnummer": _NUMBER,
                "registrerad_datum": _DATE,
                "registreringsorsak": _TEXT,
                "kategori": _TEXT,
                "kategori_fran": _DATE,
                "stadsdelsomrade": _TEXT,
            },
        ),
        "kontakter": (
            ["kontakt_id"],
            {
                "kontakt_id": _TEXT,
                "personnummer": _NUMBER,
                "datum": _DATE,
                "riktning": _TEXT,
                "kanal": _TEXT,
                "besvarad": _YES_NO,
                "besvarad_av": _TEXT,
                "antal_personal": _INTEGER,
                "makulerad": _YES_NO,
            },
        ),
        "sysselsattningar": (
            ["sysselsattning_id"],
            {
                "sysselsattning_id": _TEXT,
                "personnummer": _NUMBER,
                "datum": _DATE,
                "kontakt_id": _TEXT,
                "sysselsattning": _TEXT,
            },
        ),
        "inskrivningar": (
            ["inskrivning_id"],
            {
                "inskrivning_id": _TEXT,
                "personnummer": _NUMBER,
                "forvaltning": _TEXT,
                "inskriven_datum": _DATE,
                "avslutad_datum": _DATE,
                "avslutsorsak": _TEXT,
            },
        ),
        "insatser": (
            ["insats_id"],
            {
                "insats_id": _TEXT,
                "inskrivning_id": _TEXT,
                "insats": _TEXT,
                "startdatum": _DATE,
                "slutdatum": _DATE,
                "avslutsorsak": _TEXT,
            },
        ),
        "bosattningskontroller": (
            ["kontroll_id"],
            {"kontroll_id": _TEXT, "personnummer": _NUMBER, "anmald_datum": _DATE},
        ),
    },
    "enkat": {
        "svar": (["svar_id"], {"svar_id": _TEXT, "datum": _DATE, "fraga": _TEXT, "svar": _INTEGER}),
    },
    "nyckeltal": {
        "nyckeltal": (
            ["period_fran", "period_till", "verksamhet", "matt"],
            {
                "period_fran": _DATE,
                "period_till": _DATE,
                "verksamhet": _TEXT,
                "matt": _TEXT,
                "varde": _DECIMAL,
                "enhet": _TEXT,
                "uppgiftslamnare": _TEXT,
            },
        ),
    },
    "antagning": {
        "antagningar": (
            ["antagning_id"],
            {
                "antagning_id": _TEXT,
                "personnummer": _NUMBER,
                "antagningsar": _INTEGER,
                "omgang": _TEXT,
                "beskedsdatum": _DATE,
                "utfall": _TEXT,
            },
        ),
    },
    "skolslussen": {
        "besok": (
            ["besok_id"],
            {"besok_id": _TEXT, "personnummer": _NUMBER, "datum": _DATE, "besokstyp": _TEXT},
        ),
    },
    "flai": {
        "deltaganden": (
            ["deltagande_id"],
            {
                "deltagande_id": _TEXT,
                "personnummer": _NUMBER,
                "samtycke_fran": _DATE,
                "samtycke_till": _DATE,
                "flai_insats": _TEXT,
                "startdatum": _DATE,
                "slutdatum": _DATE,
                "avslutsorsak": _TEXT,
            },
        ),
    },
    "jobbtorg_unga": {
        "antal": (
            ["period_fran", "period_till", "jobbtorg", "kon", "matt", "orsak"],
            {
                "period_fran": _DATE,
                "period_till": _DATE,
                "jobbtorg": _TEXT,
                "kon": _TEXT,
                "matt": _TEXT,
                "orsak": _TEXT,
                "antal": _INTEGER,
            },
        ),
    },
}

_HISTORY_NAME = {"personnummer": "pseudonym", "tidigare_personnummer": "earlier_pseudonym"}


@dataclass(frozen=True)
class District:
    """A district of a municipality profile and the job-centre that covers it."""

    code: str
    job_centre: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None


def stockholm() -> list[District]:
    """Stockholm's districts, deliveries.md section 6."""
    job_centres = {
        **dict.fromkeys(["05", "06", "07", "08", "09", "10", "11", "22"], "GLOBEN"),
        **dict.fromkeys(["12", "13"], "SKARHOLMEN"),
        **dict.fromkeys(["03", "04"], "VALLINGBY"),
        **dict.fromkeys(["01", "02", "21"], "KISTA"),
    }
    successors = {"01": "21", "02": "21", "06": "22", "07": "22"}
    return [
        District(
            code,
            job_centre,
            valid_from=date(2023, 7, 1) if code in ("21", "22") else None,
            valid_to=date(2023, 6, 30) if code in successors else None,
            successor=successors.get(code),
        )
        for code, job_centre in sorted(job_centres.items())
    ]


def pseudonym(number: str) -> str:
    """A stand-in for the HMAC: what matters is that its order has nothing to do with the number's."""
    return hashlib.sha256(f"test {number}".encode()).hexdigest()[:32]


def birth_date(number: str) -> date:
    """The birth date in a number; a samordningsnummer has 60 added to the day."""
    day = int(number[6:8])
    return date(int(number[:4]), int(number[4:6]), day - 60 if day > 60 else day)


def _typed(value: str, type_: str) -> object:
    if value == "":
        return None
    match type_:
        case "number":
            return pseudonym(value)
        case "date":
            return date.fromisoformat(value)
        case "yes_no":
            return value == "J"
        case "integer":
            return int(value)
        case "decimal":
            return Decimal(value)
    return value


def _runs(days: list[date], rows_of_day: list[list[Row]], key: list[str]) -> Iterable[tuple[Row, date, date | None]]:
    """The unbroken runs of one dataset: row, first extract, last extract (none while it reaches the latest)."""
    running: dict[tuple[str, ...], tuple[Row, int]] = {}
    for index, rows in enumerate(rows_of_day):
        now = {tuple(row[column] for column in key): row for row in rows}
        for each, (row, began) in list(running.items()):
            if now.get(each) != row:
                yield row, days[began], days[index - 1]
                del running[each]
        for each, row in now.items():
            running.setdefault(each, (row, index))
    for row, began in running.values():
        yield row, days[began], None


def write_history(connection: duckdb.DuckDBPyConnection, catalog: str, extracts: Extracts) -> None:
    """Fill the schema ``main`` of a catalog with the history of these extracts."""
    numbers: set[str] = set()
    loaded: list[tuple[str, date, int, str]] = []
    for source, datasets in LAYOUT.items():
        days = sorted(day for name, day in extracts if name == source)
        loaded += [(source, day, 1, f"{source}-{day}") for day in days]
        for dataset, (key, columns) in datasets.items():
            lines = []
            rows_of_day = [extracts[source, day].get(dataset, []) for day in days]
            for row, first, last in _runs(days, rows_of_day, key):
                numbers |= {row[name] for name, type_ in columns.items() if type_ == _NUMBER and row[name]}
                lines.append([*(_typed(row[name], type_) for name, type_ in columns.items()), first, last])
            schema = {_HISTORY_NAME.get(name, name): _POLARS[type_] for name, type_ in columns.items()}
            schema |= {"first_extract_date": pl.Date, "last_extract_date": pl.Date}
            _create(connection, f"{catalog}.main.{source}_{dataset}", lines, schema)
    _create(
        connection,
        f"{catalog}.main.extract",
        loaded,
        {"source": pl.String, "extract_date": pl.Date, "revision": pl.Int32, "delivery_id": pl.String},
    )
    _create(
        connection,
        f"{catalog}.main.number",
        [(pseudonym(each), birth_date(each), "man" if int(each[10]) % 2 else "kvinna") for each in sorted(numbers)],
        {"pseudonym": pl.String, "birth_date": pl.Date, "gender": pl.String},
    )


def _year_before(first: date, last: date) -> tuple[date | None, date | None]:
    """The days of the same kind of period one year earlier: both ends are ends of months, or of a single day."""
    if first.year == date.min.year:
        return None, None
    before = first.replace(year=first.year - 1, day=min(first.day, 28))
    if first == last:
        return before, before
    after = last + timedelta(days=1)
    return before, after.replace(year=after.year - 1) - timedelta(days=1)


def write_input(
    connection: duckdb.DuckDBPyConnection,
    catalog: str,
    periods: Iterable[tuple[str, date, date]],
    districts: Iterable[District],
    known_to: date = date(9999, 12, 31),
    protected_identities: str = "as_figures",
) -> None:
    """Fill the schema ``input`` of a catalog: what is asked for, and the profile."""
    connection.execute(f"create schema if not exists {catalog}.input")
    districts = list(districts)
    centres = sorted({each.job_centre for each in districts if each.job_centre})
    text, day = pl.String, pl.Date
    _create(connection, f"{catalog}.input.knowledge", [(known_to,)], {"known_to": day})
    _create(
        connection,
        f"{catalog}.input.period",
        [
            (period_id, period_id.split("-")[0].rstrip("12"), first, last, *_year_before(first, last))
            for period_id, first, last in periods
        ],
        {
            **{"period_id": text, "period_kind": text, "starts_on": day, "ends_on": day},
            **{"year_before_starts_on": day, "year_before_ends_on": day},
        },
    )
    _create(
        connection,
        f"{catalog}.input.district",
        [(each.code, f"Område {each.code}", each.valid_from, each.valid_to, each.successor) for each in districts],
        {"code": text, "name": text, "valid_from": day, "valid_to": day, "successor_code": text},
    )
    _create(
        connection,
        f"{catalog}.input.job_centre",
        [(code, f"Jobbtorg {code}", position) for position, code in enumerate(centres)],
        {"code": text, "name": text, "position": pl.Int32},
    )
    _create(
        connection,
        f"{catalog}.input.job_centre_district",
        [(each.code, each.job_centre) for each in districts if each.job_centre],
        {"district_code": text, "job_centre_code": text},
    )
    _create(
        connection,
        f"{catalog}.input.code",
        [],
        {"code_list": text, "code": text, "label": text, "position": pl.Int32},
    )
    _create(
        connection,
        f"{catalog}.input.plan_rule",
        [("plan/visit-by-two", "staff_at_least", date(2018, 7, 1), None)],
        {"rule_id": text, "rule_kind": text, "valid_from": day, "valid_to": day},
    )
    _create(
        connection,
        f"{catalog}.input.plan_parameter",
        [("plan/visit-by-two", "channel", "HEMBESOK"), ("plan/visit-by-two", "at_least", "2")],
        {"rule_id": text, "name": text, "value": text},
    )
    _create(connection, f"{catalog}.input.disclosure", [(protected_identities,)], {"protected_identities": text})


def _create(connection: duckdb.DuckDBPyConnection, table: str, lines: list, schema: dict) -> None:  # type: ignore[type-arg]
    frame = pl.DataFrame(lines, schema=schema, orient="row")
    connection.register("fixture_frame", frame)
    connection.execute(f"create or replace table {table} as select * from fixture_frame")
    connection.unregister("fixture_frame")


def write_files(folder: Path, extracts: Extracts, periods: Iterable[tuple[str, date, date]]) -> None:
    """history.duckdb and warehouse.duckdb in a folder, as a nightly run would leave them to dbt."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{folder / 'history.duckdb'}' as history")
        connection.execute(f"attach '{folder / 'warehouse.duckdb'}' as warehouse")
        write_history(connection, "history", extracts)
        write_input(connection, "warehouse", periods, stockholm())


if __name__ == "__main__":
    from tests.dbt.small_world import EXTRACTS, PERIODS

    write_files(Path(sys.argv[1]), EXTRACTS, PERIODS)
