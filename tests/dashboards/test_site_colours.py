"""The colours of pages and diagrams: readable on their ground, and told apart by colour-blind readers.

Colour blindness is simulated as Machado, Oliveira and Fernandes (2009) give it for its full degree; differences are measured
as CIEDE2000, where about 2 is just seen beside each other, and 10 is plain at a glance.
"""

from itertools import combinations
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

import pytest

from dashboards.drawing import theme

SIGHT = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}

#: Colours that stand in one diagram.
TOGETHER = (
    ("women", "men"),
    ("year", "year_before"),
    ("reached", "not_reached"),
    ("part_1", "part_2", "part_3", "part_4", "part_5"),
)


def _linear(colour: str) -> list[float]:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]


def contrast(one: str, other: str) -> float:
    """As WCAG 2.1 defines it."""
    luminances = [sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), _linear(c), strict=True)) for c in (one, other)]
    light, dark = sorted(luminances, reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _lab(colour: str, sight: str) -> tuple[float, float, float]:
    linear = _linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * value for weight, value in zip(row, linear, strict=True))))
        for row in SIGHT[sight]
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def ciede2000(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """The difference of two colours in CIELAB."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_chroma = (hypot(a1, b1) + hypot(a2, b2)) / 2
    stretch = 1 + 0.5 * (1 - sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7)))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1, h2 = degrees(atan2(b1, a1)) % 360, degrees(atan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = 2 * sqrt(c1 * c2) * sin(radians(turn / 2))
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    mean_hue = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    t = (
        1 - 0.17 * cos(radians(mean_hue - 30)) + 0.24 * cos(radians(2 * mean_hue))
        + 0.32 * cos(radians(3 * mean_hue + 6)) - 0.20 * cos(radians(4 * mean_hue - 63))
    )  # fmt: skip
    by_lightness = (l2 - l1) / (1 + 0.015 * (lightness - 50) ** 2 / sqrt(20 + (lightness - 50) ** 2))
    by_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    by_hue = hue / (1 + 0.015 * chroma * t)
    rotation = -sin(radians(60 * exp(-(((mean_hue - 275) / 25) ** 2)))) * 2 * sqrt(chroma**7 / (chroma**7 + 25**7))
    return sqrt(by_lightness**2 + by_chroma**2 + by_hue**2 + rotation * by_chroma * by_hue)


def test_the_difference_is_that_of_the_published_examples() -> None:
    # Sharma, Wu and Dalal (2005), pairs 1, 7, 17 and 25.
    examples = [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ]
    for one, other, expected in examples:
        assert ciede2000(one, other) == pytest.approx(expected, abs=0.0001)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_contrast(mode: str) -> None:
    page = {name: getattr(colour, mode) for name, colour in theme.PAGE.items()}
    for text in ("text", "muted", "link"):
        for ground in ("paper", "surface", "tint"):
            assert contrast(page[text], page[ground]) >= 4.5, (text, ground)
    assert contrast(page["surface"], page["accent"]) >= 4.5  # the chosen option is written so
    for role, colour in theme.DIAGRAM.items():
        if role != "halo":
            assert contrast(getattr(colour, mode), page["surface"]) >= 3, role
    for one, other in TOGETHER[:3]:
        pair = getattr(theme.DIAGRAM[one], mode), getattr(theme.DIAGRAM[other], mode)
        assert contrast(*pair) >= 1.5, (one, other)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_of_one_diagram_are_told_apart(mode: str, sight: str) -> None:
    for roles in TOGETHER:
        for one, other in combinations(roles, 2):
            pair = [_lab(getattr(theme.DIAGRAM[role], mode), sight) for role in (one, other)]
            assert ciede2000(pair[0], pair[1]) >= 14, (one, other)


def test_colours_of_parts_are_not_those_of_women_and_men() -> None:
    for mode in ("light", "dark"):
        for part in TOGETHER[3]:
            for gender in ("women", "men"):
                pair = [_lab(getattr(theme.DIAGRAM[role], mode), "full") for role in (part, gender)]
                assert ciede2000(pair[0], pair[1]) >= 10, (part, gender)
