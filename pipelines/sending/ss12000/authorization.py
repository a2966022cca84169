"""The token that a server asks for: from a file, or from an OAuth server for client credentials. It appears in no message."""

from pathlib import Path
from typing import Protocol

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from pipelines.runtime.errors import UsageError
from pipelines.runtime.os_errors import sentence
from pipelines.sending.ss12000.settings import OAuthClient, SS12000Settings


class Tokens(Protocol):
    """Where tokens come from."""

    def fetch(self) -> str:
        """A token as it is valid now. Raises UsageError where there is none."""


class Authorization(AuthBase):
    """Puts the token into each request. (As an auth object, so that no .netrc puts another in its place.)"""

    def __init__(self, tokens: Tokens):
        self._tokens = tokens
        self._token: str | None = None

    def renew(self) -> None:
        """Forget the token: it has expired."""
        self._token = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is None:
            self._token = self._tokens.fetch()
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class TokenFile:
    """A token that another program or a person keeps in a file; it is read again when it has expired."""

    def __init__(self, path: Path):
        self._path = path

    def fetch(self) -> str:
        """The token, with or without the word Bearer before it."""
        return _usable(read_secret(self._path, "token").removeprefix("Bearer "), f"The token file {self._path}")


class OAuthTokens:
    """Tokens for client credentials (RFC 6749 section 4.4)."""

    def __init__(self, session: requests.Session, client: OAuthClient, folder: Path, timeout: float):
        self._session, self._client, self._folder, self._timeout = session, client, folder, timeout

    def fetch(self) -> str:
        """A new token. The secret goes as the standard has it first, then in the form, which some servers want."""
        client, secret = self._client, read_secret(self._folder / self._client.secret_file, "client secret")
        form = {"grant_type": "client_credentials", **({"scope": client.scope} if client.scope else {})}
        response = self._post(form, HTTPBasicAuth(client.client_id.encode(), secret.encode()))
        if response.status_code in (400, 401, 403, 415, 422):
            response = self._post({**form, "client_id": client.client_id, "client_secret": secret}, _Nobody())
        if response.status_code != 200:
            raise UsageError(
                f"The token server {client.token_address} gives no token (it answers {response.status_code}): check "
                "client_id, the secret file and the scope."
            )
        try:
            token = response.json().get("access_token")
        except (ValueError, AttributeError, RecursionError):
            token = None
        if not isinstance(token, str):
            raise UsageError(
                f"The token server {client.token_address} answers something other than a token: check token_address."
            )
        return _usable(token, f"What the token server {client.token_address} gives")

    def _post(self, form: dict[str, str], auth: AuthBase) -> requests.Response:
        address = self._client.token_address
        try:
            return self._session.post(address, data=form, auth=auth, timeout=self._timeout, allow_redirects=False)
        except requests.exceptions.RequestException as error:
            raise UsageError(
                f"The token server {address} cannot be asked ({type(error).__name__}): check token_address, the network and, "
                "for an SSLError, its certificate."
            ) from None


class _Nobody(AuthBase):
    """No Authorization at all, whatever a .netrc says."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def authorization(session: requests.Session, settings: SS12000Settings, folder: Path) -> Authorization:
    """The way in that the settings name; paths are relative to the folder."""
    if settings.oauth is not None:
        return Authorization(OAuthTokens(session, settings.oauth, folder, settings.timeout))
    assert settings.token_file is not None
    return Authorization(TokenFile(folder / settings.token_file))


def read_secret(path: Path, what: str) -> str:
    """What a secret's file holds, without blanks around it. Raises UsageError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise UsageError(f"The file of the {what} cannot be read. {sentence(error)}") from None
    except UnicodeDecodeError:
        raise UsageError(f"The file of the {what} {path} is no text: write the {what} alone into it.") from None


def _usable(token: str, whose: str) -> str:
    if not token or not all("!" <= sign <= "~" for sign in token):
        raise UsageError(f"{whose} is no token: one word of letters, digits and signs is expected.")
    return token
