"""What happened, as a code and what it is about, and the one place that words it in Swedish.

A notice is about the night or its surroundings (a folder that cannot be read, a clock that is wrong, a part that failed). A
remark is about a delivery: what became of it, why, what it is warned of and what a person should do. Nobody looks for words
in a sentence: what is asked about it is asked of its code.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class NoticeCode(StrEnum):
    """What there is to tell."""

    FOLDER_UNREADABLE = "folder_unreadable"  # folder, problem, owner
    SOURCE_UNREADABLE = "source_unreadable"  # folder, problem, owner
    DELIVERY_SETTLING = "delivery_settling"  # folder, file, minutes
    DELIVERY_UNREADABLE = "delivery_unreadable"  # folder, file, problem, owner
    DELIVERY_UNEXPLAINED = "delivery_unexplained"  # folder, place
    CLOCK_BEHIND = "clock_behind"  # clock, published, deliveries
    DELIVERIES_VANISHED = "deliveries_vanished"  # drop, deliveries
    SOURCE_SILENT = "source_silent"  # source, title, last, days
    PART_FAILED = "part_failed"  # part, problem
    COPY_DAMAGED = "copy_damaged"  # deliveries, folder
    STATE_MIGRATED = "state_migrated"  # before, now


_SENTENCES = {
    NoticeCode.FOLDER_UNREADABLE: "Mappen {folder} går inte att läsa ({problem}, ägare {owner}) och hoppades över. Är den "
    "ingen leverans behöver inget göras; annars ge nattkörningens användare läsrätt.",
    NoticeCode.SOURCE_UNREADABLE: "Mappen {folder}, där leveranser ska ligga, går inte att läsa ({problem}, ägare {owner}): "
    "det som ligger i den är inte inläst. Ge nattkörningens användare läsrätt, så läses det nästa natt.",
    NoticeCode.DELIVERY_SETTLING: "Leveransen {folder} är inte hel än: {file} saknas eller går inte att läsa. Den lämnades i "
    "natt och bedöms när manifestet är äldre än {minutes} minuter.",
    NoticeCode.DELIVERY_UNREADABLE: "Leveransen {folder} lämnades i natt, för {file} går inte att läsa här ({problem}, ägare "
    "{owner}). Felet är inte avsändarens: ge nattkörningens användare läsrätt eller laga disken, så läses den nästa natt.",
    NoticeCode.DELIVERY_UNEXPLAINED: "Leveransen {folder} lämnades i natt, för programmet kunde inte läsa den ({place}). "
    "Anmäl raden till systemförvaltaren; övriga leveranser är inlästa.",
    NoticeCode.CLOCK_BEHIND: "Serverns klocka går fel: den visar {clock}, men något publicerades redan {published}. "
    "{deliveries} leveranser med senare datum bedömdes inte. Ställ klockan; går den rätt nu, kör kaa "
    "confirm-clock --because TEXT.",
    NoticeCode.DELIVERIES_VANISHED: "Ingen av de {deliveries} leveranser som har lästs in finns kvar i {drop}, och inget nytt "
    "kom. Se efter att rätt mapp är monterad.",
    NoticeCode.SOURCE_SILENT: "{title} har inte levererat sedan {last}. Väntade uttag som saknas: {days}; helger, helgdagar och "
    "dagar då källan är stängd är inte räknade. Fråga avsändaren.",
    NoticeCode.PART_FAILED: "{part} kunde inte göras i natt ({problem}). Siffrorna är publicerade. Läs logs/dbt.log, åtgärda "
    "orsaken och kör kaa nightly igen.",
    NoticeCode.COPY_DAMAGED: "Leveranser ligger kvar i leveransmappen fast deras tid är ute ({deliveries}, först {folder}), för "
    "arkivets kopia är skadad eller går inte att kontrollera. Kör kaa archive verify, som säger vad som är fel, och lägg "
    "tillbaka filerna ur en säkerhetskopia av arkivet.",
    NoticeCode.STATE_MIGRATED: "Programmet är uppgraderat: det som ligger i lagret har gått från form {before} till form {now}, "
    "med all historik kvar. Äldre program vägrar från och med nu; spara säkerhetskopian från före uppgraderingen tills du vet "
    "att du inte behöver gå tillbaka.",
}

#: Which of the things that a notice is about tell it from others of its code; without any there is one of that code.
_TELLS_APART = ("source", "title", "part", "folder")

#: What goes over by itself, or was no delivery.
_WAITS_FOR_NOBODY = {NoticeCode.FOLDER_UNREADABLE, NoticeCode.DELIVERY_SETTLING, NoticeCode.STATE_MIGRATED}


@dataclass(frozen=True)
class Notice:
    """One thing to tell; ``about`` holds what the sentence names. Nothing in it may be a personnummer."""

    code: NoticeCode
    about: tuple[tuple[str, str], ...] = ()

    @property
    def waits_for_a_person(self) -> bool:
        """Whether the nightly ends with exit code 2 because of it."""
        return self.code not in _WAITS_FOR_NOBODY

    @property
    def sentence(self) -> str:
        """What it says to people, in Swedish, with what to do."""
        return _SENTENCES[self.code].format(**dict(self.about))

    @property
    def trouble(self) -> str:
        """The id of the trouble that it tells of, the same every night for as long as it is the same trouble."""
        about = dict(self.about)
        return trouble_id(self.code, next((about[name] for name in _TELLS_APART if name in about), ""))

    @property
    def about_json(self) -> str:
        """What it is about, as it is kept."""
        return json.dumps(dict(self.about), ensure_ascii=False)


def notice(code: NoticeCode, **about: object) -> Notice:
    """A notice with what it is about, each written as text."""
    return Notice(code, tuple((name, str(value)) for name, value in about.items()))


def kept_notice(code: str, about: Mapping[str, Any]) -> Notice:
    """A notice as it was kept. Raises ValueError for a code that this program does not know."""
    return notice(NoticeCode(code), **about)


def trouble_id(code: str, subject: str) -> str:
    """How a trouble is called on the command line: its code and, after a colon, what it is about, in letters that every terminal
    has. What had to be written otherwise for that keeps a fingerprint, so that two never share an id."""
    if not subject:
        return code
    plain = unicodedata.normalize("NFKD", subject.lower()).encode("ascii", "ignore").decode()
    plain = re.sub("[^a-z0-9_./-]+", "-", plain).strip("-")[:40]
    if plain == subject:
        return f"{code}:{plain}"
    return f"{code}:{plain}-{hashlib.sha256(subject.encode(errors='surrogateescape')).hexdigest()[:6]}".replace(
        ":-", ":"
    )


class RemarkCode(StrEnum):
    """What there is to say of a delivery."""

    LOADED = "loaded"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"  # revision
    RELEASED = "released"
    TURNED_AWAY = "turned_away"
    AS_TOLD = "as_told"  # sentence: of an older program, which kept no code
    # Held, and what to do then.
    VOLUME_DROP = "volume_drop"  # dataset, rows, before, day
    DECIDE = "decide"  # delivery_id
    # Warned of.
    ROWS_REPEATED = "rows_repeated"  # file, rows
    COLUMNS_UNKNOWN = "columns_unknown"  # file, columns
    ROWS_GARBLED = "rows_garbled"  # file, rows, encoding
    ROWS_QUARANTINED = "rows_quarantined"  # file, rows
    DATASETS_UNKNOWN = "datasets_unknown"  # datasets
    MANY_VALUES = "many_values"  # column, file, values, most
    # Why it is not usable.
    SCHEMA_VERSION = "schema_version"  # version
    MANIFEST_BAD = "manifest_bad"  # manifest, what
    MUNICIPALITY_OTHER = "municipality_other"  # municipality
    DATE_AHEAD = "date_ahead"  # day, today
    DATASET_MISSING = "dataset_missing"  # dataset
    FILE_MISSING = "file_missing"  # file
    CHECKSUM_OTHER = "checksum_other"  # file
    ENCODING_OTHER = "encoding_other"  # file, line
    GZIP_BROKEN = "gzip_broken"  # file
    FILE_TOO_LARGE = "file_too_large"  # file, gigabytes
    CSV_MALFORMED = "csv_malformed"  # file, line, what
    CSV_MALFORMED_OFTEN = "csv_malformed_often"  # file, line, what, lines
    COLUMN_MISSING = "column_missing"  # file, column, source
    ROW_COUNT_OTHER = "row_count_other"  # file, rows, promised
    ROWS_BAD = "rows_bad"  # dataset, bad, rows, share
    COMMONEST_FAULT = "commonest_fault"  # reason, column, line, file, expected
    EXPORT_BROKEN = "export_broken"
    CONTENT_OTHER = "content_other"  # folder


class Flaw(StrEnum):
    """What is wrong inside a manifest or a file: the parameter `what` of a remark."""

    NO_JSON = "no_json"
    NO_OBJECT = "no_object"
    FIELD_TWICE = "field_twice"
    NO_VERSION = "no_version"
    SOURCE_UNKNOWN = "source_unknown"  # sources
    NO_FILES = "no_files"
    DATASET_TWICE = "dataset_twice"  # dataset
    OTHER_DATASET_TWICE = "other_dataset_twice"
    NO_FILE_NAME = "no_file_name"
    NO_SHA256 = "no_sha256"
    ENCODING_UNKNOWN = "encoding_unknown"  # encodings
    NO_TEXT = "no_text"  # field
    NO_WHOLE_NUMBER = "no_whole_number"  # field, least
    NO_DATE = "no_date"  # field
    DATE_TOO_EARLY = "date_too_early"  # day, first_day
    NO_TIME = "no_time"  # field
    NO_HEADER = "no_header"
    HEADER_QUOTES = "header_quotes"
    COLUMN_TWICE = "column_twice"  # column
    OTHER_COLUMN_TWICE = "other_column_twice"  # place
    QUOTE_OPEN = "quote_open"
    FIELDS_OTHER = "fields_other"  # width
    QUOTES_BROKEN = "quotes_broken"
    TOO_MANY_LINES = "too_many_lines"  # most
    TOO_MANY_VALUES = "too_many_values"  # most
    RECORD_TOO_LONG = "record_too_long"  # most


#: A delivery is known by its folder and its manifest's bytes, so a mended file alone is never looked at again.
AGAIN = "leverera igen med nytt manifest (ny tid i skapad)"

_REMARKS = {
    RemarkCode.LOADED: "Inläst.",
    RemarkCode.DUPLICATE: "Samma leverans har redan tagits emot: inget ändras och inget behöver göras.",
    RemarkCode.SUPERSEDED: "Revision {revision} av samma uttag är inläst och gäller i stället: inget behöver göras.",
    RemarkCode.RELEASED: "Frisläppt av en handläggare och inläst.",
    RemarkCode.TURNED_AWAY: "Avvisad av en handläggare: inget av den är inläst. Ska den ändå in: be avsändaren leverera igen "
    "med högre revision.",
    RemarkCode.AS_TOLD: "{sentence}",
    RemarkCode.VOLUME_DROP: "Datamängden {dataset} har {rows} rader mot {before} i uttaget {day}: leveransen kan vara "
    "halvskriven och väntar.",
    RemarkCode.DECIDE: "Kontrollera med avsändaren och kör sedan kaa deliveries release eller reject {delivery_id}.",
    RemarkCode.ROWS_REPEATED: "{file} upprepar {rows} rader; de räknas en gång.",
    RemarkCode.COLUMNS_UNKNOWN: "{file} har {columns} kolumner utanför kontraktet; de sparas inte.",
    RemarkCode.ROWS_GARBLED: "{rows} rader i {file} har tecken som tyder på en annan teckenkodning än {encoding} (som Ã¥ för "
    "å); be avsändaren ange rätt teckenkodning.",
    RemarkCode.ROWS_QUARANTINED: "{rows} rader i {file} är i karantän.",
    RemarkCode.DATASETS_UNKNOWN: "{datasets} datamängder som källan inte har enligt kontraktet lästes inte.",
    RemarkCode.MANY_VALUES: "kolumnen {column} i {file} har {values} olika värden, mer än {most}, och alla publiceras: be "
    "avsändaren se efter att där inte står fritext.",
    RemarkCode.SCHEMA_VERSION: "Leveransen har schemaversion {version}, men bara version 1 tas emot. Be avsändaren gå över "
    f"till version 1 och {AGAIN}.",
    RemarkCode.MANIFEST_BAD: "Manifestet {manifest} går inte att använda: {what}. Be avsändaren rätta det och leverera igen.",
    RemarkCode.MUNICIPALITY_OTHER: "Leveransen gäller en annan kommun än {municipality}. Be avsändaren rätta kommunkod i "
    "manifestet och leverera igen, eller leverera till rätt kommun.",
    RemarkCode.DATE_AHEAD: "Uttagsdatum {day} ligger i framtiden: i dag är {today} enligt serverns klocka. Be avsändaren rätta "
    "uttagsdatum i manifestet och leverera igen. Är det klockan som går fel: ställ den, och be sedan avsändaren att "
    f"{AGAIN}.",
    RemarkCode.DATASET_MISSING: "Leveransen saknar datamängden {dataset}. Be avsändaren ta med källans alla datamängder och "
    f"{AGAIN}.",
    RemarkCode.FILE_MISSING: f"Filen {{file}} saknas eller är ingen vanlig fil. Be avsändaren ta med den och {AGAIN}.",
    RemarkCode.CHECKSUM_OTHER: "Filen {file} har en annan kontrollsumma (sha256) än manifestet anger: den är ofullständig eller "
    f"ändrad. Be avsändaren {AGAIN}.",
    RemarkCode.ENCODING_OTHER: "Filen {file} är inte utf-8 på rad {line}, fast manifestet säger det. Be avsändaren ange rätt "
    f"teckenkodning och {AGAIN}.",
    RemarkCode.GZIP_BROKEN: "Filen {file} går inte att packa upp med gzip. Be avsändaren packa den på nytt och "
    f"{AGAIN}.",
    RemarkCode.FILE_TOO_LARGE: "Filen {file} är större än {gigabytes} GB, mer än något uttag. Be avsändaren se efter vad den "
    f"innehåller och {AGAIN}.",
    RemarkCode.CSV_MALFORMED: f"Filen {{file}} rad {{line}}: {{what}}. Be avsändaren rätta exporten och {AGAIN}.",
    RemarkCode.CSV_MALFORMED_OFTEN: f"Filen {{file}} rad {{line}} och {{lines}} rader i allt: {{what}}. Be avsändaren rätta "
    f"exporten och {AGAIN}.",
    RemarkCode.COLUMN_MISSING: "Filen {file} saknar kolumnen {column}, som ska finnas enligt kontraktet för {source}. Be "
    f"avsändaren ta med alla kolumner och {AGAIN}.",
    RemarkCode.ROW_COUNT_OTHER: "Filen {file} har {rows} datarader, men manifestet anger {promised}. Filen kan vara avkortad: "
    f"be avsändaren {AGAIN}.",
    RemarkCode.ROWS_BAD: "Datamängden {dataset} har {bad} felaktiga rader av {rows}, mer än {share} procent: exporten är "
    "troligen trasig.",
    RemarkCode.COMMONEST_FAULT: "Vanligast är {reason} i kolumnen {column}, först på rad {line} i {file} (ska vara: {expected}).",
    RemarkCode.EXPORT_BROKEN: f"Be avsändaren rätta den och {AGAIN}.",
    RemarkCode.CONTENT_OTHER: "En leverans från samma källa med samma datum och revision men annat innehåll finns redan "
    "({folder}). Be avsändaren leverera rättelsen med högre revision.",
}

_FLAWS = {
    Flaw.NO_JSON: "filen är inte läsbar JSON",
    Flaw.NO_OBJECT: "filen ska hålla ett JSON-objekt",
    Flaw.FIELD_TWICE: "ett fält nämns två gånger i samma objekt, så det går inte att veta vad som gäller",
    Flaw.NO_VERSION: "fältet schemaversion ska vara en text som ”1.0”",
    Flaw.SOURCE_UNKNOWN: "fältet kalla är inte en källa med kontrakt ({sources})",
    Flaw.NO_FILES: "fältet filer ska vara en lista av objekt",
    Flaw.DATASET_TWICE: "datamängden {dataset} nämns två gånger i filer",
    Flaw.OTHER_DATASET_TWICE: "en datamängd utanför kontraktet nämns två gånger i filer",
    Flaw.NO_FILE_NAME: "fältet fil ska vara ett filnamn i leveransens egen mapp, utan sökväg och utan länk ut ur mappen",
    Flaw.NO_SHA256: "fältet sha256 ska vara 64 hexadecimala siffror",
    Flaw.ENCODING_UNKNOWN: "fältet teckenkodning ska vara {encodings}",
    Flaw.NO_TEXT: "fältet {field} saknas eller är inte en text",
    Flaw.NO_WHOLE_NUMBER: "fältet {field} saknas eller är inte ett heltal från {least}",
    Flaw.NO_DATE: "fältet {field} saknas eller är inte ett datum ÅÅÅÅ-MM-DD",
    Flaw.DATE_TOO_EARLY: "uttagsdatum {day} ligger före {first_day}, den första dag som kommunen kan ha uttag från",
    Flaw.NO_TIME: "fältet {field} saknas eller är inte en tidpunkt enligt ISO 8601 med tidszon",
    Flaw.NO_HEADER: "rubrikraden saknas",
    Flaw.HEADER_QUOTES: "citattecknen i rubrikraden går inte ihop",
    Flaw.COLUMN_TWICE: "kolumnen {column} nämns två gånger i rubrikraden",
    Flaw.OTHER_COLUMN_TWICE: "kolumn {place} (utanför kontraktet) nämns två gånger i rubrikraden",
    Flaw.QUOTE_OPEN: "ett citattecken avslutas aldrig",
    Flaw.FIELDS_OTHER: "raden har inte lika många fält som rubrikraden ({width})",
    Flaw.QUOTES_BROKEN: "citattecknen på raden går inte ihop",
    Flaw.TOO_MANY_LINES: "filen har fler än {most} miljoner rader, fler än något uttag",
    Flaw.TOO_MANY_VALUES: "filen har fler än {most} miljoner värden, fler än något uttag",
    Flaw.RECORD_TOO_LONG: "raden är längre än {most} MB, längre än någon rad i ett uttag",
}

#: How a sentence begins to say what the sender is to do; the verb's first letter follows it.
_ASKED = re.compile(r"\b(?P<be>[Bb]e) avsändaren (?:att )?(?P<verb>\w)")

#: Which of a manifest's entries a flaw is in, where it is in one.
_ENTRY = " (post {entry} i filer)"

_WARNINGS = {
    RemarkCode.ROWS_REPEATED, RemarkCode.COLUMNS_UNKNOWN, RemarkCode.ROWS_GARBLED, RemarkCode.ROWS_QUARANTINED,
    RemarkCode.DATASETS_UNKNOWN, RemarkCode.MANY_VALUES,
}  # fmt: skip


@dataclass(frozen=True)
class Remark:
    """One thing to say of a delivery; ``about`` holds what the sentence names. No value from the data stands in it."""

    code: RemarkCode
    about: tuple[tuple[str, str], ...] = ()

    @property
    def is_warning(self) -> bool:
        return self.code in _WARNINGS

    @property
    def is_command(self) -> bool:
        """Whether it names the commands to run, which a page gives by themselves."""
        return self.code is RemarkCode.DECIDE

    @property
    def sentence(self) -> str:
        """What it says to people, in Swedish."""
        named = dict(self.about)
        if "what" in named:
            flaw = _FLAWS[Flaw(named["what"])] + (_ENTRY if "entry" in named else "")
            named["what"] = flaw.format(**named)
        return _REMARKS[self.code].format(**named)

    @property
    def to_the_sender(self) -> str:
        """The sentence as it is said to the sender: who is to be asked to do something is who reads it."""
        return _ASKED.sub(lambda asked: asked["verb"].upper() if asked["be"] == "Be" else asked["verb"], self.sentence)


def remark(code: RemarkCode, **about: object) -> Remark:
    """A remark with what it is about, each written as text."""
    return Remark(code, tuple((name, str(value)) for name, value in about.items()))


def message(remarks: Iterable[Remark]) -> str:
    """What is said of a delivery, in one text."""
    return " ".join(f"Varning: {one.sentence}" if one.is_warning else one.sentence for one in remarks)


def kept(remarks: str | None, told: str) -> tuple[Remark, ...]:
    """The remarks of a delivery as they were kept; where an older program kept none, what it told."""
    return from_json(remarks) if remarks is not None else (remark(RemarkCode.AS_TOLD, sentence=told),)


def as_json(remarks: Iterable[Remark]) -> str:
    """Remarks as they are kept."""
    return json.dumps([{"code": one.code, "about": dict(one.about)} for one in remarks], ensure_ascii=False)


def from_json(text: str) -> tuple[Remark, ...]:
    """Remarks as they were kept."""
    return tuple(Remark(RemarkCode(one["code"]), tuple(one["about"].items())) for one in json.loads(text))
