"""Tells by e-mail: one message in plain Swedish (`templates/mail.txt.j2`), and what is over as an answer to what told that it
had begun."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.charset import QP, Charset
from email.header import Header
from email.mime.text import MIMEText
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines.configuration.telling import MailSettings
from pipelines.monitoring.channel import NotTold, ToldInPart, certificates, secret
from pipelines.monitoring.message import Message


class Mail:
    """A mail server that takes our messages. STARTTLS or TLS with a certificate that is verified; in clear only within this
    machine (``telling``)."""

    name = "mail"

    def __init__(self, home: Path, settings: MailSettings) -> None:
        self._home = home
        self._settings = settings

    @property
    def to(self) -> str:
        return ", ".join(self._settings.to)

    def send(self, message: Message) -> str:
        """Returns the message's Message-ID. Raises NotTold."""
        password = secret(self._home, self._settings.password_file) if self._settings.password_file else None
        made = as_mail(message, self._settings)
        with self._worded(), self._connected() as server:
            if password is not None and self._settings.user is not None:
                server.login(self._settings.user, password)
            refused = server.send_message(made)
            with suppress(smtplib.SMTPException, OSError):  # it has the message
                server.quit()
        if refused:
            text = f"{self._settings.host} did not take it for {len(refused)} of {len(self._settings.to)} receivers."
            raise ToldInPart(text, str(made["Message-ID"]))
        return str(made["Message-ID"])

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        context = ssl.create_default_context(cafile=certificates(self._home, settings.ca_file))
        # Our own name is not asked of the network: without one that takes half a minute.
        own = socket.gethostname() or "localhost"
        if settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.used_port, local_hostname=own, timeout=settings.timeout, context=context
            )
        else:
            server = smtplib.SMTP(settings.host, settings.used_port, local_hostname=own, timeout=settings.timeout)
        try:
            if settings.security == "starttls":
                server.starttls(context=context)
            yield server
        finally:
            server.close()

    @contextmanager
    def _worded(self) -> Iterator[None]:
        """What goes wrong under way, as a sentence; nothing of it is repeated but the server's code."""
        host = f"{self._settings.host}:{self._settings.used_port}"
        try:
            yield
        except ssl.SSLError as error:
            why = "has a certificate that is not accepted: have it mended, or name the issuer's certificate as ca_file"
            if not isinstance(error, ssl.SSLCertVerificationError):
                why = 'does not speak TLS there: check port and security ("starttls" or "tls")'
            raise NotTold(f"{host} {why}.") from None
        except smtplib.SMTPNotSupportedError:
            raise NotTold(
                f"{host} does not offer what is asked of it (STARTTLS or login): check port and security."
            ) from None
        except smtplib.SMTPAuthenticationError as error:
            raise NotTold(
                f"{host} does not accept user and password ({error.smtp_code}): correct password_file."
            ) from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            raise NotTold(f"{host} {_refusal(codes[0])} for any receiver.") from None
        except smtplib.SMTPResponseException as error:
            raise NotTold(f"{host} {_refusal(error.smtp_code)}.") from None
        except TimeoutError:
            raise self._too_slow(host) from None
        except (smtplib.SMTPServerDisconnected, ConnectionError) as error:
            if "timed out" in str(error):
                raise self._too_slow(host) from None
            raise NotTold(
                f"{host} cannot be reached, or hung up: check the address, the port and the firewall."
            ) from None
        except socket.gaierror:
            raise NotTold(f"{host} cannot be found: check host in settings.toml, and the network.") from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotTold(f"{host} cannot be used ({type(error).__name__}).") from None

    def _too_slow(self, host: str) -> NotTold:
        return NotTold(f"{host} did not answer within {self._settings.timeout:g} seconds.")


def _refusal(code: int) -> str:
    if 400 <= code < 500:
        return f"asks to come back later ({code}), which is done at the next run"
    return f"does not take the message ({code})"


_UTF_8 = Charset("utf-8")
_UTF_8.body_encoding = QP  # readable as it is, but for letters that are not English


def as_mail(message: Message, settings: MailSettings) -> MIMEText:
    """A message as it is mailed."""
    mail = MIMEText(as_text(message), "plain", _UTF_8)  # type: ignore[arg-type]
    # Not ``EmailMessage``: where it breaks a long line in two encoded words, Python 3.11 loses blanks and adds others.
    mail["Subject"] = Header(message.subject, _UTF_8, header_name="Subject").encode()
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.to)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.name}@{settings.sender.rpartition('@')[2]}>"
    if message.answers:
        mail["In-Reply-To"] = message.answers[0]
        mail["References"] = " ".join(message.answers)
    # Nobody's "out of office" answers a program.
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def as_text(message: Message) -> str:
    """A message as it is read."""
    environment = Environment(  # noqa: S701 - plain text, not HTML
        loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template("mail.txt.j2").render(message=message).strip("\n") + "\n"
