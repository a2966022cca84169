"""Runs a command where the only network leads nowhere, and counts what the command tried to reach.

Linux counts each try for itself in a network name space of its own: also those of libraries that no hook in Python sees.
"""

import subprocess
from itertools import pairwise
from pathlib import Path

#: All addresses lie behind the loopback device, so that a try is counted and not refused for want of a way.
_LEADS_NOWHERE = "ip link set lo up && ip route add default dev lo"
_COUNTED = f'{_LEADS_NOWHERE} || exit 125; "$@"; code=$?; cat /proc/net/snmp /proc/net/snmp6 >> "$0"; exit $code'


def without_network(counts: Path, *command: str) -> list[str]:
    """The command to run in place of another one; what it tried is added to a file."""
    return ["unshare", "-rn", "sh", "-c", _COUNTED, str(counts), *command]


def why_not() -> str:
    """Why nobody can be cut off from the network here; empty where that is possible."""
    try:
        done = subprocess.run(
            ["unshare", "-rn", "sh", "-c", _LEADS_NOWHERE], capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        return str(error)
    return done.stderr.strip() if done.returncode else ""


def tries(counts: Path) -> int:
    """TCP connections that were begun and datagrams that were sent, a name that was asked for among them."""
    lines = [line.split() for line in counts.read_text().splitlines()]
    found = 0
    for names, values in pairwise(lines):
        if names[0] == values[0] and not names[1].isdecimal():
            counted = dict(zip(names, values, strict=True))
            found += int(counted.get("ActiveOpens", 0)) + int(counted.get("OutDatagrams", 0))
    return found + sum(int(values[-1]) for values in lines if values[0] == "Udp6OutDatagrams")
