"""Hypothesis strategies for random small worlds of deliveries.

What belongs here: worlds that are small, but crowded with what is hard: borders of periods and birthdays,
number chains, rows that come and go, revisions, faults of every kind, any order and batching.

What does not belong here: what is expected of a world. The oracle says that.

Two things a world never holds, because the pages leave no answer to them that is independent of order: linked
numbers of different birth years of which one can be purged, and a folder rewritten that was not rejected.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from tests.model.oracle import CODES, DATASETS, NACKA, STOCKHOLM, Column, Profile, Row
from tests.model.world import FAULTS, PLAIN, Extract, FileFormat, make_row, personnummer, samordningsnummer

T = TypeVar("T")
#: Draws a number from 0 up to, but not including, the limit.
Draw = Callable[[int], int]

# --- worlds ---------------------------------------------------------------------------------------


@dataclass
class World:
    """Deliveries, the nights on which they come, and the questions to ask afterwards."""

    municipality: str  # "stockholm" or "nacka"
    deliveries: list[Extract]
    batches: list[list[int]]  # for each nightly, which deliveries have come since the last
    decisions: list[str]  # after each nightly, what a person decides about what is held: "", "release" or "reject"
    periods: list[str]
    as_known: list[date | None]
    days: list[date] = field(default_factory=list)  # the extract dates, in order

    def write_batch(self, batch: int, drop: Path) -> list[str]:
        """Write what comes before one nightly; returns the folders."""
        return [self.deliveries[index].write(drop) for index in self.batches[batch]]

    def __repr__(self) -> str:
        lines = [f"World({self.municipality}, periods={self.periods}, as_known={[str(k) for k in self.as_known]}"]
        for batch, decision in zip(self.batches, self.decisions, strict=True):
            lines.append(f"  nightly{f', then {decision} what is held' if decision else ''}:")
            lines += [_described(self.deliveries[index]) for index in batch]
        return "\n".join(lines) + ")"

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:
        """What Hypothesis prints of a failing world."""
        printer.text(repr(self))


def _described(delivery: Extract) -> str:
    faults = "".join(f" [{fault.reason}: {fault.way} {fault.dataset or ''}]" for fault in delivery.faults)
    lines = [f"    {delivery.path} {delivery.day} revision {delivery.revision} {delivery.created}{faults}"]
    for dataset, rows in delivery.tables.items():
        if dataset in delivery.formats and delivery.formats[dataset] != PLAIN:
            lines.append(f"      {dataset} as {delivery.formats[dataset]}")
        lines += [f"      {dataset}: {';'.join(row.values())!r}" for row in rows[:15]]
        if len(rows) > 15:
            lines.append(f"      {dataset}: … {len(rows)} rows")
    return "\n".join(lines)


# --- days -----------------------------------------------------------------------------------------

# Runs of days around what the rules turn on.
SCENES = [
    date(2022, 11, 29),  # Stockholm's report year ends on 30 November
    date(2023, 6, 29),  # district reform, school year, half-year, 1 July of the year in which they turn 16
    date(2021, 12, 30),  # calendar year, gallring
    date(2022, 12, 30),
    date(2023, 12, 30),
    date(2024, 12, 30),
    date(2024, 2, 27),  # 29 February
    date(2023, 2, 27),  # no 29 February
    date(2018, 6, 29),  # youths on introduction programmes leave the target group
    date(2025, 8, 30),
    date(2022, 8, 18),  # 20 August and 15 September: what counts as guidance before school starts
    date(2023, 9, 13),
]


def _shift(day: date, years: int) -> date:
    """The same day in another year (28 February for a 29th that is not there)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _event_days(days: list[date]) -> list[str]:
    """Days on which something may happen: borders of periods, extract dates, ends of 14, 30, 90 and 180 days."""
    events = {day + timedelta(days=after) for day in days for after in (0, -1, 1, -14, -15, -30, -31)}
    events |= {day + timedelta(days=after) for day in days[:2] for after in (14, 30, 90, 91, -90, -91, -180, -181)}
    for year in {day.year for day in days}:
        events |= {
            date(year, 1, 1),
            date(year, 4, 30),
            date(year, 6, 30),
            date(year, 7, 1),
            date(year, 8, 31),
        }
        events |= {date(year, 11, 30), date(year, 12, 1), date(year, 12, 31), date(year - 1, 12, 1)}
    return [day.isoformat() for day in sorted(events)]


