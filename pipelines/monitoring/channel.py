"""What the ways of telling somebody have in common: how they are asked, what they say when it did not work, where secrets
come from.

What is told belongs in ``message``, to whom and when in ``telling``.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pipelines.monitoring.message import Message
from pipelines.runtime.os_errors import sentence

#: Seconds after which a channel is given up, whatever it is doing: a receiver that answers a byte at a time holds up no night.
LONGEST = 40


class NotTold(Exception):
    """The message was not taken; the text says why in one English sentence without a secret in it."""


class ToldInPart(NotTold):
    """Some were told and others were not; it is not sent again. ``message``: its name there, if any."""

    def __init__(self, text: str, message: str | None = None) -> None:
        super().__init__(text)
        self.message = message


class Channel(Protocol):
    """A way of telling somebody."""

    @property
    def name(self) -> str:
        """``webhook`` or ``mail``."""
        ...

    @property
    def to(self) -> str:
        """Whom it tells, for people."""
        ...

    def send(self, message: Message) -> str | None:
        """Bring a message; returns the name that it has there, if any. Raises NotTold."""
        ...


def secret(home: Path, name: str) -> str:
    """The secret in a file; a path that is not whole begins at KAA_HOME. Raises NotTold where it cannot be used."""
    path = home / name
    try:
        if path.stat().st_mode & 0o077:
            raise NotTold(f"{path} is open to others than its owner: run chmod 600 '{path}'.")
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise NotTold(f"The secret cannot be read. {sentence(error)}") from None
    except UnicodeDecodeError:
        raise NotTold(f"{path} is not text: write the secret in it, and nothing else.") from None
    if not text or "\n" in text:
        raise NotTold(f"{path} is not one line: write the secret in it, and nothing else.")
    return text


def certificates(home: Path, name: str | None) -> Path | None:
    """The file of certificates that vouch for a receiver, if one is named. Raises NotTold where it is not there."""
    if name is None:
        return None
    path = home / name
    if not path.is_file():
        raise NotTold(f"The file of certificates {path} is not there: correct ca_file in settings.toml.")
    return path


def within_time(send: Callable[[], str | None], longest: float = LONGEST) -> str | None:
    """Send, and give it up when it takes too long. Raises NotTold."""
    outcome: list[str | Exception | None] = []

    def work() -> None:
        try:
            outcome.append(send())
        except Exception as error:
            outcome.append(error)

    worker = threading.Thread(target=work, daemon=True)  # what hangs does not keep the program from ending
    worker.start()
    worker.join(longest)
    if not outcome:
        raise NotTold(f"It was not done within {longest:g} seconds.")
    if isinstance(outcome[0], NotTold):
        raise outcome[0]
    if isinstance(outcome[0], Exception):  # its text may quote what was sent
        raise NotTold(f"It failed ({type(outcome[0]).__name__}).") from outcome[0]
    return outcome[0]
