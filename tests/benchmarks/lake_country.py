"""Lakes of many municipalities for the benchmarks: sizes as Sweden's are, years of nightly extracts, as an export leaves them.

Nobody takes in half a million deliveries to measure a question, so the runs of the history are made directly, of the same kinds
as those of the nights that ``untidy_city`` writes: persons get another number, move within and between municipalities, come and
leave, studies are planned, ended and broken off, contacts are answered late and annulled, who moves is for some weeks in both
registers, and each municipality misses nights of its own. The same seed makes the same rows, and the municipalities of a smaller
lake have the sizes of the first ones of a larger. All numbers are synthetic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp
from pathlib import Path
from statistics import NormalDist

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import Municipality
from pipelines.history.schema import prepare
from pipelines.lake.layout import File, Part, Table, digest, part_folder, profile_of

Whole = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]

#: Inhabitants of the country, and how many of them are in the six birth years that turn 15 to 20.
INHABITANTS, YOUTHS = 10_600_000, 0.06
#: Inhabitants of the municipality in the middle, and how wide the others lie around it: more so above it.
_MEDIAN, _BELOW, _ABOVE, _SMALLEST = 16_000, 0.7, 1.25, 2_400
#: Of the youths in the six birth years: in the register at a time; of those, contacts and enrolments a year; a year's moves.
_REGISTER, _CONTACTS, _ENROLMENTS, _MIGRATE = 0.05, 6.7, 0.4, 0.03

FIRST_YEAR = 2022
_NEVER, _ALWAYS = 10**6, -(10**6)
_DISTRICTS = [f"{code:02d}" for code in range(1, 14)]
#: Sources that make up a lake here, with their datasets' tables.
_SOURCES = ("folkbokforing", "skolregister", "beda", "ber", "enkat", "nyckeltal", "antagning", "skolslussen")


def inhabitants(count: int) -> list[int]:
    """Of so many municipalities: spread over the country's sizes, however many there are; the first is the one in the middle."""
    shape = NormalDist()
    found = []
    for number in range(1, count + 1):
        z = shape.inv_cdf(_spread(number))
        found.append(max(_SMALLEST, round(_MEDIAN * exp(z * (_ABOVE if z > 0 else _BELOW)))))
    return found


def _spread(number: int) -> float:
    """Van der Corput's sequence: 1/2, 1/4, 3/4, 1/8 …, even at every length."""
    found, part = 0.0, 0.5
    while number:
        found, part, number = found + part * (number & 1), part / 2, number >> 1
    return found


