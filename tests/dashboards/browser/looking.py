"""Looks at a page as its readers do: what it says to the console and the network, whether anything is cut off or lies over
something else, what axe-core finds, and what the keyboard reaches. The scripts are in looking.js.
"""

import importlib.resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

AXE = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SCRIPT = Path(__file__).with_name("looking.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
WIDTHS = (360, 768, 1440)


class Looker:
    """A tab in the browser that remembers what its pages say. ``complaints`` is empty as long as all is well."""

    def __init__(
        self, browser: Browser, width: int = 1440, scheme: str = "light", javascript: bool = True, height: int = 900
    ) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self._folder = ""
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._requested)

    def close(self) -> None:
        self.context.close()

    def _said(self, message: ConsoleMessage) -> None:
        self.complaints.append(f"console: {message.text}")

    def _requested(self, request: Request) -> None:
        """A page may load the files of its own folder, and nothing else."""
        if not request.url.startswith((self._folder, "data:", "blob:")):
            self.complaints.append(f"request: {request.url}")

    def open(self, address: str) -> None:
        """Load a page and wait until its diagrams are drawn."""
        parts = urlsplit(address)
        self._folder = (
            f"{parts.scheme}://{parts.netloc}/" if parts.netloc else address.split("#")[0].rpartition("/")[0] + "/"
        )
        self.page.goto(address)
        self.page.evaluate(SCRIPT)
        self.settle()

    def settle(self) -> None:
        """Wait until diagrams follow what has just changed."""
        self.page.evaluate("looking.settled()")

    def resize(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})
        self.settle()

    def open_details(self) -> None:
        """Unfold all that is folded."""
        self.page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")

    def misplaced(self) -> list[str]:
        """What is cut off or lies over something else, as sentences."""
        return self.page.evaluate("looking.misplaced()")  # type: ignore[no-any-return]

    def violations(self) -> list[str]:
        """What axe-core finds, rule by rule."""
        self.page.evaluate(AXE)
        found = self.page.evaluate(
            # What Plotly draws has a text alternative as a whole; a page from disk may not fetch its style sheet once more.
            "rules => axe.run({exclude: ['.main-svg']}, {runOnly: rules, resultTypes: ['violations'], preload: false})"
            ".then(result => result.violations)",
            RULES,
        )
        return [
            f"{rule['id']}: {rule['help']}: " + "; ".join(str(node["target"][0]) for node in rule["nodes"][:4])
            for rule in found
        ]

    def stops(self) -> list[dict[str, Any]]:
        """Go through the page with Tab alone: what is reached, in order, and what is wrong with each stop; and what should
        have been reached and was not."""
        expected: list[str] = self.page.evaluate("looking.number()")
        found: list[dict[str, Any]] = []
        for _ in range(len(expected) + 5):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate("looking.stop()")
            if stop is None or stop["place"] in {one["place"] for one in found}:
                break
            found.append(stop)
        reached = {stop["place"] for stop in found}
        missed = [{"place": place, "name": name, "faults": ["is not reached"]} for place, name in enumerate(expected)]
        return found + [one for one in missed if one["place"] not in reached]
