"""The repository's pages of prose, as tests read them: links, headings, and what is set as code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
# What changes is told in the past tense there: its names may be gone.
HISTORY = {"CHANGELOG.md"}


@dataclass(frozen=True)
class Page:
    """A page in Markdown."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text()

    def tokens(self) -> Iterator[Token]:
        for token in MarkdownIt("commonmark").enable("table").parse(self.text):
            yield token
            yield from token.children or ()

    def links(self) -> list[str]:
        """Return where links and pictures lead."""
        names = {"link_open": "href", "image": "src"}
        return [
            str(token.attrs[names[token.type]]) for token in self.tokens() if token.type in names
        ]

    def code(self) -> list[str]:
        """Return what is set as code, inline or as a block."""
        return [token.content for token in self.tokens() if token.type in ("code_inline", "fence")]

    def blocks(self, language: str) -> list[str]:
        return [
            token.content
            for token in self.tokens()
            if token.type == "fence" and token.info == language
        ]

    def headings(self) -> list[str]:
        return re.findall(r"^#+ (.+)$", re.sub(r"(?ms)^```.*?^```", "", self.text), re.MULTILINE)

    def anchors(self) -> set[str]:
        """Return what a link's `#...` can name, as GitHub makes it of a heading."""
        plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in self.headings())
        return {heading.replace(" ", "-") for heading in plain}


def pages() -> list[Page]:
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "infra").rglob("*.md")]
    return [Page(path) for path in sorted(found) if path.name not in HISTORY]


def page(name: str) -> Page:
    return Page(ROOT / name)