def _number_of(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _first_days(years: Whole) -> Whole:
    return (years - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)


def _dates(days: Whole) -> pl.Series:
    """Days; none where a day never comes."""
    there = np.abs(days) < _NEVER
    return pl.Series(np.where(there, days, 0)).cast(pl.Int32).cast(pl.Date).set(pl.Series(~there), None)


def _texts(values: Texts) -> pl.Series:
    return pl.Series(list(values), dtype=pl.String)


def _texts_where(there: Flags, values: Texts) -> pl.Series:
    """Texts; none where they are not there."""
    return pl.Series([value if known else None for known, value in zip(there, values, strict=True)], dtype=pl.String)


@dataclass
class _Rows:
    """Rows of a table: in which municipality, from which day on and until before which an extract shows them, and of whom."""

    municipality: Whole
    begins: Whole
    ends: Whole
    columns: dict[str, pl.Series]
    who: Whole | None = None


class Country:
    """Makes a lake of so many municipalities and years."""

    def __init__(self, codes: Sequence[str], sizes: Sequence[int], years: int = 2, seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        self._codes, self._years = list(codes), years
        self._youths = np.array([round(size * YOUTHS) for size in sizes])
        self._visitors: list[tuple[Whole, int]] = []
        self._begins = _number_of(date(FIRST_YEAR, 1, 1))
        self._ends = _number_of(date(FIRST_YEAR + years, 1, 1))
        self._make_people()
        self._tables: dict[str, list[_Rows]] = {
            "folkbokforing_personer": self._residents(),
            "antagning_antagningar": self._admissions(),
        }
        self._make_studies()
        self._make_register()
        self._make_answers()

    # --- people ------------------------------------------------------------------------------------------------------------

    def _sometimes(self, share: float, size: int, otherwise: int) -> Whole:
        days = self._random.integers(self._begins, self._ends, size)
        return np.where(self._random.random(size) < min(1.0, share * self._years), days, otherwise)

    def _pick(self, values: list[str], size: int, shares: list[float] | None = None) -> Texts:
        picked: Texts = np.array(values, dtype=object)[self._random.choice(len(values), size, p=shares)]
        return picked

    def _make_people(self) -> None:
        born_in = np.arange(FIRST_YEAR - 20, FIRST_YEAR + self._years - 15)
        of_each = self._youths * len(born_in) // 6
        size = int(of_each.sum())
        self._home = np.repeat(np.arange(len(of_each)), of_each)
        self._year = self._random.choice(born_in, size)
        self._born = _first_days(self._year) + self._random.integers(0, 365, size)
        self._is_man = self._random.random(size) < 0.5
        raw = self._random.bytes(32 * size).hex()
        names = np.array([raw[start : start + 32] for start in range(0, 64 * size, 32)], dtype=object).reshape(size, 2)
        self._name, self._earlier_name = names[:, 0], names[:, 1]
        self._renumbered = self._sometimes(0.01, size, _ALWAYS)
        self._district, self._next_district = self._pick(_DISTRICTS, size), self._pick(_DISTRICTS, size)
        self._moved = self._sometimes(0.04, size, _NEVER)
        came = self._sometimes(0.025, size, _ALWAYS)
        self._came = np.maximum(came, self._born)
        self._from = np.maximum(came, _first_days(self._year + 15))
        self._until = np.minimum(self._sometimes(0.025, size, _NEVER), _first_days(self._year + 21))
        self._next_home = self._random.choice(len(of_each), size, p=of_each / size)
        self._migrated = np.where(self._next_home == self._home, _NEVER, self._sometimes(_MIGRATE, size, _NEVER))

    def _number_on(self, who: Whole, day: Whole) -> pl.Series:
        return _texts(np.where(self._renumbered[who] <= day, self._name[who], self._earlier_name[who]))

    def _home_on(self, who: Whole, day: Whole) -> Whole:
        return np.where(self._migrated[who] <= day, self._next_home[who], self._home[who])

    def _residents(self) -> list[_Rows]:
        begin, end = self._from[:, None], np.maximum(self._from, self._until)[:, None]
        changes = np.column_stack([self._from, self._moved, self._renumbered, self._migrated, self._until])
        cuts = np.sort(np.clip(changes, begin, end), axis=1)
        since_school = self._pick(["J", "N"], len(self._born), [0.03, 0.97]) == "J"
        marking = self._pick(["", "SEKRETESS", "SKYDDAD"], len(self._born), [0.993, 0.005, 0.002])
        rows = []
        for place in range(4):
            who = np.flatnonzero(cuts[:, place] < cuts[:, place + 1])
            day = cuts[who, place]
            has_earlier = (self._renumbered[who] > _ALWAYS) & (self._renumbered[who] <= day)
            came_here = np.where(self._migrated[who] <= day, self._migrated[who], self._came[who])
            columns = {
                "pseudonym": self._number_on(who, day),
                "earlier_pseudonym": _texts_where(has_earlier, self._earlier_name[who]),
                "stadsdelsomrade": _texts(
                    np.where(self._moved[who] <= day, self._next_district[who], self._district[who])
                ),
                "folkbokford_fran": _dates(came_here),
                "invandrad_efter_skolplikt": pl.Series(since_school[who]),
                "skyddsmarkering": _texts_where(marking[who] != "", marking[who]),
            }
            rows.append(_Rows(self._home_on(who, day), day, cuts[who, place + 1], columns))
        return rows

    def _admissions(self) -> list[_Rows]:
        """A preliminary and a final decision for nearly everybody in the year in which they turn 16."""
        rows = []
        for place, (round_, month, day) in enumerate((("PRELIMINAR", 4, 14), ("SLUTLIG", 7, 1))):
            for year in range(FIRST_YEAR, FIRST_YEAR + self._years):
                who = np.flatnonzero((self._year == year - 16) & (self._random.random(len(self._year)) < 0.97))
                told = np.full(len(who), _number_of(date(year, month, day)))
                outcome = self._pick(["ANTAGEN", "RESERV", "EJ_ANTAGEN"], len(who), [0.9, 0.05, 0.05])
                columns = {
                    "antagning_id": pl.Series([f"A{year}-{2 * one + place}" for one in who], dtype=pl.String),
                    "antagningsar": pl.Series(np.full(len(who), year)),
                    "omgang": pl.Series([round_] * len(who), dtype=pl.String),
                    "beskedsdatum": _dates(told),
                    "utfall": _texts(outcome),
                }
                rows.append(_Rows(self._home_on(who, told), told, np.full(len(who), _NEVER), columns, who))
                if round_ == "SLUTLIG":
                    self._visitors.append((who[outcome == "EJ_ANTAGEN"], _number_of(date(year, month, day))))
        return rows

    # --- schools -----------------------------------------------------------------------------------------------------------

    def _make_studies(self) -> None:
        """Three years from sixteen on for three in four of each cohort; one in eight is broken off. What has ended is shown for
        800 days more."""
        who = np.flatnonzero(self._random.random(len(self._born)) < 0.78)
        size = len(who)
        late = np.where(self._random.random(size) < 0.1, self._random.integers(0, 200, size), 0)
        begin = _first_days(self._year[who] + 16) + 227 + late
        planned = _first_days(self._year[who] + 19) + 160
        broken = self._random.random(size) < 0.12
        end = np.where(
            broken, begin + 20 + (self._random.random(size) * (planned - begin - 30)).astype(np.int64), planned
        )
        how = np.where(
            broken,
            self._pick(["AVBROTT", "BYTE", "OVRIGT"], size),
            self._pick(["EXAMEN", "STUDIEBEVIS", "GYMNASIEBEVIS_ANP"], size, [0.8, 0.18, 0.02]),
        )
        forms, paths = ["GY", "ANPGY", "KOMVUX", "OVRIG"], ["NA", "SA", "EK25", "TE", "ES", "BF", "IMA", "IMSPR", "IMY"]
        fixed = {
            "studieperiod_id": pl.Series([f"S{number}" for number in who], dtype=pl.String),
            "skolenhetskod": pl.Series(self._random.integers(10**7, 10**8, size)).cast(pl.String),
            "skolform": _texts(self._pick(forms, size, [0.94, 0.01, 0.04, 0.01])),
            "studievag": _texts(self._pick(paths, size)),
            "startdatum": _dates(begin),
        }
        nothing = {
            "slutdatum": pl.Series([None] * size, dtype=pl.Date),
            "avslut": pl.Series([None] * size, dtype=pl.String),
        }
        ended = {"slutdatum": _dates(end), "avslut": _texts(how)}
        where = self._home_on(who, begin)
        self._tables["skolregister_studieperioder"] = [
            _Rows(where, begin, end, fixed | nothing, who),
            _Rows(where, end, end + 800, fixed | ended, who),
        ]
        passed = np.flatnonzero(how == "EXAMEN")
        columns = {"bevis": pl.Series(["GYMNASIEEXAMEN"] * len(passed), dtype=pl.String), "datum": _dates(end[passed])}
        self._tables["beda_bevis"] = [
            _Rows(where[passed], end[passed], np.full(len(passed), _NEVER), columns, who[passed])
        ]

    # --- the register and casework -------------------------------------------------------------------------------------------

    def _make_register(self) -> None:
        """So many at the first night, and as many coming as leave after two thirds of a year on average. Who moves to another
        municipality is registered there some days later, and taken out of the first register some weeks later."""
        at_a_time = _REGISTER * len(self._born) * 6 / len(np.unique(self._year))
        length_of_all = self._ends - self._begins
        size = round(at_a_time * (1 + length_of_all / 243))
        who = self._random.permutation(len(self._born))[:size]
        is_old = np.arange(size) < at_a_time
        begin = np.where(
            is_old,
            self._begins - self._random.integers(0, 300, size),
            self._random.integers(self._begins, self._ends, size),
        )
        begin = np.maximum(begin, _first_days(self._year[who] + 16) + 182)
        end = np.minimum(begin + self._random.exponential(243, size).astype(np.int64) + 1, self._born[who] + 7304)
        moves = (begin < self._migrated[who]) & (self._migrated[who] < end)
        again, migrated = who[moves], self._migrated[who[moves]]
        self._stay_of = np.concatenate([who, again])
        self._stay_begin = np.concatenate([begin, migrated + self._random.integers(1, 15, len(again))])
        self._stay_end = np.concatenate(
            [np.where(moves, self._migrated[who] + self._random.integers(5, 40, size), end), end[moves]]
        )
        self._stay_in = np.concatenate([self._home_on(who, begin), self._next_home[again]])
        size = len(self._stay_of)
        reasons = self._pick(["AVBROTT", "STUDIEBEVIS", "ALDRIG_PABORJAT", "INFLYTTAD", "NYANLAND", "OVRIGT"], size)
        later = np.where(self._stay_of % 2 == 1, "INSKRIVEN", "UNDER_BEVAKNING").astype(object)
        rows = []
        for after, until, category in ((0, 14, "NY"), (14, 60, "UNDER_UPPSOK"), (60, _NEVER, "")):
            start = self._stay_begin + after
            stop = np.minimum(self._stay_end + 1, self._stay_begin + until)
            there = np.flatnonzero(start < stop)
            columns = {
                "registrerad_datum": _dates(self._stay_begin[there]),
                "registreringsorsak": _texts(reasons[there]),
                "kategori": _texts(np.full(len(there), category, dtype=object) if category else later[there]),
                "kategori_fran": _dates(start[there]),
                "stadsdelsomrade": _texts(self._district[self._stay_of[there]]),
            }
            rows.append(_Rows(self._stay_in[there], start[there], stop[there], columns, self._stay_of[there]))
        self._tables["ber_register"] = rows
        self._make_contacts(round(at_a_time * _CONTACTS * (self._years + 1)))
        self._make_enrolments(round(at_a_time * _ENROLMENTS * (self._years + 1)))

    def _make_contacts(self, size: int) -> None:
        """One in twenty answers is entered twelve days late, one contact in a hundred annulled after twenty."""
        stay = self._random.integers(0, len(self._stay_of), size)
        length = np.maximum(1, self._stay_end[stay] - self._stay_begin[stay])
        day = self._stay_begin[stay] + (self._random.random(size) * length).astype(np.int64)
        who, where = self._stay_of[stay], self._stay_in[stay]
        is_own = self._random.random(size) < 0.08
        answered = is_own | (self._random.random(size) < 0.3)
        known = np.where(answered, np.where(self._random.random(size) < 0.05, day + 13, day + 1), _NEVER)
        annulled = np.where(self._random.random(size) < 0.01, day + 21, _NEVER)
        channel = self._pick(["BREV", "SMS", "TELEFON", "MEJL", "KNACKAKORT", "HEMBESOK", "DROPIN"], size)
        fixed = {
            "kontakt_id": pl.Series([f"K{number}" for number in range(size)], dtype=pl.String),
            "datum": _dates(day),
            "riktning": _texts(np.where(is_own, "IN", "UT").astype(object)),
            "kanal": _texts(channel),
            "antal_personal": pl.Series(np.where(channel == "HEMBESOK", 2, 0)).replace(0, None),
        }
        never = np.full(size, _NEVER)
        rows = []
        cuts = np.sort(np.column_stack([day + 1, known, annulled, never]), axis=1)
        for place in range(3):
            start, stop = cuts[:, place], cuts[:, place + 1]
            there = np.flatnonzero(start < stop)
            is_answered = known[there] <= start[there]
            columns = {name: values.gather(there) for name, values in fixed.items()} | {
                "besvarad": pl.Series(is_answered),
                "besvarad_av": _texts_where(is_answered, np.full(len(there), "UNGDOM", dtype=object)),
                "makulerad": pl.Series(annulled[there] <= start[there]),
            }
            rows.append(_Rows(where[there], start[there], stop[there], columns, who[there]))
        self._tables["ber_kontakter"] = rows
        asked = np.flatnonzero(answered & (self._random.random(size) < 0.6))
        answers = ["STUDIER_EJ_I_BER", "ARBETE", "PRAKTIK", "UTOMLANDS", "FORALDRALEDIG", "INGEN", "OKAND"]
        columns = {
            "sysselsattning_id": pl.Series([f"Y{number}" for number in asked], dtype=pl.String),
            "datum": _dates(day[asked]),
            "kontakt_id": fixed["kontakt_id"].gather(asked),
            "sysselsattning": _texts(self._pick(answers, len(asked))),
        }
        self._tables["ber_sysselsattningar"] = [
            _Rows(where[asked], day[asked] + 1, never[: len(asked)], columns, who[asked])
        ]
        checked = np.arange(0, size, 300)
        columns = {
            "kontroll_id": pl.Series([f"B{number}" for number in checked], dtype=pl.String),
            "anmald_datum": _dates(day[checked]),
        }
        self._tables["ber_bosattningskontroller"] = [
            _Rows(where[checked], day[checked] + 1, never[: len(checked)], columns, who[checked])
        ]

    def _make_enrolments(self, size: int) -> None:
        stay = self._random.integers(0, len(self._stay_of), size)
        begin = self._stay_begin[stay] + self._random.integers(0, 90, size)
        end = begin + self._random.exponential(200, size).astype(np.int64) + 1
        reasons = ["STUDIER", "ARBETE", "FYLLT_20", "FLYTTAT", "ANNAN_AKTOR", "EGEN_BEGARAN", "EJ_KONTAKTBAR", "OKAND"]
        why = self._pick(reasons, size, [0.45, 0.2, 0.05, 0.05, 0.05, 0.1, 0.05, 0.05])
        fixed = {
            "inskrivning_id": pl.Series([f"E{number}" for number in range(size)], dtype=pl.String),
            "forvaltning": _texts(self._pick(["AMF", "UTBF"], size, [0.7, 0.3])),
            "inskriven_datum": _dates(begin),
        }
        who, where = self._stay_of[stay], self._stay_in[stay]
        self._tables["ber_inskrivningar"] = _ended(where, begin, end, fixed, "avslutad_datum", why, who)
        of = self._random.integers(0, size, int(size * 1.5))
        start = begin[of] + (self._random.random(len(of)) * 0.8 * (end[of] - begin[of])).astype(np.int64)
        stop = start + (self._random.random(len(of)) * (end[of] - start + 1)).astype(np.int64) + 1
        kinds = ["JOBBTORG", "AIM", "STUDIESTEG1", "UNGVUX", "SLUSSPLATS", "PRAKTIK", "SYV"]
        fixed = {
            "insats_id": pl.Series([f"M{number}" for number in range(len(of))], dtype=pl.String),
            "inskrivning_id": fixed["inskrivning_id"].gather(of),
            "insats": _texts(self._pick(kinds, len(of))),
            "startdatum": _dates(start),
        }
        self._tables["ber_insatser"] = _ended(where[of], start, stop, fixed, "slutdatum", why[of], None)

    def _make_answers(self) -> None:
        """Answers of a survey and delivered key numbers for each municipality; visits of some who got no place."""
        count = len(self._youths)
        where = np.repeat(np.arange(count), 60 * self._years)
        day = self._random.integers(self._begins, self._ends, len(where))
        columns = {
            "svar_id": pl.Series([f"V{number}" for number in range(len(where))], dtype=pl.String),
            "datum": _dates(day),
            "fraga": pl.Series(["Har du fått hjälpen du behövde från oss?"] * len(where), dtype=pl.String),
            "svar": pl.Series(self._random.integers(1, 6, len(where))),
        }
        self._tables["enkat_svar"] = [_Rows(where, day, np.full(len(where), _NEVER), columns)]
        months = [(year, month) for year in range(FIRST_YEAR, FIRST_YEAR + self._years) for month in range(1, 13)]
        until = np.tile(np.array([_number_of(date(year, month, 28)) for year, month in months]), count)
        columns = {
            "period_fran": _dates(
                np.tile(np.array([_number_of(date(year, month, 1)) for year, month in months]), count)
            ),
            "period_till": _dates(until),
            "verksamhet": pl.Series(["Ungvux"] * len(until), dtype=pl.String),
            "matt": pl.Series(["nyinskrivna"] * len(until), dtype=pl.String),
            "varde": pl.Series(self._random.integers(1, 40, len(until))),
            "enhet": pl.Series(["personer"] * len(until), dtype=pl.String),
            "uppgiftslamnare": pl.Series(["Rektor"] * len(until), dtype=pl.String),
        }
        self._tables["nyckeltal_nyckeltal"] = [
            _Rows(np.repeat(np.arange(count), len(months)), until + 1, np.full(len(until), _NEVER), columns)
        ]
        rows = []
        for who, told in self._visitors:
            day = told + self._random.integers(0, 90, len(who))
            columns = {
                "besok_id": pl.Series([f"L{told}-{one}" for one in who], dtype=pl.String),
                "datum": _dates(day),
                "besokstyp": _texts(self._pick(["PLATSHJALP", "VAGLEDNING"], len(who))),
            }
            rows.append(_Rows(self._home_on(who, day), day + 1, np.full(len(who), _NEVER), columns, who))
        self._tables["skolslussen_besok"] = rows

    # --- what extracts show of it, and the lake --------------------------------------------------------------------------------

    def _with_numbers(self, rows: _Rows) -> list[_Rows]:
        """Rows of persons, with their number: in two parts where they got another meanwhile."""
        if rows.who is None:
            return [rows]
        changes = self._renumbered[rows.who]
        parts = []
        for begins, ends in (
            (rows.begins, np.minimum(rows.ends, np.maximum(changes, rows.begins))),
            (np.maximum(rows.begins, changes), rows.ends),
        ):
            there = np.flatnonzero(begins < ends)
            columns = {name: values.gather(there) for name, values in rows.columns.items()}
            columns["pseudonym"] = self._number_on(rows.who[there], begins[there])
            parts.append(_Rows(rows.municipality[there], begins[there], ends[there], columns))
        return parts

    def _extract_days(self, source: str) -> Whole:
        """Weekdays but one in a hundred; the school register is closed in summer."""
        days = (date(FIRST_YEAR, 1, 1) + timedelta(days=number) for number in range(self._ends - self._begins))
        found = [
            day
            for day in days
            if day.weekday() < 5 and (source != "skolregister" or not (6, 1) <= (day.month, day.day) <= (9, 15))
        ]
        there = self._random.random(len(found)) > 0.01
        return np.array([_number_of(day) for day in found])[there]

    def write(self, lake: Path, profile: Municipality) -> int:
        """Make the lake; returns its rows. ``profile``: what the parts' own profiles look like, but for the municipality."""
        frames = {
            table: pl.concat([_frame(part) for rows in parts for part in self._with_numbers(rows)]).partition_by(
                "municipality", as_dict=True, include_key=False
            )
            for table, parts in self._tables.items()
        }
        source_of = {table: next(source for source in _SOURCES if table.startswith(f"{source}_")) for table in frames}
        written = 0
        with duckdb.connect() as connection:
            datasets = [dataset for source in load_sources().values() for dataset in source.datasets.values()]
            prepare(connection, lake, datasets)
            names = [*(dataset.table for dataset in datasets), "number", "extract", "delivery"]
            described = {
                name: {column: type_ for column, type_, *_ in connection.execute(f"describe {name}").fetchall()}
                for name in names
            }
            for place, code in enumerate(self._codes):
                days = {source: self._extract_days(source) for source in _SOURCES}
                for table, by_municipality in frames.items():
                    frame = by_municipality.get((place,))
                    if frame is not None:
                        _insert(connection, table, _seen(frame, days[source_of[table]]))
                _insert(connection, "extract", _extracts(days))
                connection.execute(
                    "insert into delivery by name "
                    "select source, extract_date, revision, delivery_id, 'accepted' as status from extract"
                )
                _insert(connection, "number", self._numbers_of(place))
                written += _write_part(connection, lake, code, profile, described)
        return written

    def _numbers_of(self, place: int) -> pl.DataFrame:
        """The numbers that a municipality may have seen, with what they tell."""
        lived = (self._home == place) | ((self._next_home == place) & (self._migrated < self._ends))
        who = np.flatnonzero(lived)
        renumbered = np.flatnonzero(lived & (self._renumbered > _ALWAYS))
        both = np.concatenate([who, renumbered])
        return pl.DataFrame(
            {
                "pseudonym": _texts(np.concatenate([self._name[who], self._earlier_name[renumbered]])),
                "birth_date": _dates(self._born[both]),
                "gender": _texts(np.where(self._is_man[both], "man", "kvinna").astype(object)),
            }
        )


def _ended(
    where: Whole, begin: Whole, end: Whole, fixed: dict[str, pl.Series], ended_on: str, why: Texts, who: Whole | None
) -> list[_Rows]:
    """Records that are open until the day after their end, and then have it with its reason."""
    size = len(begin)
    nothing = {
        ended_on: pl.Series([None] * size, dtype=pl.Date),
        "avslutsorsak": pl.Series([None] * size, dtype=pl.String),
    }
    ended = {ended_on: _dates(end), "avslutsorsak": _texts(why)}
    return [
        _Rows(where, begin + 1, end + 1, fixed | nothing, who),
        _Rows(where, end + 1, np.full(size, _NEVER), fixed | ended, who),
    ]


def _frame(rows: _Rows) -> pl.DataFrame:
    names = sorted(rows.columns)
    return pl.DataFrame({name: rows.columns[name] for name in names}).with_columns(
        pl.Series("municipality", rows.municipality),
        pl.Series("begins", rows.begins),
        pl.Series("ends", rows.ends),
    )


def _seen(frame: pl.DataFrame, days: Whole) -> pl.DataFrame:
    """The runs of extracts that show each row; without those that none shows."""
    first = np.searchsorted(days, frame["begins"].to_numpy(), "left")
    last = np.searchsorted(days, frame["ends"].to_numpy(), "left") - 1
    there = np.flatnonzero(first <= last)
    until = np.where(last[there] == len(days) - 1, _NEVER, days[last[there]])
    return (
        frame[there]
        .drop("begins", "ends")
        .with_columns(
            _dates(days[first[there]]).alias("first_extract_date"),
            _dates(until).alias("last_extract_date"),
        )
    )


def _extracts(days: dict[str, Whole]) -> pl.DataFrame:
    return pl.concat(
        [
            pl.DataFrame({"extract_date": _dates(those)}).with_columns(
                pl.lit(source).alias("source"),
                pl.lit(1).alias("revision"),
                (pl.lit(f"{source}-") + pl.col("extract_date").cast(pl.String)).alias("delivery_id"),
            )
            for source, those in days.items()
        ]
    )


def _insert(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    connection.register("rows_of_table", frame)
    connection.execute(f"insert into {table} by name select * from rows_of_table")
    connection.unregister("rows_of_table")


def _write_part(
    connection: duckdb.DuckDBPyConnection,
    lake: Path,
    code: str,
    profile: Municipality,
    described: dict[str, dict[str, str]],
) -> int:
    """Move what the tables hold into a part of the lake: a file for each year of the first extract."""
    folder = part_folder(lake, code)
    own = profile.model_copy(update={"code": code, "name": code, "title": f"Kommun {code}"})
    tables = {}
    for table, columns in described.items():
        year = "year(first_extract_date)" if "first_extract_date" in columns else "0"
        files = []
        for (of,) in connection.execute(f"select distinct {year} from {table} order by 1").fetchall():
            path = folder / f"dataset={table}" / f"{of}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            written = connection.execute(
                f"copy (select * from {table} where {year} = {of} order by all) to '{path}' (format parquet)"
            ).fetchone()
            assert written
            name = f"{path.parent.name}/{path.name}"
            files.append(File(name, digest(path), written[0], path.stat().st_size))
        connection.execute(f"delete from {table}")
        tables[f"history.{table}"] = Table(columns, tuple(files))
    part = Part(
        folder, code, own.title, dict(profile_of(own)), "benchmark", "benchmark", 1, date(FIRST_YEAR, 1, 1), tables
    )
    part.write()
    return sum(file.rows for table in tables.values() for file in table.files)
