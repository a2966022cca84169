"""Nightly extracts of a city as untidy as real registers are, for the benchmarks: every source, every weekday night.

Sizes are Stockholm's by default. Who should be in the register and who is are two different groups, persons get another number,
move in, out and between districts, studies are planned, ended and broken, records are entered late and annulled, and the old
district codes go on after the reform. The same seed writes the same bytes, and a night does not depend on how many are
written. Whether the figures are right is of no interest here (``demo`` makes a city that behaves); all numbers are synthetic.
"""

import hashlib
import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from demo.synthetic_city.personnummer import with_check_digit
from pipelines.configuration.contract import load_sources

Whole = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]
Frames = dict[str, pl.DataFrame]

FIRST_NIGHT = date(2022, 12, 1)
SOURCES = {
    "folkbokforing": ["personer"],
    "skolregister": ["studieperioder"],
    "beda": ["bevis"],
    "ber": ["register", "kontakter", "sysselsattningar", "inskrivningar", "insatser", "bosattningskontroller"],
    "enkat": ["svar"],
    "nyckeltal": ["nyckeltal"],
}

#: Days that are simulated from the first night on.
_HORIZON = 900
#: As many nights as there may be.
MOST_NIGHTS = 630
_NEVER, _ALWAYS = 10**6, -(10**6)
_REFORM = date(2023, 7, 1)
_DISTRICTS = [f"{code:02d}" for code in range(1, 14)]
_OWN_NIGHT = FIRST_NIGHT.toordinal() - date(1970, 1, 1).toordinal()


def nights(count: int) -> list[date]:
    """The first weekdays from FIRST_NIGHT on."""
    days = (FIRST_NIGHT + timedelta(days=number) for number in range(count * 2))
    return [day for day in days if day.weekday() < 5][:count]


def is_delivered(source: str, day: date) -> bool:
    """Whether a source delivers on a night: the school register is closed in summer."""
    return source != "skolregister" or not (6, 1) <= (day.month, day.day) <= (9, 15)


@cache
def _columns(source: str, dataset: str) -> list[str]:
    """The contract's columns, in its order: so a file that nobody has made by hand has them."""
    return [column.name for column in load_sources()[source].datasets[dataset].columns]


