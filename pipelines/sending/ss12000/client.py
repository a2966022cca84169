"""Asks an SS 12000 server over HTTP: one resource, or all pages of a list.

What is wrong is told in one sentence (UsageError), but for two things that others decide on: ``NotOffered`` (this server does
not have the resource) and ``ReadAgain`` (what was read cannot be used: a page was cut short, or the set changed between two
pages). What the resources mean does not belong here.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from urllib3.exceptions import NameResolutionError, ReadTimeoutError

from pipelines.runtime.errors import UsageError
from pipelines.sending.ss12000.authorization import authorization
from pipelines.sending.ss12000.settings import SS12000Settings, is_loopback

#: Answers after which the same is asked again: too busy (429 with Retry-After), and what passes with time.
_PASSING = (408, 425, 429, *(status for status in range(500, 600) if status != 501))

#: Answers of a server that does not have the resource, or not for reading.
_NOT_OFFERED = (404, 405, 501)

#: Answers to a question that the server does not take: a pageToken it no longer knows, a limit above its own.
_REFUSED = (400, 410, 422)

_REDIRECTS = (301, 302, 303, 307, 308)

Json = Any


class NotOffered(Exception):
    """The server has no such resource."""


class ReadAgain(Exception):
    """What was read is of no use, and reading all of it again may help; its text says why, to be put after `because`."""


class _Refused(Exception):
    """The server takes the question for a wrong one."""


class Client:
    """One server. Used as a context manager; paths of files are relative to ``folder``."""

    def __init__(self, settings: SS12000Settings, folder: Path):
        self._settings = settings
        self._session = requests.Session()
        # A proxy of the surroundings has no way to this machine's own addresses.
        self._session.trust_env = not is_loopback(settings.address)
        if settings.ca_file is not None:
            self._session.verify = str(_existing(folder / settings.ca_file))
        retry = Retry(
            total=settings.retries,
            connect=min(2, settings.retries),
            other=0,
            status_forcelist=_PASSING,
            allowed_methods=None,  # asking for a token is no change either
            backoff_factor=settings.first_wait,
            retry_after_max=settings.longest_wait,
            raise_on_status=False,
        )
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))
        self._authorization = authorization(self._session, settings, folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def one(self, resource: str, identity: str) -> dict[str, Json]:
        """One entity by its id."""
        try:
            answer = self._json(f"{resource}/{quote(identity, safe='')}", {})
        except _Refused:
            raise NotOffered(resource) from None
        if not isinstance(answer, dict):
            raise self._something_else(resource)
        return answer

    def all(self, resource: str, **asked: str) -> tuple[list[dict[str, Json]], int]:
        """All entities of a resource, and on how many pages they stood. No id comes twice."""
        entities: dict[str, dict[str, Json]] = {}
        pages = 0
        for data in self.pages(resource, **asked):
            pages += 1
            if not isinstance(data, list):
                raise self._something_else(resource)
            for entity in data:
                identity = entity.get("id") if isinstance(entity, dict) else None
                if not isinstance(identity, str) or not identity:
                    raise self._something_else(resource)
                if identity in entities:
                    raise ReadAgain(f"an entity of /{resource} stood there twice")
                entities[identity] = entity
        return list(entities.values()), pages

    def pages(self, resource: str, **asked: str) -> Iterator[Json]:
        """The `data` of each page. Only the first question has ``asked``: filters do not go with a pageToken."""
        token: str | None = None
        seen: set[str] = set()
        limit = self._settings.page_size
        while True:
            answer, limit = self._page(resource, asked if token is None else {}, limit, token)
            if isinstance(answer, list):  # no pages at all, as early servers had it
                if limit is not None and len(answer) >= limit:
                    raise self._something_else(resource)
                yield answer
                return
            if not isinstance(answer, dict) or ("data" not in answer and resource != "deletedEntities"):
                raise self._something_else(resource)
            yield answer.get("data", answer)
            token = answer.get("pageToken")
            if not token:
                return
            if not isinstance(token, str):
                raise self._something_else(resource)
            if token in seen:
                raise ReadAgain(f"the list of /{resource} came back to a page that it had given before")
            seen.add(token)

    def _page(
        self, resource: str, asked: dict[str, str], limit: int | None, token: str | None
    ) -> tuple[Json, int | None]:
        """A page, and the limit with which it was asked for: a server may know no limit, or only smaller ones."""
        at_all = {**asked, **({"pageToken": token} if token else {})}
        try:
            return self._json(resource, {**at_all, **({"limit": str(limit)} if limit else {})}), limit
        except _Refused as refused:
            if token:
                raise ReadAgain(f"the server no longer knew where in /{resource} the next page begins") from None
            if limit is None:
                raise self._sentence(resource, f"answers {refused}", "check the address and its version") from None
        return self._page(resource, asked, None, None)

    def _json(self, path: str, asked: dict[str, str]) -> Json:
        resource = path.partition("/")[0]
        response = self._asked(resource, path, asked)
        if response.status_code == 401:  # expired meanwhile
            self._authorization.renew()
            response = self._asked(resource, path, asked)
        self._judge_status(resource, response.status_code)
        return self._parsed(resource, response)

    def _asked(self, resource: str, path: str, asked: dict[str, str]) -> requests.Response:
        address = f"{self._settings.address}/{path}"
        for _ in range(4):
            with self._worded(resource):
                response = self._session.get(
                    address,
                    params=asked,
                    auth=self._authorization,
                    headers={"Accept": "application/json"},
                    timeout=self._settings.timeout,
                    allow_redirects=False,
                )
            if response.status_code not in _REDIRECTS:
                return response
            address, asked = urljoin(address, response.headers.get("Location", "")), {}
            if urlsplit(address)[:2] != urlsplit(self._settings.address)[:2]:  # the token goes nowhere else
                host = urlsplit(address).hostname or "nowhere"
                raise self._sentence(
                    resource, f"sends on to {host}", "check the address, and whether a login is before it"
                )
        raise self._sentence(resource, "sends on again and again", "check the address")

    def _judge_status(self, resource: str, status: int) -> None:
        if status == 200:
            return
        if status in _NOT_OFFERED:
            raise NotOffered(resource)
        if status in _REFUSED:
            raise _Refused(status)
        if status == 401:
            raise self._sentence(resource, "does not accept the token", "put a valid one in its place")
        if status == 403:
            raise self._sentence(resource, "does not let this client read it", "have its owner give the client access")
        if status in _PASSING:
            raise self._sentence(
                resource, f"still answers {status} after {self._settings.retries} retries", "try again later"
            )
        raise self._sentence(resource, f"answers {status}", "check the address and its version")

    def _parsed(self, resource: str, response: requests.Response) -> Json:
        content = response.content.removeprefix(b"\xef\xbb\xbf").strip()
        try:
            return json.loads(content)
        except ValueError:  # no JSON, or no UTF-8 where a letter was cut
            is_page = content[:1] == b"<" or "html" in response.headers.get("Content-Type", "")
        except RecursionError:
            raise self._something_else(resource) from None
        if is_page:
            raise self._sentence(
                resource,
                "answers with a web page instead of data",
                "check the address, and whether a login is before it",
            )
        if not content or content[:1] in b"{[":
            raise ReadAgain(f"a page of /{resource} was cut short")
        raise self._something_else(resource)

    @contextmanager
    def _worded(self, resource: str) -> Iterator[None]:
        """What goes wrong under way, as a sentence; nothing of it is repeated, for an error's text may hold the address asked."""
        try:
            yield
        except requests.exceptions.SSLError:
            why = "has a certificate that is not accepted"
            raise self._sentence(resource, why, "have it mended, or name the issuer's certificate as ca_file") from None
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
            raise ReadAgain(f"a page of /{resource} was cut short") from None
        except requests.exceptions.Timeout:
            raise self._too_slow(resource) from None
        except requests.exceptions.ProxyError:
            why = "cannot be reached through the proxy"
            raise self._sentence(resource, why, "check the proxy of these surroundings") from None
        except requests.exceptions.ConnectionError as error:
            reason = getattr(error.args[0], "reason", error.args[0]) if error.args else None
            if isinstance(reason, NameResolutionError):
                host = urlsplit(self._settings.address).hostname
                raise self._sentence(
                    resource, f"cannot be found: no machine has the name {host}", "check the address, and the network"
                ) from None
            if isinstance(reason, ReadTimeoutError):
                raise self._too_slow(resource) from None
            raise self._sentence(
                resource, "cannot be reached", "check the address, the port and the firewall"
            ) from None
        except requests.exceptions.RequestException as error:
            raise self._sentence(resource, f"cannot be asked ({type(error).__name__})", "check the address") from None

    def _too_slow(self, resource: str) -> UsageError:
        why = f"did not answer within {self._settings.timeout:g} seconds"
        return self._sentence(resource, why, "try again later, or give it longer (timeout)")

    def _something_else(self, resource: str) -> UsageError:
        return self._sentence(
            resource, "answers something other than SS 12000:2020 version 2 says", "check the address and its version"
        )

    def _sentence(self, resource: str, what: str, remedy: str) -> UsageError:
        return UsageError(
            f"The SS 12000 server {self._settings.address} {what} (/{resource}): {remedy}. Nothing is written."
        )


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise UsageError(f"The file {path} of ca_file is missing: put it there, or correct ca_file.")
    return path
