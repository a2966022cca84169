"""Nightly extracts of Stockholm's size for the benchmarks: every dataset, every weekday night, few rows changing.

Sizes are the city's: 60 000 residents, 45 000 school enrolments, 3 000 in the register, 40 000 contacts and what goes with
them. About one row in three hundred differs from the night before. What the rows say is of no interest here (``demo`` makes
a city that behaves); all numbers are synthetic.
"""

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

FIRST_NIGHT = date(2022, 12, 1)

SIZES = {
    "personer": 60_000,
    "studieperioder": 45_000,
    "bevis": 20_000,
    "register": 3_000,
    "kontakter": 40_000,
    "sysselsattningar": 8_000,
    "inskrivningar": 3_000,
    "insatser": 4_000,
    "bosattningskontroller": 200,
    "svar": 500,
    "nyckeltal": 60,
}

SOURCES = {
    "folkbokforing": ["personer"],
    "skolregister": ["studieperioder"],
    "beda": ["bevis"],
    "ber": ["register", "kontakter", "sysselsattningar", "inskrivningar", "insatser", "bosattningskontroller"],
    "enkat": ["svar"],
    "nyckeltal": ["nyckeltal"],
}

#: The column that a night changes, where it is not a date.
CHANGING = {"personer": "stadsdelsomrade", "register": "kategori_fran", "nyckeltal": "enhet"}

#: Share of the rows that one night changes.
CHANGED = 1 / 300


def nights(count: int) -> list[date]:
    """The first weekdays from FIRST_NIGHT on."""
    days = (FIRST_NIGHT + timedelta(days=number) for number in range(count * 2))
    return [day for day in days if day.weekday() < 5][:count]


def _numbers(count: int) -> list[str]:
    found = []
    for index in range(count):
        day = date(2004, 1, 1) + timedelta(days=index % 1461)
        digits = f"{day:%Y%m%d}{index // 1461 + 100:03d}"
        total = 0
        for place, digit in enumerate(digits[2:]):
            value = int(digit) * (2 - place % 2)
            total += value - 9 if value > 9 else value
        found.append(digits + str(-total % 10))
    return found


