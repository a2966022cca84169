"""Nights with nobody watching, lived through with clocks that are moved: what happened, and who was told what.

The state is one that an earlier program left. The nights are the real job (Dagster, dbt, Great Expectations), the commands those
that the timers run, and a mail server and a web service on this machine are told. What each night does by itself is tested
elsewhere; here it is that they come one after the other.
"""

import errno
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

from pipelines.commands.cli import main
from pipelines.orchestration import assets
from tests.model.world import Extract, personnummer
from tests.monitoring.receivers import MailServer, WebService, mail_server, web_service
from tests.nights.clocks import ahead
from tests.upgrade.conftest import FOLDER, OLDEST
from tests.upgrade.make_state import DROP

ZONE = ZoneInfo("Europe/Stockholm")

#: Who deliver every night, and who by hand.
NIGHTLY = ("ber", "folkbokforing", "skolregister")
BY_HAND = ("beda", "enkat", "nyckeltal")

YOUTHS = [personnummer("2010-03-01", serial) for serial in range(100, 220)]


@dataclass(frozen=True)
class Row:
    """One thing that happened: when by the municipality's clocks, what, the exit code of the command, if there was
    one, and what people were told by mail and machines by the web service."""

    at: datetime
    what: str
    exit_code: int | None
    mails: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()


@dataclass
class Week:
    """A home, its drop folder, and the time there."""

    home: Path
    drop: Path
    mail: MailServer
    web: WebService
    offset: float = 0.0
    rows: list[Row] = field(default_factory=list)
    #: What the last command wrote to people.
    said: str = ""
    _mails: int = 0
    _posts: int = 0

    # --- time ------------------------------------------------------------------------------------------------------------

    def at(self, moment: str) -> None:
        """Go on to a moment by the municipality's clocks: `2027-03-22 04:00`."""
        wanted = datetime.fromisoformat(moment).replace(tzinfo=ZONE)
        assert wanted >= self.now, f"{moment} has passed"
        self.offset = wanted.timestamp() - time.time()

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.offset, ZONE)

    # --- what comes ------------------------------------------------------------------------------------------------------

    def deliver(self, *sources: str, day: date | None = None) -> None:
        """Deliveries of these sources, whole, and written some hours ago."""
        for source in sources:
            folder = self.drop / _extract(source, day or self.now.date()).write(self.drop)
            written = (self.now - timedelta(hours=2)).timestamp()
            for file in folder.iterdir():
                os.utime(file, (written, written))

    # --- what is done ----------------------------------------------------------------------------------------------------

    def run(self, what: str, *command: str, expected: int = 0) -> None:
        """Run a command of `kaa`, and note what came of it."""
        out, err, began = StringIO(), StringIO(), self.now
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main([*command])
            except SystemExit as ended:
                code = int(ended.code or 0)
        self.said = err.getvalue()
        self._note(began, what, code)
        assert code == expected, f"{what} ({' '.join(command)}): exit code {code}\n{self.said}"

    def cut_off(self, what: str, how: str) -> subprocess.Popen[bytes]:
        """A night that is killed or stopped on its way; of a stopped one the process is left."""
        began = self.now
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.nights.cut_off", str(self.home), str(self.offset), how],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status) if how == "stopped" else os.WIFSIGNALED(status), (how, status)
        self._note(began, what, None)
        return process

    def _note(self, began: datetime, what: str, code: int | None) -> None:
        """Note what happened, with what has been told since the row before."""
        mails = [str(message["Subject"]) for message in self.mail.messages[self._mails :]]
        posts = [_in_short(post) for post in self.web.posts[self._posts :]]
        self._mails, self._posts = len(self.mail.messages), len(self.web.posts)
        self.rows.append(Row(began, what, code, tuple(mails), tuple(posts)))

    def assert_told(self, *subjects: str) -> None:
        """What people were told at the last row: a part of each subject, in order, and nothing else."""
        row = self.rows[-1]
        fits = len(row.mails) == len(subjects) and all(
            part in mail for part, mail in zip(subjects, row.mails, strict=True)
        )
        assert fits, f"{row.what}: {row.mails}, expected {subjects}"
        assert len(row.posts) == len(row.mails), f"{row.what}: {row.posts}"


def _in_short(post: dict[str, object]) -> str:
    codes = {name: [one["code"] for one in post[name]] for name in ("begun", "over")}  # type: ignore[attr-defined]
    return "; ".join(f"{name} {', '.join(found)}" for name, found in codes.items() if found)


def _extract(source: str, day: date) -> Extract:
    """A source's extract of a day; every one of them a little other than the one before."""
    extract, turn = Extract(source, day), day.toordinal() % 5
    for place, number in enumerate(YOUTHS if source in ("folkbokforing", "beda") else YOUTHS[: 20 + turn]):
        match source:
            case "folkbokforing":
                extract.resident(number, stadsdelsomrade="04")
            case "beda":
                extract.certificate(number, "STUDIEBEVIS", datum="2026-06-10")
            case "skolregister":
                extract.study(f"s{place}", number, startdatum="2026-08-17")
            case "ber":
                extract.registered(number, registrerad_datum="2026-10-01", kategori_fran="2026-10-01")
                extract.contact(f"k{place}", number, datum="2027-01-10")
    if source == "enkat":
        extract.answer("a1", datum="2026-12-01")
    if source == "nyckeltal":
        extract.key_number()
    return extract


