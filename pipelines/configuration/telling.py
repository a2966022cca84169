"""`[tell]` of settings.toml: who is told of troubles, and how. What is told, and when, belongs in ``monitoring``.

    [tell]
    unpublished_nights = 2                 # so many nights without a publication are a trouble

    [tell.webhook]
    url = "https://larm.example.se/kaa"
    token_file = "keys/webhook-token"      # sent as a bearer token

    [tell.mail]
    host = "smtp.example.se"
    from = "kaa@example.se"
    to = ["drift@example.se"]
    user = "kaa"
    password_file = "keys/mail-password"

Paths are whole or begin at KAA_HOME. Secrets stand in files of their own, which only their owner may read.
"""

import ipaddress
import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

#: Seconds that a receiver has for each answer.
TIMEOUT = 10

_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def is_this_machine(host: str) -> bool:
    """Whether what is sent to a host does not leave the machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(text: str) -> str:
    if not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", text):
        raise ValueError(f"{text!r} is no e-mail address: write it as name@domain")
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("it must be an address that begins with https://")
    if parts.scheme == "http" and not is_this_machine(parts.hostname):
        raise ValueError("it must begin with https://: what leaves the machine is encrypted")
    if parts.username or parts.password:
        raise ValueError("a secret does not belong in it: put a bearer token in a file and name that as token_file")
    return text


MailAddress = Annotated[str, AfterValidator(_address)]
Seconds = Annotated[float, Field(gt=0, le=120, strict=False)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class WebhookSettings(_Table):
    """Where JSON is posted. ``token_file`` holds a bearer token, ``ca_file`` the certificates that vouch for the server where the
    machine's own do not, ``timeout`` is in seconds."""

    url: Annotated[str, AfterValidator(_web_address)]
    token_file: str | None = None
    ca_file: str | None = None
    timeout: Seconds = TIMEOUT


class MailSettings(_Table):
    """The mail server that takes our messages. ``security``: STARTTLS, TLS from the first byte, or none, on this machine only."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    sender: Annotated[MailAddress, Field(alias="from")]
    to: Annotated[list[MailAddress], Field(min_length=1)]
    timeout: Seconds = TIMEOUT

    @property
    def used_port(self) -> int:
        return self.port or _PORTS[self.security]

    @model_validator(mode="after")
    def _nothing_secret_in_clear(self) -> Self:
        if self.security == "none" and not is_this_machine(self.host):
            raise ValueError('security = "none" is for a mail server on this machine only: use "starttls" or "tls"')
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file belong together: give both or neither")
        if self.security == "none" and self.user:
            raise ValueError('a password is not sent in clear: use security = "starttls" or "tls"')
        return self


class Tell(_Table):
    """``unpublished_nights``: after so many expected nights without a publication somebody is told."""

    unpublished_nights: Annotated[int, Field(ge=1, le=30)] = 2
    webhook: WebhookSettings | None = None
    mail: MailSettings | None = None