def _number_of(day: date) -> int:
    """Days since 1970, as numpy and Polars count them."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _dates(days: Whole) -> pl.Series:
    return pl.Series(days).cast(pl.Int32).cast(pl.Date).cast(pl.String)


def _texts(values: Texts) -> pl.Series:
    return pl.Series(list(values), dtype=pl.String)


def _personal_numbers(born: Whole, serial: Whole, samordning: int) -> Texts:
    """Twelve digits of birth days and serials (1-999), with check digits."""
    days = born.astype("datetime64[D]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (days - days.astype("datetime64[M]")).astype(np.int64) + 1 + 60 * samordning
    nine = ((year % 100) * 10000 + month * 100 + day) * 1000 + serial
    made: Texts = with_check_digit((year // 100) * 10**9 + nine).astype(str).astype(object)
    return made


class City:
    """Writes one night after the other, in any order."""

    def __init__(self, residents: int = 60_000, students: int = 45_000, register: int = 3_000, seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        self._begins, self._ends = _OWN_NIGHT, _OWN_NIGHT + _HORIZON
        self._make_residents(residents)
        self._make_studies(students)
        self._make_register(register)
        self._make_casework(register / 3000)
        self._make_answers()

    def write_night(self, drop: Path, day: date) -> int:
        """Write the deliveries of a night, each in the folder of its source and day; returns the bytes written."""
        return sum(self._write(drop, source, day) for source in SOURCES if is_delivered(source, day))

    def _write(self, drop: Path, source: str, day: date) -> int:
        folder = drop / source / day.isoformat()
        folder.mkdir(parents=True)
        written, files = 0, []
        for name, extract in self._extract(source, day).items():
            frame = extract.select(_columns(source, name))
            content = frame.write_csv(separator=";", null_value="", quote_style="necessary").encode()
            content = content.replace(b';""', b";")  # an empty text is written in quotes, and no value has any
            (folder / f"{name}.csv").write_bytes(content)
            written += len(content)
            files.append({"dataset": name, "fil": f"{name}.csv", "rader": frame.height,
                          "sha256": hashlib.sha256(content).hexdigest(), "teckenkodning": "utf-8"})  # fmt: skip
        manifest = {"kalla": source, "kommunkod": "0180", "uttagsdatum": day.isoformat(), "revision": 1,
                    "skapad": f"{day}T04:00:00+01:00", "schemaversion": "1.0", "filer": files}  # fmt: skip
        (folder / "leverans.json").write_text(json.dumps(manifest))
        return written

    # --- the world -----------------------------------------------------------------------------------------------------

    def _pick(self, values: list[str], size: int, shares: list[float] | None = None) -> Texts:
        picked: Texts = np.array(values, dtype=object)[self._random.choice(len(values), size, p=shares)]
        return picked

    def _sometimes(self, share: float, size: int, otherwise: int) -> Whole:
        """A day within the horizon for a share of so many, else one that never comes or has always been."""
        days = self._random.integers(self._begins, self._ends, size)
        return np.where(self._random.random(size) < share, days, otherwise)

    def _make_residents(self, residents: int) -> None:
        """Eight birth years, so that six of them turn 15 to 20 in any year simulated."""
        years = np.arange(FIRST_NIGHT.year - 20, FIRST_NIGHT.year - 12)
        size = residents * len(years) // 6
        first = np.array([_number_of(date(int(year), 1, 1)) for year in years])
        born = np.sort(first[self._random.integers(0, len(years), size)] + self._random.integers(0, 365, size))
        serial = np.arange(size) - np.searchsorted(born, born) + 1
        if serial.max() > 999:
            raise ValueError("too many residents for one birth day")
        self._born = born
        self._birth_year = born.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
        self._numbers, self._earlier_numbers = _personal_numbers(born, serial, 0), _personal_numbers(born, serial, 1)
        self._renumbered = self._sometimes(0.02, size, _ALWAYS)
        missing = self._random.random(size) < 0.01
        self._district = np.where(missing, "", self._pick(_DISTRICTS, size))
        self._next_district = self._pick(_DISTRICTS, size)
        self._moved = self._sometimes(0.08, size, _NEVER)
        self._came = self._sometimes(0.05, size, _ALWAYS)
        self._left = self._sometimes(0.05, size, _NEVER)
        self._residents = pl.DataFrame(
            {
                "folkbokford_fran": _dates(np.maximum(born, self._came)),
                "invandrad_efter_skolplikt": _texts(self._pick(["N", "J"], size, [0.97, 0.03])),
                "skyddsmarkering": _texts(self._pick(["", "SEKRETESS", "SKYDDAD"], size, [0.993, 0.005, 0.002])),
            }
        )

    def _make_studies(self, students: int) -> None:
        """Three years from sixteen on for a third of the students of each cohort; one in eight is broken off."""
        chosen, began, planned = [], [], []
        size = students // 3
        for year in range(FIRST_NIGHT.year - 4, FIRST_NIGHT.year + 3):
            cohort = np.flatnonzero(self._birth_year == year - 16)
            chosen.append(cohort[self._random.integers(0, len(cohort), size)])
            late = np.where(self._random.random(size) < 0.1, self._random.integers(0, 200, size), 0)
            began.append(_number_of(date(year, 8, 16)) + late)
            planned.append(np.full(size, _number_of(date(year + 3, 6, 10))))
        self._student, begin, end = np.concatenate(chosen), np.concatenate(began), np.concatenate(planned)
        size = len(begin)
        broken = self._random.random(size) < 0.12
        end = np.where(broken, begin + 20 + (self._random.random(size) * (end - begin - 30)).astype(np.int64), end)
        how = np.where(
            broken,
            self._pick(["AVBROTT", "BYTE", "OVRIGT"], size),
            self._pick(["EXAMEN", "STUDIEBEVIS", "GYMNASIEBEVIS_ANP"], size, [0.8, 0.18, 0.02]),
        )
        self._studies_begin, self._studies_end = begin, end
        paths = ["NA", "SA", "EK25", "TE", "ES", "BF", "IMA", "IMSPR", "IMY"]
        forms = ["GY", "ANPGY", "GYSAR", "KOMVUX", "OVRIG"]
        self._studies = pl.DataFrame(
            {
                "studieperiod_id": [f"S{number}" for number in range(size)],
                "skolenhetskod": pl.Series(self._random.integers(10**7, 10**8, size)).cast(pl.String),
                "skolform": _texts(self._pick(forms, size, [0.93, 0.01, 0.01, 0.04, 0.01])),
                "studievag": _texts(self._pick(paths, size)),
                "startdatum": _dates(begin),
                "end": _dates(end),
                "how": _texts(how),
            }
        )
        passed = np.flatnonzero(how == "EXAMEN")
        once = passed[np.unique(self._student[passed], return_index=True)[1]]
        self._graduate, self._graduation = self._student[once], end[once]

    def _make_register(self, register: int) -> None:
        """So many at the first night, and as many arriving as leave after two thirds of a year on average."""
        first_year = FIRST_NIGHT.year
        young = np.flatnonzero((self._birth_year >= first_year - 18) & (self._birth_year <= first_year - 15))
        pool = self._random.permutation(young)
        size = min(len(pool), register + int(register / 243 * (_HORIZON + 60)))
        self._registered = pool[:size]
        before = np.arange(size) < register
        begin = np.where(
            before,
            self._begins - self._random.integers(0, 300, size),
            self._begins - 30 + self._random.integers(0, _HORIZON + 30, size),
        )
        length = self._random.exponential(243, size).astype(np.int64) + 1
        end = np.where(before, self._begins + length, begin + length)
        twenty = self._born[self._registered] + 7304
        self._stay_begin, self._stay_end = begin, np.minimum(end, twenty)
        reasons = ["AVBROTT", "STUDIEBEVIS", "ALDRIG_PABORJAT", "INFLYTTAD", "NYANLAND", "OVRIGT"]
        self._stay_reason = self._pick(reasons, size)
        self._keeps_old_code = self._random.random(size) < 0.03

    def _make_casework(self, scale: float) -> None:
        self._make_contacts(int(20_000 * scale * (_HORIZON + 365) / 365))
        self._make_enrolments(int(1_200 * scale * (_HORIZON + 365) / 365))
        size = int(60 * scale * _HORIZON / 365)
        self._checked = self._registered[self._random.integers(0, len(self._registered), size)]
        self._check_day = np.sort(self._begins + self._random.integers(0, _HORIZON, size))

    def _make_contacts(self, size: int) -> None:
        """One in twenty answers is entered twelve days late, one contact in a hundred annulled after twenty."""
        stay = self._random.integers(0, len(self._registered), size)
        length = np.maximum(1, self._stay_end[stay] - self._stay_begin[stay])
        day = self._stay_begin[stay] + (self._random.random(size) * length).astype(np.int64)
        self._contacted, self._contact_day = self._registered[stay], day
        self._is_own = self._random.random(size) < 0.08
        self._is_answered = self._is_own | (self._random.random(size) < 0.3)
        self._answer_known = np.where(self._random.random(size) < 0.05, day + 12, day)
        self._annulled = np.where(self._random.random(size) < 0.01, day + 20, _NEVER)
        channels = ["BREV", "SMS", "TELEFON", "MEJL", "KNACKAKORT", "HEMBESOK", "DROPIN"]
        channel = self._pick(channels, size, [0.2, 0.25, 0.3, 0.1, 0.05, 0.05, 0.05])
        self._contacts = pl.DataFrame(
            {
                "kontakt_id": [f"K{number}" for number in range(size)],
                "datum": _dates(day),
                "riktning": pl.Series(np.where(self._is_own, "IN", "UT")),
                "kanal": _texts(channel),
                "antal_personal": _texts(np.where(channel == "HEMBESOK", "2", "")),
            }
        )
        self._asked = np.flatnonzero(self._is_answered & (self._random.random(size) < 0.6))
        answers = ["STUDIER_EJ_I_BER", "ARBETE", "PRAKTIK", "UTOMLANDS", "FORALDRALEDIG", "INGEN", "OKAND"]
        self._occupations = pl.DataFrame(
            {
                "sysselsattning_id": [f"Y{number}" for number in self._asked],
                "kontakt_id": [f"K{number}" for number in self._asked],
                "sysselsattning": _texts(self._pick(answers, len(self._asked))),
            }
        )

    def _make_enrolments(self, size: int) -> None:
        self._enrolled = self._registered[self._random.integers(0, len(self._registered), size)]
        self._enrolment_begin = self._begins - 365 + self._random.integers(0, _HORIZON + 365, size)
        self._enrolment_end = self._enrolment_begin + self._random.exponential(200, size).astype(np.int64)
        reasons = ["STUDIER", "ARBETE", "FYLLT_20", "FLYTTAT", "ANNAN_AKTOR", "EGEN_BEGARAN", "EJ_KONTAKTBAR", "OKAND"]
        why = self._pick(reasons, size, [0.45, 0.2, 0.05, 0.05, 0.05, 0.1, 0.05, 0.05])
        self._enrolments = pl.DataFrame(
            {
                "inskrivning_id": [f"E{number}" for number in range(size)],
                "forvaltning": _texts(self._pick(["AMF", "UTBF"], size, [0.7, 0.3])),
                "inskriven_datum": _dates(self._enrolment_begin),
                "end": _dates(self._enrolment_end),
                "why": _texts(why),
            }
        )
        of = self._random.integers(0, size, int(size * 1.5))
        begin, end = self._enrolment_begin[of], self._enrolment_end[of]
        self._measure_begin = begin + (self._random.random(len(of)) * 0.8 * (end - begin)).astype(np.int64)
        length = self._random.random(len(of)) * (end - self._measure_begin + 1)
        self._measure_end = self._measure_begin + length.astype(np.int64)
        measures = ["JOBBTORG", "AIM", "STUDIESTEG1", "UNGVUX", "SLUSSPLATS", "PRAKTIK", "SYV"]
        self._measures = pl.DataFrame(
            {
                "insats_id": [f"M{number}" for number in range(len(of))],
                "inskrivning_id": [f"E{number}" for number in of],
                "insats": _texts(self._pick(measures, len(of))),
                "startdatum": _dates(self._measure_begin),
                "end": _dates(self._measure_end),
                "why": _texts(why[of]),
            }
        )

    def _make_answers(self) -> None:
        size = 150
        self._answer_day = np.sort(self._begins + self._random.integers(0, _HORIZON, size))
        self._answers = pl.DataFrame(
            {
                "svar_id": [f"V{number}" for number in range(size)],
                "datum": _dates(self._answer_day),
                "fraga": ["Har du fått hjälpen du behövde från oss?"] * size,
                "svar": pl.Series(self._random.integers(1, 6, size)).cast(pl.String),
            }
        )

    # --- what a night's extract shows of it ------------------------------------------------------------------------------

    def _number_on(self, who: Whole, day: int) -> pl.Series:
        """A samordningsnummer until the person gets a personnummer."""
        return _texts(np.where(self._renumbered[who] > day, self._earlier_numbers[who], self._numbers[who]))

    def _district_on(self, who: Whole, day: int, keeps_old_code: Flags | None = None) -> pl.Series:
        code = np.where(self._moved[who] <= day, self._next_district[who], self._district[who])
        if day >= _number_of(_REFORM):
            new = code.copy()
            new[(code == "01") | (code == "02")] = "21"
            new[(code == "06") | (code == "07")] = "22"
            code = new if keeps_old_code is None else np.where(keeps_old_code, code, new)
        return _texts(code)

    def _extract(self, source: str, on: date) -> Frames:
        day = _number_of(on)
        match source:
            case "folkbokforing":
                return {"personer": self._residents_on(day, on.year)}
            case "skolregister":
                return {"studieperioder": self._studies_on(day)}
            case "beda":
                return {"bevis": self._certificates_on(day)}
            case "enkat":
                return {"svar": self._answers[np.flatnonzero(self._answer_day <= day)]}
            case "nyckeltal":
                return {"nyckeltal": self._key_numbers_on(on)}
        return {
            "register": self._register_on(day),
            "kontakter": self._contacts_on(day),
            "sysselsattningar": self._occupations_on(day),
            "inskrivningar": _ended_by(
                self._enrolments, self._enrolment_begin, self._enrolment_end, day, "avslutad_datum"
            ).with_columns(
                self._number_on(self._enrolled[np.flatnonzero(self._enrolment_begin < day)], day).alias("personnummer")
            ),
            "insatser": _ended_by(self._measures, self._measure_begin, self._measure_end, day, "slutdatum"),
            "bosattningskontroller": self._checks_on(day),
        }

    def _residents_on(self, day: int, year: int) -> pl.DataFrame:
        turns = year - self._birth_year
        who = np.flatnonzero((turns >= 15) & (turns <= 20) & (self._came <= day) & (day < self._left))
        renumbered = (self._renumbered[who] <= day) & (self._renumbered[who] > 0)
        return self._residents[who].with_columns(
            self._number_on(who, day).alias("personnummer"),
            _texts(np.where(renumbered, self._earlier_numbers[who], "")).alias("tidigare_personnummer"),
            self._district_on(who, day).alias("stadsdelsomrade"),
        )

    def _studies_on(self, day: int) -> pl.DataFrame:
        shown = np.flatnonzero((self._studies_begin <= day) & (self._studies_end >= day - 800))
        ended = pl.Series(self._studies_end[shown] <= day)
        return (
            self._studies[shown]
            .with_columns(
                self._number_on(self._student[shown], day).alias("personnummer"),
                pl.when(ended).then("end").otherwise(pl.lit("")).alias("slutdatum"),
                pl.when(ended).then("how").otherwise(pl.lit("")).alias("avslut"),
            )
            .drop("end", "how")
        )

    def _certificates_on(self, day: int) -> pl.DataFrame:
        there = np.flatnonzero(self._graduation <= day)
        return pl.DataFrame(
            {
                "personnummer": self._number_on(self._graduate[there], day),
                "bevis": pl.Series(["GYMNASIEEXAMEN"] * len(there), dtype=pl.String),
                "datum": _dates(self._graduation[there]),
            }
        )

    def _key_numbers_on(self, on: date) -> pl.DataFrame:
        months = [(year, month) for year in range(FIRST_NIGHT.year, on.year + 1) for month in range(1, 13)]
        rows = [
            (
                f"{year}-{month:02d}-01",
                f"{year}-{month:02d}-28",
                "Ungvux",
                "nyinskrivna",
                str(10 + month),
                "personer",
                "Rektor",
            )
            for year, month in months
            if date(year, month, 28) < on
        ]
        names = ["period_fran", "period_till", "verksamhet", "matt", "varde", "enhet", "uppgiftslamnare"]
        return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")

    def _register_on(self, day: int) -> pl.DataFrame:
        there = np.flatnonzero((self._stay_begin <= day) & (day <= self._stay_end))
        who, begin = self._registered[there], self._stay_begin[there]
        seen = day - begin
        later = np.where(who % 2, "INSKRIVEN", "UNDER_BEVAKNING")
        category = np.where(seen < 14, "NY", np.where(seen < 60, "UNDER_UPPSOK", later))
        return pl.DataFrame(
            {
                "personnummer": self._number_on(who, day),
                "registrerad_datum": _dates(begin),
                "registreringsorsak": _texts(self._stay_reason[there]),
                "kategori": pl.Series(category),
                "kategori_fran": _dates(begin + np.where(seen < 14, 0, np.where(seen < 60, 14, 60))),
                "stadsdelsomrade": self._district_on(who, day, self._keeps_old_code[there]),
            }
        )

    def _contacts_on(self, day: int) -> pl.DataFrame:
        there = np.flatnonzero(self._contact_day < day)
        answered = self._is_own[there] | (self._is_answered[there] & (self._answer_known[there] < day))
        return self._contacts[there].with_columns(
            self._number_on(self._contacted[there], day).alias("personnummer"),
            pl.Series(np.where(answered, "J", "N")).alias("besvarad"),
            pl.Series(np.where(answered, "UNGDOM", "")).alias("besvarad_av"),
            pl.Series(np.where(self._annulled[there] < day, "J", "N")).alias("makulerad"),
        )

    def _occupations_on(self, day: int) -> pl.DataFrame:
        contact_day = self._contact_day[self._asked]
        there = np.flatnonzero(contact_day < day)
        return self._occupations[there].with_columns(
            self._number_on(self._contacted[self._asked[there]], day).alias("personnummer"),
            _dates(contact_day[there]).alias("datum"),
        )

    def _checks_on(self, day: int) -> pl.DataFrame:
        there = np.flatnonzero(self._check_day < day)
        return pl.DataFrame(
            {
                "kontroll_id": pl.Series([f"B{number}" for number in there], dtype=pl.String),
                "personnummer": self._number_on(self._checked[there], day),
                "anmald_datum": _dates(self._check_day[there]),
            }
        )


def _ended_by(records: pl.DataFrame, begin: Whole, end: Whole, day: int, ended_on: str) -> pl.DataFrame:
    """What had begun before a day, with the end and its reason where it had ended by then."""
    begun = np.flatnonzero(begin < day)
    ended = pl.Series(end[begun] < day)
    return (
        records[begun]
        .with_columns(
            pl.when(ended).then("end").otherwise(pl.lit("")).alias(ended_on),
            pl.when(ended).then("why").otherwise(pl.lit("")).alias("avslutsorsak"),
        )
        .drop("end", "why")
    )