@contextmanager
def beginning(place: Path, since: str) -> Iterator[Week]:
    """The state that an earlier program left, with today's program, and with people and machines who are told."""
    with tarfile.open(FOLDER / f"state-{OLDEST}.tar.xz") as tar:
        tar.extractall(place, filter="tar")
    home, drop = place / "home", place / "drop"
    shutil.rmtree(place / "said")
    settings = (home / "settings.toml").read_text(encoding="utf-8").replace(DROP, str(drop))
    with ExitStack() as stack:
        mail, web = stack.enter_context(mail_server()), stack.enter_context(web_service())
        tell = f"""
[tell.webhook]
url = "{web.url}"

[tell.mail]
host = "localhost"
port = {mail.port}
security = "none"
from = "kaa@example.se"
to = ["drift@example.se"]
"""
        (home / "settings.toml").write_text(settings + tell, encoding="utf-8")
        week = Week(home, drop, mail, web)
        stack.enter_context(patch.dict(os.environ, {"KAA_HOME": str(home)}))
        stack.enter_context(ahead(lambda: week.offset))
        week.at(since)
        yield week


@contextmanager
def full_disk() -> Iterator[None]:
    """No room for what a night builds."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with patch.object(assets, "write_inputs", refuse):
        yield


# --- the nights ------------------------------------------------------------------------------------------------------------

NIGHT = ("nightly", "--unattended")
IF_NEW = ("nightly", "--if-new", "--unattended")


def an_upgrade(week: Week) -> None:
    """The first night of the new program, years after the old one's last."""
    week.deliver(*NIGHTLY, *BY_HAND)
    week.run("Första natten med det nya programmet; alla källor levererar", *NIGHT, expected=2)
    week.assert_told("väntar")  # what the earlier program held is held still


def a_late_delivery(week: Week) -> None:
    """BER comes after the night."""
    week.at("2027-03-23 04:00")
    week.deliver("folkbokforing", "skolregister")
    week.run("Natten; BER har inte levererat", *NIGHT, expected=2)
    week.assert_told()
    week.at("2027-03-23 06:30")
    week.run("Morgonens tillsyn", "watch", expected=2)
    week.at("2027-03-23 09:30")
    week.deliver("ber")
    week.run("Timmens körning: BER har levererat sent", *IF_NEW, expected=2)
    week.at("2027-03-23 10:30")
    week.run("Timmens körning: inget nytt", *IF_NEW)
    week.assert_told()


def a_full_disk(week: Week) -> None:
    """The night fails, and goes well when somebody has made room."""
    week.at("2027-03-24 04:00")
    week.deliver(*NIGHTLY)
    with full_disk():
        week.run("Natten; disken är full", *NIGHT, expected=1)
    assert "is full" in week.said
    week.assert_told("misslyckades")
    week.at("2027-03-24 06:30")
    week.run("Morgonens tillsyn", "watch", expected=1)
    week.at("2027-03-24 07:30")
    with full_disk():
        week.run("Timmens körning: inget nytt, och disken är lika full", *IF_NEW)
    week.assert_told()
    week.at("2027-03-24 08:15")
    week.run("Driften har gjort plats och kör natten för hand", "nightly", expected=2)
    week.assert_told("över")


def a_killed_run(week: Week) -> None:
    """The machine is started anew while the night goes on."""
    week.at("2027-03-25 04:00")
    week.deliver(*NIGHTLY)
    week.cut_off("Natten; processen dödas på vägen", "killed")
    week.assert_told()
    week.at("2027-03-25 06:30")
    week.run("Morgonens tillsyn finner den dödad", "watch", expected=1)
    week.assert_told("avbröts")
    week.at("2027-03-25 07:30")
    week.run("Timmens körning tar om natten", *IF_NEW, expected=2)
    week.assert_told("över")


def easter_and_summer_time(week: Week) -> None:
    """Good Friday, the change of clocks on Easter Sunday, Easter Monday: nothing is expected, and nobody told."""
    for moment, what in (
        ("2027-03-26 04:00", "Långfredagens natt: inget väntas"),
        ("2027-03-29 04:00", "Annandag påsk, första natten med sommartid: inget väntas"),
    ):
        week.at(moment)
        week.run(what, *NIGHT, expected=2)
        week.assert_told()
        week.at(moment.replace("04:00", "06:30"))
        week.run("Morgonens tillsyn", "watch", expected=2)
        week.assert_told()
    week.at("2027-03-30 04:00")
    week.deliver(*NIGHTLY)
    week.run("Natten; alla levererar igen", *NIGHT, expected=2)
    week.assert_told()


