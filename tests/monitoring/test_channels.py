"""Webhook and e-mail against real servers on this machine, with TLS: what they bring, and what is said when they cannot."""

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.configuration.telling import MailSettings, WebhookSettings
from pipelines.monitoring.channel import NotTold, ToldInPart, within_time
from pipelines.monitoring.known import Known, read_known
from pipelines.monitoring.mail import Mail, as_mail
from pipelines.monitoring.message import Message, item
from pipelines.monitoring.message import test_message as trial
from pipelines.monitoring.telling import message_name
from pipelines.monitoring.webhook import Webhook
from pipelines.notices import NoticeCode, notice
from pipelines.runtime.log import FILE as LOG
from pipelines.state.home import Home
from tests.monitoring.nights import Night, at, publish
from tests.monitoring.receivers import Certificates, MailServer, certificates, mail_server, web_service

SILENT = notice(NoticeCode.SOURCE_SILENT, source="enkat", title="Enkäten", last="2026-11-20", days=3)
NOW = at("2026-11-24 04:05")


def _secret(home: Home, name: str, text: str, mode: int = 0o600) -> str:
    path = home.keys / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def _mail(server: MailServer, trusted: Certificates, **more: Any) -> dict[str, Any]:
    settings = {"host": "localhost", "port": server.port, "from": "kaa@example.se", "to": ["drift@example.se"]}
    return settings | {"ca_file": str(trusted.authority)} | more


def _said(channel: Mail | Webhook, home: Home) -> str:
    with pytest.raises(NotTold) as refused:
        channel.send(trial(home, message_name(NOW), NOW))
    return str(refused.value)


# --- webhook -----------------------------------------------------------------------------------------------------------------


def test_a_webhook_gets_its_token_over_tls_that_is_verified(
    telling: Callable[..., Home], trusted: Certificates
) -> None:
    with web_service(trusted.server) as service:
        home = telling()
        token = _secret(home, "webhook-token", "hemligt\n")
        settings = {"url": service.url, "ca_file": str(trusted.authority), "token_file": token}
        publish(telling(webhook=settings), "2026-11-24 04:05", Night(notices=[SILENT]))
    post = service.posts[0]
    assert service.authorizations == ["Bearer hemligt"] and "hemligt" not in str(post)
    assert post.keys() == {
        "version", "test", "message_id", "at", "municipality", "machine", "text", "run", "begun", "begun_count", "over",
        "over_count", "open", "acknowledged",
    }  # fmt: skip
    assert post["begun"][0].keys() == {
        "id", "code", "since", "over_on", "title", "what", "meaning", "action", "commands", "where",
    }  # fmt: skip
    assert post["municipality"] == {"code": "0180", "name": "Stockholms stad"} and post["open"] == 1
    assert post["run"] == "Den senaste nattkörningen blev klar 2026-11-24 kl. 04.05 och publicerade version 1."


def test_a_webhook_whose_certificate_nobody_vouches_for_is_told_nothing(
    home: Home, trusted: Certificates, tmp_path: Path
) -> None:
    strangers = certificates(tmp_path / "strangers")
    others = certificates(tmp_path / "others", "elsewhere.example")
    for server, authority in ((strangers, trusted.authority), (others, others.authority)):
        with web_service(server.server) as service:
            settings = WebhookSettings(url=service.url, ca_file=str(authority))
            assert "certificate that is not accepted" in _said(Webhook(home.path, settings), home)
        assert service.asked == 0


def test_whom_the_machine_trusts_is_told_without_a_file_of_certificates(
    home: Home, trusted: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_service(trusted.server) as service, mail_server(trusted.server) as server:
        mail = MailSettings.model_validate(_mail(server, trusted) | {"ca_file": None})
        both = (Webhook(home.path, WebhookSettings(url=service.url)), Mail(home.path, mail))
        for channel in both:
            assert "certificate that is not accepted" in _said(channel, home)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted.authority))  # as the machine's own store
        for channel in both:
            channel.send(trial(home, message_name(NOW), NOW))
    assert len(service.posts) == len(server.messages) == 1


