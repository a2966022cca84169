"""The colours of pages and diagrams, for light and dark screens. The one place where a colour is chosen.

Diagram colours differ in lightness as well as in hue, so that they hold for colour-blind readers and in black and white, and
have a contrast of at least 3:1 with the surface they stand on (text: 4.5:1). One meaning has one colour on every page.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Colour:
    """One colour's meaning, for light screens and paper, and for dark screens."""

    light: str
    dark: str


PAGE = {
    "paper": Colour("#f5f7f8", "#12171d"),
    "surface": Colour("#ffffff", "#1a2129"),
    "tint": Colour("#eef3f3", "#222b34"),
    "line": Colour("#d5dcdf", "#35414c"),
    "text": Colour("#1b242c", "#e8edf1"),
    "muted": Colour("#55606b", "#a9b4be"),
    "link": Colour("#0f4c81", "#8cc4f5"),
    "accent": Colour("#0b5a52", "#5cc7b5"),
    "focus": Colour("#0f4c81", "#ffd166"),
}

DIAGRAM = {
    "women": Colour("#cd6a1c", "#f4b06a"),
    "men": Colour("#1c4f86", "#5a9bdc"),
    "year": Colour("#0b5a52", "#5cc7b5"),
    "year_before": Colour("#7d938f", "#5f7a77"),
    "reached": Colour("#0b5a52", "#5cc7b5"),
    "not_reached": Colour("#8f8979", "#8f8a80"),
    "total": Colour("#1b242c", "#e8edf1"),
    # Parts of the whole that are told apart in one diagram: the job-centres in their order, the last for the rest.
    "part_1": Colour("#2e9e9e", "#609a9f"),
    "part_2": Colour("#4c3eea", "#9449df"),
    "part_3": Colour("#7d3641", "#e6194c"),
    "part_4": Colour("#291957", "#88f2f2"),
    "part_5": Colour("#889310", "#e0d452"),
    "target": Colour("#a3195b", "#ff8fc0"),
    "mark": Colour("#1b242c", "#e8edf1"),
    "halo": Colour("#ffffff", "#1a2129"),
}


def on_paper() -> dict[str, str]:
    """The light colours by name, for a script that draws."""
    return {
        **{name: colour.light for name, colour in PAGE.items()},
        **{f"diagram-{role}": colour.light for role, colour in DIAGRAM.items()},
    }