def a_run_that_hangs(week: Week) -> None:
    """A stopped process keeps the lock, until it is older than a night may be."""
    week.at("2027-03-31 04:00")
    week.deliver(*NIGHTLY)
    hung = week.cut_off("Natten; processen stannar på vägen", "stopped")
    week.at("2027-03-31 06:30")
    week.run("Morgonens tillsyn: den pågår", "watch")
    assert "goes on" in week.said
    week.at("2027-03-31 07:30")
    week.run("Timmens körning: en nattkörning pågår", *IF_NEW)
    week.assert_told()
    week.at("2027-03-31 08:30")
    week.run("Tillsynen avslutar den", "watch", expected=1)
    week.assert_told("fastnade")
    assert hung.wait(10) < 0
    week.at("2027-03-31 09:30")
    week.run("Timmens körning tar om natten", *IF_NEW, expected=2)
    week.assert_told("över")


def a_silent_source(week: Week) -> None:
    """The school register delivers no more; somebody is told once, acknowledges it, and it comes back."""
    for day in ("2027-04-01", "2027-04-02", "2027-04-05"):
        week.at(f"{day} 04:00")
        week.deliver("ber", "folkbokforing")
        week.run("Natten; skolregistret levererar inte", *NIGHT, expected=2)
        week.assert_told()
    week.at("2027-04-06 04:00")
    week.deliver("ber", "folkbokforing")
    week.run("Natten; skolregistret saknas för tredje vardagen", *NIGHT, expected=2)
    week.assert_told("tyst")
    week.at("2027-04-06 09:00")
    week.run(
        "Driften vet: kvitterar till fredag", "acknowledge", "source_silent:skolregister",
        "--because", "UEDB flyttar till ny server", "--until", "2027-04-09",
    )  # fmt: skip
    week.at("2027-04-07 04:00")
    week.deliver(*NIGHTLY)
    week.run("Natten; skolregistret är tillbaka", *NIGHT, expected=2)
    week.assert_told("över")


def nobody_runs(week: Week) -> None:
    """The timer is off: no night begins."""
    week.at("2027-04-08 06:30")
    week.deliver(*NIGHTLY)
    week.run("Morgonens tillsyn: ingen nattkörning har börjat", "watch", expected=1)
    week.assert_told("startade")
    week.at("2027-04-08 07:30")
    week.run("Timmens körning tar om natten", *IF_NEW, expected=2)
    week.assert_told("över")


def a_decision(week: Week) -> None:
    """What the earlier program held is turned away: from then on all is well."""
    week.at("2027-04-09 04:00")
    week.deliver(*NIGHTLY)
    held = [line.split()[-1] for line in _held(week)]
    assert held
    for delivery in held:
        week.run("Någon avvisar den hållna leveransen", "deliveries", "reject", delivery)
    week.run("Natten", *NIGHT)
    week.assert_told("över")
    week.at("2027-04-09 06:30")
    week.run("Morgonens tillsyn: allt är väl", "watch")


def _held(week: Week) -> list[str]:
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        try:
            main(["deliveries", "--format", "json"])
        except SystemExit as ended:
            assert not ended.code
    return [one["delivery_id"] for one in json.loads(out.getvalue()) if one["status"] == "held"]


def summer(week: Week) -> None:
    """UEDB is closed from June to mid-September: its silence is none before three days of school have gone."""
    week.at("2027-05-31 04:00")
    week.deliver(*NIGHTLY, *BY_HAND)
    week.run("Sista natten före UEDB:s stängning", *NIGHT)
    for day, what in (
        ("2027-06-04", "UEDB är stängt sedan tisdagen"),
        ("2027-06-28", "Efter midsommar; UEDB är stängt"),
        ("2027-09-15", "UEDB:s sista stängda dag"),
        ("2027-09-20", "UEDB skulle ha levererat två gånger"),
    ):
        week.at(f"{day} 04:00")
        week.deliver("ber", "folkbokforing", *(BY_HAND if day.endswith("09-15") else ()))
        week.run(f"Natten; {what}", *NIGHT)
        week.assert_told()
    week.at("2027-09-21 04:00")
    week.deliver("ber", "folkbokforing")
    week.run("Natten; UEDB skulle ha levererat tre gånger", *NIGHT, expected=2)
    week.assert_told("tyst")
    week.at("2027-09-22 04:00")
    week.deliver(*NIGHTLY)
    week.run("Natten; UEDB levererar igen", *NIGHT)
    week.assert_told("över")


PARTS: tuple[Callable[[Week], None], ...] = (
    an_upgrade, a_late_delivery, a_full_disk, a_killed_run, easter_and_summer_time, a_run_that_hangs, a_silent_source,
    nobody_runs, a_decision, summer,
)  # fmt: skip


def lived(place: Path) -> list[Row]:
    """Live through all of it; every step says what it expects."""
    with beginning(place, "2027-03-22 04:00") as week:
        for part in PARTS:
            part(week)
        return week.rows
