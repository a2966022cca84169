"""What is said of a trouble, in Swedish: what it is called, what it means for the numbers, what to do, which commands help,
where to look.

What happened is the trouble's own sentence. Commands stand by themselves, so that they can be copied.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pipelines.monitoring.troubles import GOOD, TroubleCode
from pipelines.notices import NoticeCode
from pipelines.state.last_run import LastRun, RunResult


@dataclass(frozen=True)
class Advice:
    """``title`` in short; ``meaning`` for the numbers; ``action``: what a person does; ``commands`` with what the trouble is
    about in braces; ``where`` more is said, with its preposition."""

    title: str
    meaning: str
    action: str
    commands: tuple[str, ...] = ()
    where: str = "på sidan Drift (kaa serve)"


_UNTOUCHED = "Det som publicerades senast ligger kvar orört, men nattens uppgifter är inte med."
_STILL_PUBLISHED = "Siffrorna är publicerade med det som gick att använda."
_WITHOUT = "Siffrorna bygger på uppgifter utan det som skulle ha kommit."

ADVICE: Mapping[str, Advice] = {
    TroubleCode.NIGHT_FAILED: Advice(
        "Nattkörningen misslyckades",
        _UNTOUCHED,
        "Åtgärda det som programmet säger och kör nattkörningen igen.",
        ("kaa nightly",),
        "i logs/events.jsonl och logs/dbt.log i KAA_HOME",
    ),
    TroubleCode.NIGHT_KILLED: Advice(
        "Nattkörningen avbröts",
        _UNTOUCHED,
        "Se i maskinens logg varför processen avslutades (omstart, slut på minne) och kör nattkörningen igen. Inget behöver "
        "städas först.",
        ("kaa nightly",),
        "i journalctl och logs/events.jsonl i KAA_HOME",
    ),
    TroubleCode.NIGHT_HUNG: Advice(
        "Nattkörningen fastnade",
        _UNTOUCHED,
        "Se om disken eller leveransmappens nätverk svarar och kör nattkörningen igen. Inget behöver städas först.",
        ("kaa nightly",),
        "i logs/events.jsonl i KAA_HOME",
    ),
    TroubleCode.NIGHT_MISSED: Advice(
        "Nattkörningen startade inte",
        _UNTOUCHED,
        "Se om timern eller Dagsters tjänst är i gång, och kör nattkörningen.",
        ("systemctl list-timers 'kaa*'", "kaa nightly"),
        "i journalctl",
    ),
    TroubleCode.NOTHING_PUBLISHED: Advice(
        "Inget har publicerats",
        "Alla siffror är så gamla som den senaste publiceringen.",
        "Se om nattkörningen startar alls (timern eller Dagsters tjänst) och vad den senaste sade.",
        ("systemctl list-timers 'kaa*'", "kaa nightly"),
        "i logs/events.jsonl i KAA_HOME",
    ),
    TroubleCode.DELIVERY_HELD: Advice(
        "En leverans väntar på beslut",
        "Leveransen är inte med i siffrorna förrän någon har släppt den.",
        "Fråga avsändaren om datamängden stämmer, och kör sedan ett av kommandona. Beslutet gäller från nästa nattkörning.",
        ("kaa deliveries release {delivery_id}", "kaa deliveries reject {delivery_id}"),
    ),
    TroubleCode.DELIVERY_REJECTED: Advice(
        "En leverans avvisades",
        "Inget av leveransen är med i siffrorna.",
        "Be avsändaren rätta felet och leverera igen. Problemet är över när ett senare uttag från källan har lästs in.",
        ("kaa deliveries",),
    ),
    TroubleCode.CHECK_WARNS: Advice(
        "En kontroll varnar",
        "Uppgifterna är med i siffrorna, men de kan vara fel.",
        "Läs vad kontrollen säger och fråga avsändaren. Är det känt och i sin ordning: kvittera det.",
        (),
        "på sidan Underlag och kontroller (kaa serve)",
    ),
    TroubleCode.FIGURE_JUMPED: Advice(
        "Siffror har ändrats mer än väntat",
        "Siffrorna är publicerade, men de kan vara fel.",
        "Jämför med det som har hänt hos källorna. Är ändringen riktig: kvittera den.",
        (),
        "på sidan Underlag och kontroller, Hopp i siffrorna (kaa serve)",
    ),
    TroubleCode.BACKUP_OLD: Advice(
        "Säkerhetskopieringen fungerar inte",
        "Siffrorna påverkas inte, men går maskinen sönder är det som har hänt sedan den senaste kopian förlorat.",
        "Se i loggen varför, åtgärda det och ta en kopia.",
        ("kaa backup MAPP",),
        "i logs/events.jsonl i KAA_HOME",
    ),
    NoticeCode.SOURCE_UNREADABLE: Advice(
        "En leveransmapp går inte att läsa", _WITHOUT, "Ge nattkörningens användare läsrätt.", ("kaa nightly",)
    ),
    NoticeCode.DELIVERY_UNREADABLE: Advice(
        "En leverans går inte att läsa", _WITHOUT, "Ge nattkörningens användare läsrätt, eller laga disken.", ("kaa nightly",)
    ),
    NoticeCode.DELIVERY_UNEXPLAINED: Advice(
        "Programmet kunde inte läsa en leverans", _WITHOUT, "Anmäl raden som nämns till systemförvaltaren."
    ),
    NoticeCode.CLOCK_BEHIND: Advice(
        "Serverns klocka går fel",
        _WITHOUT,
        "Ställ klockan. Går den rätt nu: säg det med kommandot.",
        ('kaa confirm-clock --because "…"',),
    ),
    NoticeCode.DELIVERIES_VANISHED: Advice(
        "Leveransmappen är tom", _WITHOUT, "Se efter att rätt mapp är monterad.", ("kaa nightly",)
    ),
    NoticeCode.SOURCE_SILENT: Advice(
        "En källa har tystnat",
        "Siffror som bygger på källan är så gamla som dess senaste uttag.",
        "Fråga avsändaren. Är det känt (ett byte av system, till exempel): kvittera det till den dag då källan väntas igen.",
        ("kaa deliveries",),
    ),
    NoticeCode.PART_FAILED: Advice(
        "En del kunde inte göras",
        "Alla siffror är publicerade; bara den delen saknas.",
        "Läs loggen, åtgärda orsaken och kör nattkörningen igen.",
        ("kaa nightly",),
        "i logs/dbt.log i KAA_HOME",
    ),
    NoticeCode.COPY_DAMAGED: Advice(
        "Arkivets kopia av en leverans är skadad",
        "Siffrorna påverkas inte, men de går inte att räkna om ur arkivet.",
        "Kör kommandot, som säger vad som är fel, och lägg tillbaka filerna ur en säkerhetskopia.",
        ("kaa archive verify",),
    ),
}  # fmt: skip

#: Of a notice that this table does not know yet: its sentence says what to do.
_OTHER = Advice("Något väntar på en person", _STILL_PUBLISHED, "Gör det som meningen ovan säger.")


def advice(code: str) -> Advice:
    """What is said of troubles of a code."""
    return ADVICE.get(code, _OTHER)


def commands(code: str, about: Mapping[str, str]) -> tuple[str, ...]:
    """The commands that help with a trouble; those that name something that is not known are left out."""
    found = []
    for command in advice(code).commands:
        with suppress(KeyError):
            found.append(command.format(**about))
    return tuple(found)


def acknowledging(trouble: str) -> str:
    """The command for a trouble that is known and shall be told to nobody again."""
    return f'kaa acknowledge {trouble} --because "…" --until ÅÅÅÅ-MM-DD'


#: What came of a run, in one sentence; {at} is when it ended or began.
_RESULTS = {
    RunResult.RUNNING: "En nattkörning som började {at} pågår.",
    RunResult.PUBLISHED: "Den senaste nattkörningen blev klar {at} och publicerade version {version}.",
    RunResult.NOTHING_NEW: "Den senaste nattkörningen blev klar {at}; inget nytt hade kommit.",
    RunResult.FAILED: "Den senaste nattkörningen, {at}, misslyckades.",
    RunResult.KILLED: "Den senaste nattkörningen, som började {at}, avbröts.",
    RunResult.MISSED: "Nattkörningen som skulle ha börjat {at} startade aldrig.",
    RunResult.HUNG: "Den senaste nattkörningen, som började {at}, fastnade och avbröts.",
}


def of_run(run: LastRun) -> str:
    """What came of a run, in Swedish."""
    is_ended = run.ended_at and run.result in (*GOOD, RunResult.FAILED)
    at = datetime.fromisoformat(run.ended_at if is_ended and run.ended_at else run.started_at)
    return _RESULTS[run.result].format(at=f"{at:%Y-%m-%d} kl. {at:%H.%M}", version=run.version)