def _near(draw: Draw, events: list[str], distances: list[int]) -> str:
    """One of the events, or a day so far from it that a rule turns on it."""
    return (date.fromisoformat(_pick(draw, events)) + timedelta(days=_pick(draw, distances))).isoformat()


def _school_days(days: list[date]) -> list[str]:
    """What admission and guidance turn on, in the years of the extracts."""
    years = sorted({day.year for day in days})
    return [f"{year}-{day}" for year in years for day in ("07-01", "07-15", "08-19", "08-20", "09-15", "09-16")]


# --- persons --------------------------------------------------------------------------------------


@dataclass
class Person:
    """All numbers that a person has had, oldest first, and which differing rows they may have."""

    numbers: list[str]
    residences: list[dict[str, str]]
    stays: list[dict[str, str]]
    is_known_elsewhere_only: bool  # neither in the register nor in the population register
    told: str  # a day on which they may have been told that there is no place
    left: str  # a day on which their support may have ended

    def registered(self) -> list[str]:
        """When the stays began."""
        return [stay["registrerad_datum"] for stay in self.stays]


def _persons(draw: Draw, days: list[date], events: list[str], districts: list[str], most: int) -> list[Person]:
    births = [_shift(day, -age) + timedelta(days=1) for day in days for age in (20, 21, 22, 16)]
    births += [_shift(day, -age) for day in days for age in (17, 18, 20)]
    births += [date(2004, 2, 29), date(2008, 2, 29), date(2000, 2, 29), date(2006, 6, 30), date(2007, 7, 1)]
    persons = []
    for index in range(1 + _below(draw, most)):
        birth = _pick(draw, births)
        serial = 100 + 20 * index + _below(draw, 2)
        corrected = _pick(draw, [birth, birth, date(birth.year, 3, 1), date(birth.year, 12, 31)])
        if birth.year >= 2005:  # nobody born then turns 21 before the last year of a world
            corrected = _pick(draw, [corrected, date(2006, 1, 15)])
        number = personnummer(birth, serial)
        chain = [
            [number],
            [number],
            [samordningsnummer(birth, serial + 2), number],
            [number, personnummer(corrected, serial + 5)],
            [samordningsnummer(corrected, serial + 3), number, personnummer(corrected, serial + 6)],
        ]
        persons.append(
            Person(
                numbers=_pick(draw, chain),
                residences=[
                    {
                        "stadsdelsomrade": _pick(draw, districts),
                        "invandrad_efter_skolplikt": _pick(draw, ["N", "N", "J"]),
                        "skyddsmarkering": _pick(draw, ["", "", "SEKRETESS", "SKYDDAD"]),
                    }
                    for _ in range(2)
                ],
                stays=_stays(draw, events, districts),
                is_known_elsewhere_only=_below(draw, 8) == 7,
                told=_pick(draw, _school_days(days)),
                left=_pick(draw, events),
            )
        )
    return persons


def _stays(draw: Draw, events: list[str], districts: list[str]) -> list[dict[str, str]]:
    """What the register may say: of one stay with one reason or another, and of a later or an earlier one."""
    stays: list[dict[str, str]] = []
    for place in range(3):
        is_the_same = bool(place and _below(draw, 3) == 0)
        stays.append(
            {
                "stadsdelsomrade": _pick(draw, districts),
                "registrerad_datum": stays[0]["registrerad_datum"] if is_the_same else _pick(draw, events),
                "registreringsorsak": _pick(draw, CODES["registreringsorsak"]),
                "kategori": _pick(draw, CODES["kategori"]),
            }
        )
    return stays


def _below(draw: Draw, limit: int) -> int:
    return draw(limit)


def _pick(draw: Draw, values: list[T]) -> T:
    return values[_below(draw, len(values))]


# --- records --------------------------------------------------------------------------------------


@dataclass
class _Days:
    """Where in time something may happen."""

    extracts: list[str]
    events: list[str]
    school: list[str]
    job_centres: list[str]  # of the profile, and what is no code in it


# Text is compared by code point: these come in another order by number, by locale and without regard to case.
IDS = ["1", "10", "9", "B", "a", "ä", "Å", "Z", "a;b", 'x"y', "é", "ab"]