@pytest.mark.parametrize(
    ("answer", "said", "times"),
    [
        (500, "500 after 3 tries", 3), (429, "429 after 3 tries", 3), (404, "answers 404", 1), (302, "sends on", 1),
        (401, "token", 1),
    ],
)  # fmt: skip
def test_a_webhook_that_refuses_is_tried_again_only_where_that_helps(
    answer: int, said: str, times: int, home: Home
) -> None:
    with web_service() as service:
        service.answers = [answer]
        assert said in _said(Webhook(home.path, WebhookSettings(url=service.url), wait=0), home)
    assert service.asked == times


def test_a_webhook_that_recovers_has_been_told(home: Home) -> None:
    with web_service() as service:
        service.answers = [503, 503, 200]
        Webhook(home.path, WebhookSettings(url=service.url), wait=0).send(trial(home, "x", NOW))
    assert len(service.posts) == 1 and service.posts[0]["test"] is True


def test_a_webhook_that_hangs_or_is_not_there_is_given_up(home: Home) -> None:
    with web_service() as service:
        service.seconds = 1
        settings = WebhookSettings(url=service.url, timeout=0.1)
        assert "did not answer within 0.1 seconds" in _said(Webhook(home.path, settings, wait=0), home)
    gone = WebhookSettings(url=service.url)
    assert "cannot be reached" in _said(Webhook(home.path, gone, wait=0), home)


def test_what_takes_for_ever_without_ever_being_late_is_given_up_too() -> None:
    with pytest.raises(NotTold, match="was not done within"):
        within_time(lambda: threading.Event().wait(20) and None, longest=0.1)


@pytest.mark.parametrize(
    ("text", "mode", "said"), [("x", 0o644, "chmod 600"), ("", 0o600, "not one line"), ("a\nb", 0o600, "not one line")]
)
def test_a_secret_that_others_may_read_or_that_is_none_is_not_used(text: str, mode: int, said: str, home: Home) -> None:
    token = _secret(home, "token", text, mode)
    settings = WebhookSettings(url="https://localhost:1/", token_file=token)
    assert said in _said(Webhook(home.path, settings), home)


# --- e-mail ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_says_in_swedish_what_happened_and_what_to_do_and_what_is_over_answers_it(
    security: str, telling: Callable[..., Home], trusted: Certificates
) -> None:
    with mail_server(trusted.server, security == "tls") as server:
        settings = _mail(server, trusted, security=security, to=["drift@example.se", "eva@example.se"])
        home = telling(mail=settings)
        publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
        publish(home, "2026-11-25 04:05", Night())
    begun, over = server.messages
    assert server.receivers == [["drift@example.se", "eva@example.se"]] * 2
    assert begun["Subject"] == "KAA Stockholms stad: En källa har tystnat"
    assert over["Subject"] == "KAA Stockholms stad: över: En källa har tystnat"
    assert begun["From"] == "kaa@example.se" and parsedate_to_datetime(begun["Date"]) == NOW
    assert over["In-Reply-To"] == over["References"] == begun["Message-ID"] != over["Message-ID"]
    text = begun.get_content()
    for words in (
        "Enkäten har inte levererat sedan 2026-11-20.", "Det betyder:", "Gör så här:", "kaa deliveries\n", "Mer står på",
        f'kaa acknowledge {SILENT.trouble} --because "…" --until ÅÅÅÅ-MM-DD', "Sedan 2026-11-24:",
    ):  # fmt: skip
        assert words in text.replace("\r\n", "\n"), words
    assert "Inga problem är kvar." in over.get_content()


@pytest.mark.parametrize("blanks", range(12))
def test_a_long_subject_reaches_its_reader_as_it_was_written(blanks: int) -> None:
    settings = MailSettings.model_validate({"host": "localhost", "from": "kaa@example.se", "to": ["drift@example.se"]})
    codes = ("night_failed", "source_silent", "delivery_held", "delivery_rejected", "check_warns")
    since = NOW.isoformat()
    begun = tuple(item(Known(code, code, "Å ä ö.", since, since)) for code in codes[: 1 + blanks % 5])
    message = replace(trial_of("x" * blanks), begun=begun, over=begun[:2], is_test=False)
    sent = as_mail(message, settings).as_bytes()
    assert str(message_from_bytes(sent, policy=policy.default)["Subject"]) == message.subject
    assert str(make_header(decode_header(message_from_bytes(sent)["Subject"]))) == message.subject
    assert all(len(line) <= 78 for line in sent.split(b"\n\n")[0].splitlines())


