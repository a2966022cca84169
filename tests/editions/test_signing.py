"""Keys with a passphrase, which is asked for on the terminal, and keys that ssh-agent holds."""

import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.audit.editions.signatures import fingerprint, fingerprint_of_file, read_public_key, read_signature, sign
from pipelines.runtime.errors import UsageError
from tests.editions.conftest import new_key

SIGN = """
import sys
from pathlib import Path
from pipelines.audit.editions.signatures import sign
Path(sys.argv[2]).write_bytes(sign(b"x", Path(sys.argv[1])))
"""


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A running ssh-agent."""
    place = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL) as process:
        while not place.exists():
            time.sleep(0.02)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
        yield place
        process.terminate()


def _on_a_terminal(typed: str, *arguments: object) -> int:
    """Run it with a terminal on which somebody types when asked; returns the exit code."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", SIGN, *map(str, arguments)])
    shown = b""
    while b"passphrase" not in shown:
        shown += os.read(terminal, 1024)
    os.write(terminal, f"{typed}\n".encode())
    try:
        while os.read(terminal, 1024):
            pass
    except OSError:  # the end of a terminal
        pass
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_passphrase_is_asked_for_on_the_terminal(tmp_path: Path) -> None:
    new_key(tmp_path / "key", passphrase="hemligt ord")
    assert _on_a_terminal("hemligt ord", tmp_path / "key", tmp_path / "signed") == 0
    signature = read_signature((tmp_path / "signed").read_bytes())
    assert signature is not None and signature.fits(b"x") and not signature.fits(b"y")
    assert signature.key == read_public_key((tmp_path / "key.pub").read_text())
    assert _on_a_terminal("fel ord", tmp_path / "key", tmp_path / "nothing") == 1
    assert not (tmp_path / "nothing").exists()


def test_whose_a_key_is_is_known_without_its_passphrase(tmp_path: Path) -> None:
    new_key(tmp_path / "key", passphrase="hemligt ord")
    key = read_public_key((tmp_path / "key.pub").read_text())
    assert key is not None
    (tmp_path / "key.pub").rename(tmp_path / "other")
    assert fingerprint_of_file(tmp_path / "key") == fingerprint(key) == fingerprint_of_file(tmp_path / "other")


def test_the_agent_signs_for_a_public_key(tmp_path: Path, agent: Path) -> None:
    new_key(tmp_path / "key")
    (tmp_path / "alone").mkdir()
    public = (tmp_path / "key.pub").rename(tmp_path / "alone" / "key.pub")
    with pytest.raises(UsageError, match="No private key found"):
        sign(b"x", public)
    subprocess.run(["ssh-add", "-q", str(tmp_path / "key")], check=True)
    signature = read_signature(sign(b"x", public))
    assert signature is not None and signature.fits(b"x")


def test_what_cannot_sign_is_told_in_one_sentence(tmp_path: Path) -> None:
    new_key(tmp_path / "rsa", kind="rsa")
    new_key(tmp_path / "open")
    (tmp_path / "open").chmod(0o644)
    for key in ("rsa", "open"):
        with pytest.raises(UsageError) as refused:
            sign(b"x", tmp_path / key)
        assert "\n" not in str(refused.value) and str(tmp_path / key) in str(refused.value)