class City:
    """Writes one night after the other; the same seed writes the same bytes."""

    def __init__(self, seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        numbers = np.array(_numbers(SIZES["personer"]))
        self._tables = {name: self._table(name, size, numbers) for name, size in SIZES.items()}

    def _pick(self, values: list[str], size: int) -> pl.Series:
        return pl.Series(np.array(values)[self._random.integers(0, len(values), size)])

    def _days(self, size: int) -> pl.Series:
        return self._pick([(date(2022, 1, 1) + timedelta(days=day)).isoformat() for day in range(330)], size)

    def _table(self, name: str, size: int, numbers: "np.ndarray[tuple[int], np.dtype[np.str_]]") -> pl.DataFrame:
        ids = pl.Series([f"{name[:3].upper()}{index:07d}" for index in range(size)])
        owners = pl.Series(numbers[:size] if size <= len(numbers) else numbers)
        days, empty = self._days(size), pl.Series([None] * size, dtype=pl.String)
        yes_no, no = self._pick(["J", "N"], size), pl.Series(["N"] * size)
        district = self._pick(["03", "04", "05", "08", "09", "10", "11", "12", "13"], size)
        columns: dict[str, dict[str, pl.Series]] = {
            "personer": {"personnummer": owners, "tidigare_personnummer": empty, "stadsdelsomrade": district,
                         "folkbokford_fran": days, "invandrad_efter_skolplikt": no, "skyddsmarkering": empty},
            "studieperioder": {"studieperiod_id": ids, "personnummer": owners,
                               "skolenhetskod": self._pick(["12345678", "87654321"], size),
                               "skolform": self._pick(["GY", "ANPGY", "KOMVUX"], size),
                               "studievag": self._pick(["NA", "EK25", "IMA"], size), "startdatum": days,
                               "slutdatum": empty, "avslut": empty},
            "bevis": {"personnummer": owners, "bevis": self._pick(["GYMNASIEEXAMEN", "STUDIEBEVIS"], size), "datum": days},
            "register": {"personnummer": owners, "registrerad_datum": days,
                         "registreringsorsak": self._pick(["AVBROTT", "INFLYTTAD"], size),
                         "kategori": self._pick(["NY", "UNDER_UPPSOK"], size), "kategori_fran": days,
                         "stadsdelsomrade": district},
            "kontakter": {"kontakt_id": ids, "personnummer": owners, "datum": days, "riktning": pl.Series(["UT"] * size),
                          "kanal": self._pick(["BREV", "TELEFON", "SMS"], size), "besvarad": yes_no,
                          "besvarad_av": empty, "antal_personal": empty, "makulerad": no},
            "sysselsattningar": {"sysselsattning_id": ids, "personnummer": owners, "datum": days, "kontakt_id": empty,
                                 "sysselsattning": self._pick(["ARBETE", "INGEN", "OKAND"], size)},
            "inskrivningar": {"inskrivning_id": ids, "personnummer": owners,
                              "forvaltning": self._pick(["AMF", "UTBF"], size), "inskriven_datum": days,
                              "avslutad_datum": empty, "avslutsorsak": empty},
            "insatser": {"insats_id": ids,
                         "inskrivning_id": pl.Series([f"INS{index % SIZES['inskrivningar']:07d}" for index in range(size)]),
                         "insats": self._pick(["AIM", "JOBBTORG", "SYV"], size), "startdatum": days,
                         "slutdatum": empty, "avslutsorsak": empty},
            "bosattningskontroller": {"kontroll_id": ids, "personnummer": owners, "anmald_datum": days},
            "svar": {"svar_id": ids, "datum": days, "fraga": pl.Series(["Hur var stödet?"] * size),
                     "svar": self._pick(["1", "2", "3", "4", "5"], size)},
            "nyckeltal": {"period_fran": pl.Series(["2022-12-01"] * size), "period_till": pl.Series(["2023-11-30"] * size),
                          "verksamhet": pl.Series(["Ungvux"] * size), "matt": ids,
                          "varde": self._pick(["1", "2.5"], size), "enhet": pl.Series(["personer"] * size),
                          "uppgiftslamnare": pl.Series(["Enhetschef"] * size)},
        }  # fmt: skip
        return pl.DataFrame(columns[name])

    def _change(self, name: str, day: date) -> None:
        """Give a few rows another value: another date, or another district."""
        table = self._tables[name]
        chosen = self._random.random(table.height) < CHANGED
        column = CHANGING.get(name) or next(item for item in table.columns if "datum" in item)
        value = {"stadsdelsomrade": "08", "enhet": f"st {day}"}.get(column, day.isoformat())
        self._tables[name] = table.with_columns(
            pl.when(pl.Series(chosen)).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
        )

    def write_night(self, drop: Path, day: date) -> int:
        """Write all sources' deliveries of a night; returns the bytes written."""
        written = 0
        for source, datasets in SOURCES.items():
            folder = drop / source / day.isoformat()
            folder.mkdir(parents=True)
            files = []
            for name in datasets:
                self._change(name, day)
                content = self._tables[name].write_csv(separator=";").encode()
                (folder / f"{name}.csv").write_bytes(content)
                written += len(content)
                files.append({"dataset": name, "fil": f"{name}.csv", "rader": self._tables[name].height,
                              "sha256": hashlib.sha256(content).hexdigest(), "teckenkodning": "utf-8"})  # fmt: skip
            manifest = {"kalla": source, "kommunkod": "0180", "uttagsdatum": day.isoformat(), "revision": 1,
                        "skapad": f"{day}T04:02:11+01:00", "schemaversion": "1.0", "filer": files}  # fmt: skip
            (folder / "leverans.json").write_text(json.dumps(manifest))
        return written
