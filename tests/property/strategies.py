"""Hypothesis strategies for random small worlds of deliveries.

What belongs here: worlds that are small, but crowded with what is hard: borders of periods and birthdays,
number chains, rows that come and go, revisions, faults of every kind, any order and batching.

What does not belong here: what is expected of a world. The oracle says that.

Two things a world never holds, because the pages leave no answer to them that is independent of order: linked
numbers of different birth years of which one can be purged, and a folder rewritten that was not rejected.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from tests.model.oracle import CODES, DATASETS, NACKA, STOCKHOLM, Column, Row
from tests.model.world import FAULTS, PLAIN, Extract, FileFormat, make_row, personnummer, samordningsnummer

T = TypeVar("T")

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
]


def _shift(day: date, years: int) -> date:
    """The same day in another year (28 February for a 29th that is not there)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _event_days(days: list[date]) -> list[str]:
    """Days on which something may happen: borders of periods, extract dates, ends of 14, 30 and 90 days."""
    events = {day + timedelta(days=after) for day in days for after in (0, -1, 1, -14, -15, -30, -31)}
    events |= {day + timedelta(days=after) for day in days[:2] for after in (14, 30, 90, 91, -90, -91)}
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


# --- persons --------------------------------------------------------------------------------------


@dataclass
class Person:
    """All numbers that a person has had, oldest first, and which differing rows they may have."""

    numbers: list[str]
    residences: list[dict[str, str]]
    stays: list[dict[str, str]]


def _persons(draw: st.DrawFn, days: list[date], events: list[str], districts: list[str], most: int) -> list[Person]:
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
                stays=[
                    {
                        "stadsdelsomrade": _pick(draw, districts),
                        "registrerad_datum": _pick(draw, events),
                        "kategori": _pick(draw, CODES["kategori"]),
                    }
                    for _ in range(2)
                ],
            )
        )
    return persons


def _below(draw: st.DrawFn, limit: int) -> int:
    return draw(st.integers(0, limit - 1))


def _pick(draw: st.DrawFn, values: list[T]) -> T:
    return values[_below(draw, len(values))]


# --- records --------------------------------------------------------------------------------------

# Text is compared by code point: these come in another order by number, by locale and without regard to case.
IDS = ["1", "10", "9", "B", "a", "ä", "Å", "Z", "a;b", 'x"y', "é", "ab"]


def _records(
    draw: st.DrawFn, dataset: str, persons: list[Person], events: list[str], enrolments: list[str]
) -> list[list[Row]]:
    """The records of a dataset, each as the list of the versions that it may have."""
    names = IDS[: _below(draw, 7)] if _below(draw, 3) else IDS[5 : 5 + _below(draw, 7)]
    return [
        [_record(draw, dataset, name, persons, events, enrolments) for _ in range(1 + _below(draw, 3))]
        for name in names
    ]


