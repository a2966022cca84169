"""The tests' own eyes: each kind of fault, planted in a page, is seen."""

from pathlib import Path

import pytest

from tests.dashboards.browser.looking import Looker

PAGE = """<!doctype html><html lang="sv"><title>Sida</title><meta name="viewport" content="width=device-width">
<style>:focus { outline: 3px solid } .high { position: absolute; top: 0 }</style>
<main><h1>Rubrik</h1><p>Text på sidan.</p><a href="#x">Länk</a> <button>Knapp</button>%s</main></html>"""

FAULTS = {
    '<p style="position: absolute; top: 1.6rem">Ligger över rubriken på sidan</p>': "lies over",
    '<p style="width: 4em; overflow: hidden; white-space: nowrap">En rad som inte får plats</p>': "cut off at the side",
    '<p style="height: 1em; overflow: hidden">En<br>till<br>rad</p>': "cut off at the bottom",
    '<p style="width: 3000px">En rad som är för bred</p>': "px wide",
    '<svg class="main-svg" width="50" height="20"><text y="15">En lång etikett</text></svg>': "outside its diagram",
    '<div class="drawing"><svg class="main-svg"><text y="15">36 (39)</text><g class="shapelayer"><path d="M20,0V20h2V0z"/></g>'
    "</svg></div>": "“36 (39)” is struck through",
    '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">': "image-alt",
    '<p style="color: #999">Svag text</p>': "color-contrast",
    '<a href="#y" style="outline: none">Utan ram</a>': "shows no focus",
    '<a href="#y" tabindex="2">Före i turordning</a>': "comes after what follows it",
    '<script>setTimeout(() => { throw new Error("nej") })</script>': "error: nej",
    '<script>console.warn("aj")</script>': "console: aj",
    '<script src="../elsewhere.js"></script>': "request: file:",
    '<img alt="" src="http://127.0.0.1:9/x.png">': "request: http:",
}


def _seen(looker: Looker, path: Path, more: str) -> str:
    path.write_text(PAGE % more, encoding="utf-8")
    looker.complaints.clear()
    looker.open(path.as_uri())
    found = looker.misplaced() + looker.violations()
    found += [fault for stop in looker.stops() for fault in stop["faults"]]
    return "; ".join(found + looker.complaints)


def test_a_sound_page_has_no_fault(looker: Looker, tmp_path: Path) -> None:
    assert _seen(looker, tmp_path / "page.html", "") == ""


@pytest.mark.parametrize(("more", "expected"), FAULTS.items())
def test_a_planted_fault_is_seen(looker: Looker, tmp_path: Path, more: str, expected: str) -> None:
    assert expected in _seen(looker, tmp_path / "page.html", more)
