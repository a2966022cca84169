"""Tells a web service: one POST of JSON for each message. docs/overvakning.md says what stands in it; fields are added, never
changed."""

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from pipelines.configuration.telling import WebhookSettings, is_this_machine
from pipelines.monitoring.channel import NotTold, certificates, secret
from pipelines.monitoring.message import Item, Message, groups

#: Answers after which the same is sent again at once, a few times; later ones are for the next run.
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_TRIES = 3

#: So many troubles of one kind stand in a body; all are counted.
LISTED_OF_A_KIND = 50


class Webhook:
    """A web service that takes our messages."""

    name = "webhook"

    def __init__(self, home: Path, settings: WebhookSettings, wait: float = 1) -> None:
        self._home = home
        self._settings = settings
        self._wait = wait

    @property
    def to(self) -> str:
        return urlsplit(self._settings.url).hostname or ""

    def send(self, message: Message) -> None:
        """Raises NotTold."""
        headers = {"User-Agent": "kaa"}
        if self._settings.token_file:
            headers["Authorization"] = f"Bearer {secret(self._home, self._settings.token_file)}"
        with requests.Session() as session:
            # A proxy of the surroundings has no way to this machine's own addresses.
            session.trust_env = not is_this_machine(self.to)
            session.auth = _no_other_login
            ca_file = certificates(self._home, self._settings.ca_file)
            session.verify = str(ca_file) if ca_file else True
            retry = Retry(
                total=_TRIES - 1, status_forcelist=_PASSING, allowed_methods=None, backoff_factor=self._wait,
                retry_after_max=10, raise_on_status=False,
            )  # fmt: skip
            for scheme in ("https://", "http://"):
                session.mount(scheme, (HTTPAdapter if ca_file else _Adapter)(max_retries=retry))
            try:
                # What it answers is not read: it is enough that it took the message.
                response = session.post(
                    self._settings.url, json=as_json(message), headers=headers, timeout=self._settings.timeout,
                    allow_redirects=False, stream=True,
                )  # fmt: skip
            except requests.exceptions.RequestException as error:
                raise NotTold(f"{self.to} {_why(error, self._settings.timeout)}.") from None
        if not 200 <= response.status_code < 300:
            raise NotTold(f"{self.to} {_refusal(response.status_code)}.")


class _Adapter(HTTPAdapter):
    """Trusts whom the machine trusts, too: ``requests`` by itself knows only the issuers that it brings."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named, ssl_context=ssl.create_default_context())

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        return super().proxy_manager_for(proxy, **named, ssl_context=ssl.create_default_context())


def _no_other_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Nothing from a user's .netrc takes our token's place."""
    return request


def _why(error: requests.exceptions.RequestException, seconds: float) -> str:
    """What went wrong under way; nothing of the error's text, which holds the address."""
    if isinstance(error, requests.exceptions.SSLError) or "certificate" in str(error).lower():
        return "has a certificate that is not accepted: have it mended, or name the issuer's certificate as ca_file"
    if isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error):
        return f"did not answer within {seconds:g} seconds"
    if isinstance(error, requests.exceptions.ProxyError):
        return "cannot be reached through the proxy of these surroundings"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "cannot be reached: check the address, the port and the firewall"
    return f"cannot be asked ({type(error).__name__})"


def _refusal(status: int) -> str:
    if status in (401, 403):
        return f"does not accept the token (it answers {status}): put a valid one in token_file"
    if 300 <= status < 400:
        return f"sends on to another address (it answers {status}): write that one as url"
    if status in _PASSING:
        return f"still answers {status} after {_TRIES} tries"
    return f"answers {status}: check the address"


def as_json(message: Message) -> dict[str, Any]:
    """A message as it is posted."""
    return {
        "version": 1,
        "test": message.is_test,
        "message_id": message.name,
        "at": message.at.isoformat(timespec="seconds"),
        "municipality": {"code": message.municipality_code, "name": message.municipality},
        "machine": message.machine,
        # What chat services show of a message.
        "text": message.subject,
        "run": message.run,
        "begun_count": len(message.begun),
        "begun": _troubles(message.begun),
        "over_count": len(message.over),
        "over": _troubles(message.over),
        "open": message.open,
        "acknowledged": message.acknowledged,
    }


def _troubles(items: Sequence[Item]) -> list[dict[str, Any]]:
    """The first of each kind; a backlog may have hundreds, and no service takes a body of any size."""
    return [_trouble(one) for group in groups(items, LISTED_OF_A_KIND) for one in group.items]


def _trouble(one: Item) -> dict[str, Any]:
    return {
        "id": one.id,
        "code": one.code,
        "since": one.since.isoformat(),
        "over_on": one.over_on.isoformat() if one.over_on else None,
        "title": one.title,
        "what": one.sentence,
        "meaning": one.advice.meaning,
        "action": one.advice.action,
        "commands": [*one.commands, one.acknowledging],
        "where": one.advice.where,
    }
