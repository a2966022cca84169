"""What a night has to tell besides its deliveries: a code, what it is about, and the one place that words it in Swedish.

A notice is about the night or its surroundings (a folder that cannot be read, a clock that is wrong, a part that failed). What
became of a delivery stands in the list of deliveries (``delivery.judging``).
"""

from dataclasses import dataclass
from enum import StrEnum


class NoticeCode(StrEnum):
    """What there is to tell."""

    FOLDER_UNREADABLE = "folder_unreadable"  # folder, problem, owner
    SOURCE_UNREADABLE = "source_unreadable"  # folder, problem, owner
    DELIVERY_SETTLING = "delivery_settling"  # folder, file, minutes
    DELIVERY_UNREADABLE = "delivery_unreadable"  # folder, file, problem, owner
    DELIVERY_UNEXPLAINED = "delivery_unexplained"  # folder, place
    CLOCK_BEHIND = "clock_behind"  # clock, published, deliveries
    DELIVERIES_VANISHED = "deliveries_vanished"  # drop, deliveries
    SOURCE_SILENT = "source_silent"  # title, last, days
    PART_FAILED = "part_failed"  # part, problem


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
    NoticeCode.SOURCE_SILENT: "{title} har inte levererat sedan {last}: {days} väntade uttag saknas. Fråga avsändaren.",
    NoticeCode.PART_FAILED: "{part} kunde inte göras i natt ({problem}). Siffrorna är publicerade. Läs logs/dbt.log, åtgärda "
    "orsaken och kör kaa nightly igen.",
}

#: What goes over by itself, or was no delivery.
_WAITS_FOR_NOBODY = {NoticeCode.FOLDER_UNREADABLE, NoticeCode.DELIVERY_SETTLING}


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


def notice(code: NoticeCode, **about: object) -> Notice:
    """A notice with what it is about, each written as text."""
    return Notice(code, tuple((name, str(value)) for name, value in about.items()))