def _records(draw: Draw, dataset: str, persons: list[Person], days: _Days, enrolments: list[str]) -> list[list[Row]]:
    """The records of a dataset, each as the list of the versions that it may have."""
    names = IDS[: _below(draw, 10)] if _below(draw, 3) else IDS[5 : 5 + _below(draw, 7)]
    return [
        [_record(draw, dataset, name, persons, days, enrolments) for _ in range(1 + _below(draw, 3))] for name in names
    ]


def _record(draw: Draw, dataset: str, name: str, persons: list[Person], days: _Days, enrolments: list[str]) -> Row:
    events = days.events
    # Few persons have most, so that what belongs together is often the same person's.
    person = _pick(draw, persons[:2] if _below(draw, 3) else persons)
    number = _pick(draw, person.numbers)
    is_near = _below(draw, 2)  # to what else is known of the person

    def code(code_list: str) -> str:
        return _pick(draw, CODES[code_list])

    start, end = sorted([_pick(draw, events), _pick(draw, events)])
    around_decision = [person.told, person.told, *_school_days([date.fromisoformat(person.told)])[2:]]
    has_ended = _below(draw, 2)
    match dataset:
        case "studieperioder":
            begun = _near(draw, around_decision, [0, 0, 1, -1]) if is_near else start
            return make_row(
                dataset,
                studieperiod_id=name,
                personnummer=number,
                skolform=_pick(draw, ["GY", "ANPGY", "GYSAR", "KOMVUX"]),
                studievag=_pick(draw, ["NA", "IMA", "IMSPR", "EK25"]),
                startdatum=min(begun, end) if has_ended else begun,
                slutdatum=end if has_ended else "",
                avslut=_pick(draw, ["", "EXAMEN", "STUDIEBEVIS", "GYMNASIEBEVIS_ANP", "AVBROTT"]),
            )
        case "bevis":
            # The same name is the same key in all versions: a person's number and a kind of certificate.
            person = persons[IDS.index(name) % len(persons)]
            bevis = CODES["bevis"][IDS.index(name) % len(CODES["bevis"])]
            return make_row(dataset, personnummer=person.numbers[0], bevis=bevis, datum=start)
        case "kontakter":
            riktning = _pick(draw, ["UT", "UT", "IN"])
            return make_row(
                dataset,
                kontakt_id=name,
                personnummer=number,
                datum=_near(draw, person.registered(), [0, 14, 15, 30, 31, 90, 91, -1]) if is_near else start,
                riktning=riktning,
                kanal=code("kanal"),
                besvarad="J" if riktning == "IN" or has_ended else "N",
                besvarad_av=_pick(draw, ["", "UNGDOM", "ANHORIG"]),
                antal_personal=_pick(draw, ["", "2"]),
                makulerad=_pick(draw, ["N", "N", "N", "N", "J"]),
            )
        case "sysselsattningar":
            return make_row(
                dataset,
                sysselsattning_id=name,
                personnummer=number,
                datum=_near(draw, [person.left], [0, 1, 1, 2, 180, 181]) if is_near else start,
                kontakt_id=_pick(draw, ["", *IDS, *IDS[:3], *IDS[:3]]),
                sysselsattning=_pick(draw, ["ARBETE", "PRAKTIK", "INGEN", "OKAND"]),
            )
        case "inskrivningar":
            if is_near and has_ended:
                start, end = min(start, person.left), person.left
            elif is_near:
                start = _near(draw, person.registered(), [0, 1, 90, 91, -1])
            return make_row(
                dataset,
                inskrivning_id=name,
                personnummer=number,
                forvaltning=code("forvaltning"),
                inskriven_datum=start,
                avslutad_datum=end if has_ended else "",
                avslutsorsak=_pick(draw, ["STUDIER", "ARBETE", *CODES["avslutsorsak"]]) if has_ended else "",
            )
        case "insatser":
            return make_row(
                dataset,
                insats_id=name,
                inskrivning_id=_pick(draw, enrolments),
                insats=_pick(draw, ["AIM", "PRAKTIK", "UNGVUX", "SYV"]),
                startdatum=start,
                slutdatum=end if has_ended else "",
                avslutsorsak=code("avslutsorsak") if has_ended else "",
            )
        case "bosattningskontroller":
            return make_row(dataset, kontroll_id=name, personnummer=number, anmald_datum=start)
        case "svar":
            fraga = _pick(draw, ["Fick du hjälp?", 'Är "KAA"; bra?', "rad\nbrytning"])
            return make_row(dataset, svar_id=name, datum=start, fraga=fraga, svar=str(1 + _below(draw, 5)))
        case "nyckeltal":
            # The name stands in matt, so that records of other names have other keys.
            return make_row(
                dataset,
                period_fran=_pick(draw, ["2023-01-01", "2022-12-01", start]),
                period_till=_pick(draw, ["2023-12-31", "2023-11-30", end]),
                verksamhet=_pick(draw, ["Ungvux", "Slussplatser"]),
                matt=name,
                varde=_pick(draw, ["0", "1", "-1", "0.1", "0.2", "12.50", "100000000000.000001"]),
            )
        case "antagningar":
            told = person.told if is_near else _pick(draw, [start, *days.school])
            return make_row(
                dataset,
                antagning_id=name,
                personnummer=number,
                antagningsar=str(int(told[:4]) + _pick(draw, [0, 0, 0, 0, 1, -1])),
                omgang=_pick(draw, ["SLUTLIG", "SLUTLIG", "SLUTLIG", "PRELIMINAR", "RESERV"]),
                beskedsdatum=told,
                utfall=_pick(draw, ["EJ_ANTAGEN", "EJ_ANTAGEN", "ANTAGEN", "RESERVPLATS"]),
            )
        case "besok":
            return make_row(
                dataset,
                besok_id=name,
                personnummer=number,
                datum=_near(draw, around_decision if is_near else [start, *days.school], [0, 0, 0, 1, -1]),
                besokstyp=code("besokstyp"),
            )
        case "deltaganden":
            agreed, start, end = sorted([start, end, _pick(draw, events)])
            withdrawn = _pick(draw, ["", "", "", "", end, start, *days.extracts])
            return make_row(
                dataset,
                deltagande_id=name,
                personnummer=number,
                samtycke_fran=_pick(draw, [agreed, agreed, agreed, agreed, agreed, end]),
                samtycke_till=withdrawn if withdrawn >= agreed else "",
                flai_insats=_pick(draw, ["COACHNING", "SELMA", "OVRIG"]),
                startdatum=start,
                slutdatum=end if has_ended else "",
                avslutsorsak=code("avslutsorsak") if has_ended else "",
            )
        case "antal":
            # The name stands in kon and matt, so that records of other names mostly have other keys.
            place = IDS.index(name)
            matt = CODES["matt"][place // 2 % 3]
            return make_row(
                dataset,
                period_fran=_pick(draw, ["2023-01-01", "2022-12-01", start]),
                period_till=_pick(draw, ["2023-12-31", "2023-11-30", end]),
                jobbtorg=_pick(draw, days.job_centres),
                kon=CODES["kon"][place % 2],
                matt=matt,
                orsak=_pick(draw, ["STUDIER", "ARBETE", "OKAND"]) if matt == "AVSLUTADE" else "",
                antal=_pick(draw, ["0", "1", "7", "012", "100000"]),
            )
    raise ValueError(dataset)


def _without_a_place(draw: Draw, records: dict[str, list[list[Row]]], person: Person) -> None:
    """A youth who got no place, and what may have followed: guidance, a place, each in time or not."""
    told, number = person.told, _pick(draw, person.numbers)
    last_days = [told, *_school_days([date.fromisoformat(told)])[2:]]
    decision = make_row(
        "antagningar", antagning_id="n", personnummer=number, antagningsar=told[:4], beskedsdatum=told,
        utfall="EJ_ANTAGEN",
    )  # fmt: skip
    visit = make_row("besok", besok_id="n", personnummer=_pick(draw, person.numbers), datum=_pick(draw, last_days))
    place = make_row(
        "studieperioder", studieperiod_id="n", personnummer=_pick(draw, person.numbers),
        startdatum=_pick(draw, last_days), skolform=_pick(draw, ["GY", "GY", "GYSAR", "KOMVUX"]),
    )  # fmt: skip
    for dataset, row in (("antagningar", decision), ("besok", visit), ("studieperioder", place)):
        records[dataset].append([row])


# --- extracts -------------------------------------------------------------------------------------


def _resident_rows(draw: Draw, persons: list[Person]) -> list[Row]:
    rows = []
    for index, person in enumerate(persons):
        state = 15 if person.is_known_elsewhere_only else _below(draw, 16)
        numbers = person.numbers
        content = person.residences[state % 2]
        newest, before = numbers[-1], numbers[-2] if len(numbers) > 1 else ""
        other = persons[index - 1].numbers[-1]
        if state < 8:
            rows.append((newest, before, content))
        elif state == 8:  # two linked numbers in one extract, as different rows
            rows += [
                (number, numbers[place - 1] if place else "", person.residences[place % 2])
                for place, number in enumerate(numbers)
            ]
        elif state == 9:  # the link is not there yet, or no more
            rows.append((newest, "", content))
        elif state == 10:
            rows.append((numbers[0], "", content))
        elif state == 11:  # past the one between, which another extract may name
            rows.append((newest, numbers[0] if len(numbers) > 1 else "", content))
        elif state == 12:  # names itself, or closes a circle
            rows.append((numbers[0], newest, content))
        elif state == 13 and _may_be_one(newest, other):
            rows.append((newest, other, content))
    return [
        make_row("personer", personnummer=number, tidigare_personnummer=earlier, **content)
        for number, earlier, content in rows
    ]


def _may_be_one(number: str, other: str) -> bool:
    """Whether it makes no difference for gallring if these turn out to be one person."""
    return number[:4] == other[:4] or (number >= "2005" and other >= "2005")


def _register_rows(draw: Draw, persons: list[Person]) -> list[Row]:
    rows = []
    for person in persons:
        state = 7 if person.is_known_elsewhere_only else _below(draw, 8)
        content = person.stays[state % 3]
        if state < 4:
            rows.append((person.numbers[-1], content))
        elif state == 4:
            rows.append((person.numbers[0], content))
        elif state == 5:
            rows += [(number, person.stays[place % 3]) for place, number in enumerate(person.numbers)]
    return [make_row("register", personnummer=number, **content) for number, content in rows]


def _version_rows(draw: Draw, records: list[list[Row]]) -> list[Row]:
    """Of each record one of its versions, or nothing."""
    rows = []
    for versions in records:
        state = _below(draw, 4 * len(versions) + 1)
        if state < 4 * len(versions):
            rows.append(dict(versions[state // 4]))
    return rows


def _bulk_rows(dataset: str, number: str, count: int, day: str) -> list[Row]:
    """Rows enough for a drop in volume."""
    if dataset == "svar":
        return [make_row("svar", svar_id=f"bulk{row}", datum=day) for row in range(count)]
    if dataset == "deltaganden":
        return [
            make_row("deltaganden", deltagande_id=f"bulk{row}", personnummer=number, startdatum=day)
            for row in range(count)
        ]
    return [
        make_row("bosattningskontroller", kontroll_id=f"bulk{row}", personnummer=number, anmald_datum=day)
        for row in range(count)
    ]


# Values that are wrong in one column or another.
WRONG = [
    "",
    "x",
    "2023-02-29",
    "2023-1-01",
    "0",
    "6",
    "-1",
    "1.5",
    "1,5",
    "j",
    "200501011234",
    "99",
    "ÅÄÖ",
    "+1",
    "1.0",
    "-0",
    "SAKNAS",
]


def _spoil(draw: Draw, dataset: str, columns: list[Column], rows: list[Row]) -> None:
    """Something wrong with one of the rows, or a row that stands there twice."""
    place = _below(draw, len(rows))
    row = rows[place]
    column = _pick(draw, columns)
    match _below(draw, 6):
        case 0 | 1:
            row[column.name] = _pick(draw, WRONG)
        case 2:  # repeats exactly
            rows.append(dict(row))
        case 3:  # repeats with another value somewhere: the same key unless it is there
            other = _pick(draw, rows)
            rows.insert(_below(draw, len(rows) + 1), row | {column.name: other[column.name]})
        case 4:  # the same key, and a fault that one of them has alone
            rows.append(row | {columns[-1].name: _pick(draw, WRONG)})
        case 5:
            for start, end in (("startdatum", "slutdatum"), ("inskriven_datum", "avslutad_datum")):
                if start in row:
                    row[end] = _pick(draw, ["2017-01-01", row[start], ""])
            if dataset == "deltaganden":  # the end of consent before its beginning, or no consent yet
                row[_pick(draw, ["samtycke_till", "startdatum"])] = "2017-01-01"
            if dataset == "antal":
                row["orsak"] = "" if row["orsak"] else "STUDIER"
            if dataset == "kontakter":
                row["riktning"], row["besvarad"] = "IN", "N"
            if dataset == "nyckeltal":
                row["period_till"] = "2017-01-01"


FORMATS = [
    PLAIN,
    PLAIN,
    PLAIN,
    FileFormat(bom=True, newline="\r\n"),
    FileFormat(encoding="iso-8859-1", quoted=True),
    FileFormat(gzipped=True, rotated=2),
    FileFormat(rotated=1, extra_columns=(("namn", "Anna; Andersson"), ("Personnummer", "x"))),
    FileFormat(padding=" \t", last_newline=False),
    FileFormat(padding="\n ", empty_lines=True, newline="\r\n"),
    FileFormat(quoted=True, empty_lines=True, last_newline=False, extra_columns=(("", ""),)),
]


@dataclass
class _Content:
    """What the sources can hold: it differs from extract to extract in what of it is there."""

    persons: list[Person]
    records: dict[str, list[list[Row]]]
    bulk: str  # the dataset with rows enough for a drop in volume, or nothing


def _extract(draw: Draw, content: _Content, source: str, day: date, municipality: str) -> Extract:
    delivery = Extract(source, day, revision=_pick(draw, [1, 1, 1, 2, 3]), municipality=municipality)
    for dataset, columns in DATASETS[source].items():
        if dataset == "personer":
            rows = _resident_rows(draw, content.persons)
        elif dataset == "register":
            rows = _register_rows(draw, content.persons)
        else:
            rows = _version_rows(draw, content.records[dataset])
        if dataset == content.bulk:
            count = _pick(draw, [100, 69, 100, 70, 143, 40, 100, 99])
            rows += _bulk_rows(dataset, content.persons[0].numbers[0], count, day.isoformat())
        for _ in range(max(0, _below(draw, 6) - 3)):
            if rows:
                _spoil(draw, dataset, columns, rows)
        delivery.tables[dataset] = rows
        delivery.formats[dataset] = _pick(draw, FORMATS)
    if _below(draw, 12) == 0:
        delivery.unknown_datasets["elevhalsa"] = "personnummer;anteckning\n200501010000;x\n"
    return delivery


def _deliveries(draw: Draw, content: _Content, days: list[date], municipality: str, most: int) -> list[Extract]:
    nights: list[tuple[str, date]] = []
    for source in DATASETS:
        # Every source misses some nights; the two that most figures need are there on at least one.
        is_needed = source in ("ber", "folkbokforing")
        if not is_needed and content.bulk not in DATASETS[source] and _below(draw, 4) == 3:  # it has no such source
            continue
        on_days = [day for day in days if _below(draw, 4) >= (1 if is_needed else 2)]
        for day in on_days or days[: int(is_needed)]:
            # Revisions: most of them where a superseded one still says something.
            nights += [(source, day)] * (2 if _below(draw, 3 if source == "flai" else 6) == 0 else 1)
    while len(nights) > most:
        del nights[_below(draw, len(nights))]
    nights.sort(key=lambda night: night[1])
    deliveries = [_extract(draw, content, source, day, municipality) for source, day in nights]
    for index, delivery in enumerate(deliveries):
        delivery.folder = f"{index:02}"
        # as moments in another order than as text
        delivery.created = f"{delivery.day}T0{_below(draw, 4)}:00:00+0{1 + _below(draw, 2)}:00"

    more: list[Extract] = []
    for index, delivery in enumerate(deliveries):
        event = _below(draw, 12)
        if event in (0, 1):
            again = copy.deepcopy(delivery)
            again.folder = f"{index:02}-again"
            again.created = f"{delivery.day}T06:00:00+01:00"
            if event == 1:
                again.file_names = {dataset: f"{dataset}_ny" for dataset in DATASETS[delivery.source]}
            more.append(again)
        elif event in (2, 3):
            corrected = copy.deepcopy(delivery)
            corrected.created = f"{delivery.day}T07:00:00+01:00"
            if event == 3:  # otherwise in the same folder
                corrected.folder = f"{index:02}-corrected"
            if _below(draw, 4):
                more.append(corrected)
            for _ in range(1 + _below(draw, 2)):
                reason = _pick(draw, list(FAULTS))
                dataset = _pick(draw, list(DATASETS[delivery.source]))
                if reason not in {fault.reason for fault in delivery.faults}:
                    delivery.with_fault(reason, _pick(draw, FAULTS[reason]), dataset)
    return deliveries + more


def _questions(draw: Draw, days: list[date]) -> tuple[list[str], list[date | None]]:
    day = _pick(draw, days)
    periods = [f"verksamhetsar-{day.year + (day.month == 12)}", f"dag-{day}"]
    for _ in range(2):
        day = _pick(draw, days)
        year = day.year + (_below(draw, 4) == 3)
        periods.append(
            _pick(
                draw,
                [
                    f"verksamhetsar-{year}",
                    f"kalenderar-{year}",
                    f"lasar-{year - 1}-{year}",
                    f"tertial1-{year}",
                    f"tertial2-{year}",
                    f"halvar1-{year}",
                    f"halvar2-{year}",
                    f"manad-{year}-{day.month:02}",
                    f"dag-{day + timedelta(days=1)}",
                    f"dag-{day - timedelta(days=1)}",
                ],
            )
        )
    return list(dict.fromkeys(periods)), [None, _pick(draw, days) - timedelta(days=_below(draw, 2))]


def _job_centres(profile: Profile) -> list[str]:
    if profile == NACKA:
        return ["", "", "", "", "GLOBEN"]
    return ["", "GLOBEN", "GLOBEN", "KISTA", "SKARHOLMEN", "SAKNAS"]


def _world(draw: Draw, max_persons: int, max_days: int, max_deliveries: int, max_nightlies: int) -> World:
    scenes = [_pick(draw, SCENES) for _ in range(1 + _below(draw, 3))]
    if _below(draw, 4) == 3:  # who was in the register in the same period one year earlier
        scenes.append(_shift(scenes[0], -1))
    all_days = sorted({scene + timedelta(days=after) for scene in scenes for after in range(5)})
    while len(all_days) > max_days:
        del all_days[_below(draw, len(all_days))]
    profile = _pick(draw, [STOCKHOLM, STOCKHOLM, STOCKHOLM, NACKA])
    districts = ["", "01", "21", "06", "12", "03", "22"] if profile == STOCKHOLM else ["", "", "", "", "01"]
    events = _event_days(all_days)
    persons = _persons(draw, all_days, events, districts, max_persons)
    places = _Days([day.isoformat() for day in all_days], events, _school_days(all_days), _job_centres(profile))
    records: dict[str, list[list[Row]]] = {}
    for datasets in DATASETS.values():
        for dataset in datasets:
            if dataset not in ("personer", "register"):  # insatser come after the inskrivningar they refer to
                enrolments = [versions[0]["inskrivning_id"] for versions in records.get("inskrivningar", [])]
                records[dataset] = _records(draw, dataset, persons, places, enrolments or IDS[:1])
    for person in persons[: _below(draw, 2)]:
        _without_a_place(draw, records, person)
    bulk = _pick(draw, ["", "bosattningskontroller", "deltaganden", "bosattningskontroller", "svar", "deltaganden"])
    content = _Content(persons, records, bulk)
    deliveries = _deliveries(draw, content, all_days, profile.code, max_deliveries)

    order = list(range(len(deliveries)))
    for last in range(len(order) - 1, 0, -1):  # drawing 0 leaves everything as it is
        other = last - _below(draw, last + 1)
        order[last], order[other] = order[other], order[last]
    for one in range(len(order)):
        for two in range(one):
            in_place = deliveries[order[one]].path == deliveries[order[two]].path
            if in_place and deliveries[order[one]].faults:  # the faulty one comes first
                order[one], order[two] = order[two], order[one]
    nightlies = max_nightlies - _below(draw, max_nightlies)
    cuts = sorted(_below(draw, len(order) + 1) for _ in range(nightlies - 1))
    batches = [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    if bulk:  # what is held last gets its night after
        batches.append([])
    decisions = [_pick(draw, ["reject", "release", ""]) for _ in batches]
    periods, as_known = _questions(draw, all_days)
    return World(
        municipality="stockholm" if profile == STOCKHOLM else "nacka",
        deliveries=deliveries,
        batches=batches,
        decisions=decisions,
        periods=periods,
        as_known=as_known,
        days=all_days,
    )


@st.composite
def worlds(
    draw: st.DrawFn,
    max_persons: int = 12,
    max_days: int = 8,
    max_deliveries: int = 20,
    max_nightlies: int = 4,
) -> World:
    """A random small world, made smaller where it shows a fault."""
    return _world(lambda limit: draw(st.integers(0, limit - 1)), max_persons, max_days, max_deliveries, max_nightlies)


def world_number(number: int) -> World:
    """One of any number of worlds that have nothing to do with each other: Hypothesis mostly varies what it has tried."""
    return _world(random.Random(number).randrange, max_persons=12, max_days=8, max_deliveries=20, max_nightlies=4)
