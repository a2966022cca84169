"""``kaa acknowledge`` and ``kaa tell`` as an operator uses them."""

import json
from collections.abc import Callable

import pytest

from pipelines.commands.cli import main
from pipelines.monitoring.acknowledgements import known_to_somebody
from pipelines.monitoring.known import read_known
from pipelines.notices import NoticeCode, notice
from pipelines.runtime import clock
from pipelines.state.decision_log import decisions
from pipelines.state.home import Home
from tests.monitoring.nights import Night, at, publish
from tests.monitoring.receivers import Certificates, mail_server, web_service

SILENT = notice(NoticeCode.SOURCE_SILENT, source="enkat", title="Enkäten", last="2026-11-20", days=3)
HELD = ("a" * 16, "ber", "2026-11-23", 1, "held", "volume_drop", "ber/23", 1)

Answer = tuple[int, str, str]


@pytest.fixture
def kaa(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs a command at nine o'clock: exit code, standard output, standard error."""

    def run(*arguments: str, moment: str = "2026-11-24 09:00") -> Answer:
        capsys.readouterr()
        with clock.running(lambda: at(moment)), pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return run


def test_a_trouble_is_listed_acknowledged_and_taken_back(home: Home, kaa: Callable[..., Answer]) -> None:
    assert kaa("acknowledge")[2] == "Nothing is wrong that a person should see to.\n"
    publish(home, "2026-11-24 04:05", Night([HELD], notices=[SILENT]))
    _, out, _ = kaa("acknowledge", "--format", "json")
    assert {one["trouble"] for one in json.loads(out)} == {"source_silent:enkat", f"delivery_held:{'a' * 16}"}
    code, _, err = kaa(
        "acknowledge", "source_silent:enkat", "--because", "De byter system.", "--until", "2027-03-01", "--by", "Eva"
    )
    assert code == 0 and "until 2027-03-01" in err
    (kept,) = decisions(home, "acknowledge")
    assert kept["because"] == "De byter system." and kept["decided_by"] == "Eva" and kept["by"]
    listed = {one["trouble"]: one for one in json.loads(kaa("acknowledge", "--format", "json")[1])}
    assert listed["source_silent:enkat"]["until"] == "2027-03-01"
    assert listed["source_silent:enkat"]["acknowledged_by"].startswith("Eva (")
    code, _, err = kaa("acknowledge", "source_silent:enkat", "--withdraw", "--because", "Det var fel källa.")
    assert code == 0 and "known no longer" in err and known_to_somebody(home) == {}


def test_a_held_delivery_can_be_acknowledged_and_still_waits(home: Home, kaa: Callable[..., Answer]) -> None:
    publish(home, "2026-11-24 04:05", Night([HELD]))
    code, _, err = kaa("acknowledge", f"delivery_held:{'a' * 16}", "--because", "Vi frågar.", "--until", "2026-12-01")
    assert code == 0 and "exit code 2 all the same" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("source_silent:enkat",), "--because"),
        (("source_silent:enkat", "--because", "x"), "--until"),
        (("source_silent:enkat", "--because", " ", "--until", "2026-12-01"), "write a sentence"),
        (("source_silent:enkat", "--because", "x", "--until", "2026-11-23"), "is past"),
        (("source_silent:enkat", "--because", "x", "--until", "2028-01-01"), "more than a year"),
        (("source_silent:enkat", "--because", "x", "--until", "snart"), "YYYY-MM-DD"),
        (("source_silent:flai", "--because", "x", "--until", "2026-12-01"), "There is no trouble"),
        (("source_silent:enkat", "--because", "x", "--withdraw"), "Nobody has acknowledged"),
        (("source_silent:enkat", "--because", "x", "--withdraw", "--until", "2026-12-01"), "leave them out"),
        (("--because", "x"), "Say which trouble"),
    ],
)
def test_what_is_said_wrongly_is_one_sentence_and_changes_nothing(
    arguments: tuple[str, ...], said: str, home: Home, kaa: Callable[..., Answer]
) -> None:
    publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
    code, out, err = kaa("acknowledge", *arguments)
    assert (code, out, err.count("\n")) == (64, "", 1) and said in err
    assert decisions(home) == []


def test_a_test_message_goes_out_on_every_channel_and_what_came_of_it_is_said(
    telling: Callable[..., Home], kaa: Callable[..., Answer], trusted: Certificates
) -> None:
    with web_service() as service, mail_server(trusted.server) as server:
        mail = {
            "host": "localhost", "port": server.port, "from": "kaa@example.se", "to": ["drift@example.se"],
            "ca_file": str(trusted.authority),
        }  # fmt: skip
        home = telling(webhook={"url": service.url}, mail=mail)
        code, out, err = kaa("tell", "--test")
        assert (code, out) == (0, "") and err.count("the test message was taken.") == 2
        assert service.posts[0]["test"] and server.messages[0]["Subject"] == "KAA Stockholms stad: provmeddelande"
        service.answers = [404]
        code, _, err = kaa("tell", "--test")
        assert code == 2 and "localhost answers 404: check the address." in err
        # Nothing of it counts as told.
        assert read_known(home.path).sendings == {}


def test_how_the_last_message_went_is_said(telling: Callable[..., Home], kaa: Callable[..., Answer]) -> None:
    assert "Nobody is told" in kaa("tell")[2]
    with web_service() as service:
        home = telling(webhook={"url": service.url})
        assert kaa("tell")[0] == 0
        service.answers = [404, 200]
        publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
        code, _, err = kaa("tell")
        assert code == 2 and "answers 404" in err
        publish(home, "2026-11-25 04:05", Night(notices=[SILENT]))
        assert kaa("tell")[:2] == (0, "")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[tell]\nunpublished_nights = 0", "'tell.unpublished_nights' must be a whole number from 1 to 30"),
        ("[tell.webhook]\nurl = 'http://larm.example.se'", "what leaves the machine is encrypted"),
        ("[tell.webhook]\nurl = 'https://kaa:hemligt@larm.example.se'", "a secret does not belong in it"),
        ("[tell.webhook]\nurl = 'https://a.se'\ntoken = 'x'", "unknown key 'tell.webhook.token'"),
        ("[tell.mail]\nhost = 'a.se'\nto = ['c@d.se']", "'tell.mail.from' is missing"),
        ("[tell.mail]\nhost = 'a.se'\nfrom = 'a'\nto = ['c@d.se']", "'a' is no e-mail address"),
        ("[tell.mail]\nhost = 'a.se'\nfrom = 'a@b.se'\nto = []", "must be a list of e-mail addresses"),
        ("[tell.mail]\nhost = 'a.se'\nfrom = 'a@b.se'\nto = ['c@d.se']\nsecurity = 'none'", "on this machine only"),
        ("[tell.mail]\nhost = 'a.se'\nfrom = 'a@b.se'\nto = ['c@d.se']\nuser = 'x'", "belong together"),
    ],
)
def test_wrong_settings_are_one_sentence(table: str, said: str, home: Home, kaa: Callable[..., Answer]) -> None:
    with (home.path / "settings.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{table}\n")
    code, out, err = kaa("tell")
    assert (code, out, err.count("\n")) == (64, "", 1) and said in err and "hemligt" not in err