def _record(
    draw: st.DrawFn, dataset: str, name: str, persons: list[Person], events: list[str], enrolments: list[str]
) -> Row:
    def number() -> str:
        return _pick(draw, _pick(draw, persons).numbers)

    def code(code_list: str) -> str:
        return _pick(draw, CODES[code_list])

    start, end = sorted([_pick(draw, events), _pick(draw, events)])
    has_ended = _below(draw, 2)
    match dataset:
        case "studieperioder":
            return make_row(
                dataset,
                studieperiod_id=name,
                personnummer=number(),
                skolform=_pick(draw, ["GY", "ANPGY", "GYSAR", "KOMVUX"]),
                studievag=_pick(draw, ["NA", "IMA", "IMSPR", "EK25"]),
                startdatum=start,
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
                personnummer=number(),
                datum=start,
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
                personnummer=number(),
                datum=start,
                kontakt_id=_pick(draw, ["", *IDS, *IDS[:3], *IDS[:3]]),
                sysselsattning=_pick(draw, ["ARBETE", "PRAKTIK", "INGEN", "OKAND"]),
            )
        case "inskrivningar":
            return make_row(
                dataset,
                inskrivning_id=name,
                personnummer=number(),
                forvaltning=code("forvaltning"),
                inskriven_datum=start,
                avslutad_datum=end if has_ended else "",
                avslutsorsak=code("avslutsorsak") if has_ended else "",
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
            return make_row(dataset, kontroll_id=name, personnummer=number(), anmald_datum=start)
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
    raise ValueError(dataset)


# --- extracts -------------------------------------------------------------------------------------


def _resident_rows(draw: st.DrawFn, persons: list[Person]) -> list[Row]:
    rows = []
    for index, person in enumerate(persons):
        state = _below(draw, 16)
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


def _register_rows(draw: st.DrawFn, persons: list[Person]) -> list[Row]:
    rows = []
    for person in persons:
        state = _below(draw, 8)
        content = person.stays[state % 2]
        if state < 4:
            rows.append((person.numbers[-1], content))
        elif state == 4:
            rows.append((person.numbers[0], content))
        elif state == 5:
            rows += [(number, person.stays[place % 2]) for place, number in enumerate(person.numbers)]
    return [make_row("register", personnummer=number, **content) for number, content in rows]


def _version_rows(draw: st.DrawFn, records: list[list[Row]]) -> list[Row]:
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
    return [
        make_row("bosattningskontroller", kontroll_id=f"bulk{row}", personnummer=number, anmald_datum=day)
        for row in range(count)
    ]


# Values that are wrong in one column or another.
WRONG = ["", "x", "2023-02-29", "2023-1-01", "0", "6", "-1", "1.5", "1,5", "j", "200501011234", "99", "ÅÄÖ"]


def _spoil(draw: st.DrawFn, dataset: str, columns: list[Column], rows: list[Row]) -> None:
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


def _extract(draw: st.DrawFn, content: _Content, source: str, day: date, municipality: str) -> Extract:
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


def _deliveries(draw: st.DrawFn, content: _Content, days: list[date], municipality: str, most: int) -> list[Extract]:
    nights: list[tuple[str, date]] = []
    for source in DATASETS:
        # Every source misses some nights; the two that most figures need are there on at least one.
        is_needed = source in ("ber", "folkbokforing")
        on_days = [day for day in days if _below(draw, 4) >= (1 if is_needed else 2)]
        for day in on_days or days[: int(is_needed)]:
            nights += [(source, day)] * (2 if _below(draw, 5) == 0 else 1)
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


def _questions(draw: st.DrawFn, days: list[date]) -> tuple[list[str], list[date | None]]:
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


@st.composite
def worlds(
    draw: st.DrawFn,
    max_persons: int = 12,
    max_days: int = 8,
    max_deliveries: int = 16,
    max_nightlies: int = 4,
) -> World:
    """A random small world."""
    scenes = [_pick(draw, SCENES) for _ in range(1 + _below(draw, 3))]
    all_days = sorted({scene + timedelta(days=after) for scene in scenes for after in range(5)})
    while len(all_days) > max_days:
        del all_days[_below(draw, len(all_days))]
    profile = _pick(draw, [STOCKHOLM, STOCKHOLM, STOCKHOLM, NACKA])
    districts = ["", "01", "21", "06", "12", "03", "22"] if profile == STOCKHOLM else ["", "", "", "", "01"]
    events = _event_days(all_days)
    persons = _persons(draw, all_days, events, districts, max_persons)
    records: dict[str, list[list[Row]]] = {}
    for datasets in DATASETS.values():
        for dataset in datasets:
            if dataset not in ("personer", "register"):  # insatser come after the inskrivningar they refer to
                enrolments = [versions[0]["inskrivning_id"] for versions in records.get("inskrivningar", [])]
                records[dataset] = _records(draw, dataset, persons, events, enrolments or IDS[:1])
    bulk = _pick(draw, ["", "bosattningskontroller", "svar", "bosattningskontroller"])
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