def trial_of(municipality: str) -> Message:
    """A test message of a municipality of this name."""
    return Message("x", NOW, "0180", municipality, "srv", "Den blev klar.", (), (), 0, 0, is_test=True)


def test_a_mail_server_gets_user_and_password_only_over_tls(home: Home, trusted: Certificates) -> None:
    with mail_server(trusted.server, asks_who=True) as server:
        for password, is_taken in (("hemligt", True), ("fel", False)):
            file = _secret(home, "mail-password", password)
            settings = MailSettings.model_validate(_mail(server, trusted, user="kaa", password_file=file))
            if is_taken:
                assert Mail(home.path, settings).send(trial(home, "x", NOW)) == "<x@example.se>"
            else:
                said = _said(Mail(home.path, settings), home)
                assert "does not accept user and password" in said and password not in said
    assert set(server.logins) == {("kaa", "hemligt"), ("kaa", "fel")} and len(server.messages) == 1
    with pytest.raises(ValueError, match="not sent in clear"):
        MailSettings.model_validate(_mail(server, trusted, user="kaa", password_file="x", security="none"))


def test_a_mail_server_whose_certificate_nobody_vouches_for_gets_nothing(
    home: Home, trusted: Certificates, tmp_path: Path
) -> None:
    strangers = certificates(tmp_path / "strangers")
    for from_the_first_byte in (True, False):
        with mail_server(strangers.server, from_the_first_byte) as server:
            security = "tls" if from_the_first_byte else "starttls"
            settings = MailSettings.model_validate(_mail(server, trusted, security=security))
            assert "certificate that is not accepted" in _said(Mail(home.path, settings), home)
        assert server.messages == []


def test_a_mail_server_without_tls_gets_nothing(home: Home, trusted: Certificates) -> None:
    with mail_server() as server:
        for security, said in (("starttls", "does not offer"), ("tls", "does not speak TLS")):
            settings = MailSettings.model_validate(_mail(server, trusted, security=security))
            assert said in _said(Mail(home.path, settings), home)
    assert server.messages == []


@pytest.mark.parametrize(
    ("answer", "said"), [("451 greylisted", "asks to come back later (451)"), ("554 spam", "does not take the message (554)")]
)  # fmt: skip
def test_a_mail_that_is_not_taken_is_brought_again_at_the_next_run(
    answer: str, said: str, telling: Callable[..., Home], trusted: Certificates
) -> None:
    with mail_server(trusted.server) as server:
        home = telling(mail=_mail(server, trusted))
        server.answer = answer
        publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
        assert said in str(read_known(home.path).sendings["mail"].why)
        assert "not_told" in (home.path / LOG).read_text(encoding="utf-8")
        server.answer = "250 OK"
        publish(home, "2026-11-25 04:05", Night(notices=[SILENT]))
        publish(home, "2026-11-26 04:05", Night(notices=[SILENT]))
    assert len(server.messages) == 1


def test_receivers_that_are_refused_do_not_keep_the_others_from_being_told(home: Home, trusted: Certificates) -> None:
    with mail_server(trusted.server) as server:
        settings = MailSettings.model_validate(_mail(server, trusted, to=["nobody@example.se", "eva@example.se"]))
        with pytest.raises(ToldInPart, match="1 of 2 receivers"):
            Mail(home.path, settings).send(trial(home, "x", NOW))
        alone = MailSettings.model_validate(_mail(server, trusted, to=["nobody@example.se"]))
        assert "(550) for any receiver" in _said(Mail(home.path, alone), home)
    assert server.receivers == [["eva@example.se"]]


def test_a_mail_server_that_hangs_is_given_up(home: Home, trusted: Certificates) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = MailSettings.model_validate(
            {"host": "localhost", "port": silent.getsockname()[1], "from": "a@b.se", "to": ["c@d.se"], "timeout": 0.2}
        )
        assert "did not answer within 0.2 seconds" in _said(Mail(home.path, settings), home)


def test_one_channel_that_fails_keeps_nothing_from_the_other(
    telling: Callable[..., Home], trusted: Certificates
) -> None:
    with web_service() as service, mail_server(trusted.server) as server:
        service.answers = [403]
        home = telling(webhook={"url": service.url}, mail=_mail(server, trusted))
        publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
        service.answers = [204]
        publish(home, "2026-11-25 04:05", Night(notices=[SILENT]))
    assert len(server.messages) == len(service.posts) == 1
