"""Somebody at a page: what the console says is kept, and axe looks at what they see."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import axe_core_python
from playwright.sync_api import Locator, Page

# Everything that axe finds but what it calls minor.
SERIOUS = {"moderate", "serious", "critical"}


@cache
def _axe_script() -> str:
    return (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()


class Visitor:
    """A page with its console; `expected` is what a test provokes, as parts of its messages."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.expected: list[str] = []
        self._said: list[str] = []
        page.on("console", lambda told: self._hear(told.type, told.text))
        page.on("pageerror", lambda error: self._said.append(str(error)))

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error":
            self._said.append(text)

    @property
    def errors(self) -> list[str]:
        return [said for said in self._said if not any(each in said for each in self.expected)]

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name)

    def press(self, name: str) -> None:
        self.button(name).first.click()

    def found_by_axe(self, only: str = "") -> list[str]:
        """Return what axe finds on the page as it is, or one rule of it.

        Its script comes by the debugger, which a page's policy does not bind.
        """
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_axe_script())
        rules: dict[str, Any] = {"resultTypes": ["violations"]}
        if only:
            rules["runOnly"] = [only]
        found = self.page.evaluate(f"axe.run(document, {json.dumps(rules)})")
        return [
            f"{each['id']} ({each['impact']}): {node['target']} {node['html'][:120]}"
            for each in found["violations"]
            if each["impact"] in SERIOUS
            for node in each["nodes"]
        ]
