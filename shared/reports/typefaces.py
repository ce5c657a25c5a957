"""The fonts of PDFs: between them they have the letters of nearly every living script.

Each text is set in the first family that has all its letters, so that a name in one script stays in
one font, and can be copied and searched for as it was written. A text in several scripts that no
family has together takes each letter from the first that has it. They come in PapersLayer.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont
from fpdf import FPDF
from msgspec import Struct


class Family(Struct, frozen=True):
    """A font's files by style (`""`, `B`, `I`), in a folder of a package; all styles from one."""

    name: str
    package: str
    files: tuple[tuple[str, str], ...]

    def file(self, style: str) -> Path:
        """Return the file for a style, the upright one where there is none of its own."""
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise LookupError(f"{self.package} is not installed")
        files = dict(self.files)
        return Path(spec.submodule_search_locations[0], files.get(style) or files[""])


def _noto(script: str) -> Family:
    return Family(f"noto{script}".lower(), "manimgx_fonts", (("", f"NotoSans{script}[wght].ttf"),))


_FIRA = (("", "Regular"), ("B", "Bold"), ("I", "Italic"))
LATIN = Family(
    "fira",
    "fontpkg_fira_sans",
    tuple((style, f"files/FiraSans-{name}.ttf") for style, name in _FIRA),
)
FAMILIES = (
    LATIN,
    Family("amiri", "fontpkg_amiri", (("", "files/Amiri-Regular.ttf"),)),
    Family("sarabun", "fontpkg_sarabun", (("", "files/Sarabun-Regular.ttf"),)),
    Family("notojp", "pylopdf_fonts_jp", (("", "NotoSansJP-Regular.otf"),)),
    Family("notosc", "pylopdf_fonts_zh_cn", (("", "NotoSansSC-Regular.otf"),)),
    Family("notokr", "pylopdf_fonts_ko", (("", "NotoSansKR-Regular.otf"),)),
    *map(_noto, ("Hebrew", "Devanagari", "Georgian", "Armenian", "Bengali", "Ethiopic")),
    *map(_noto, ("Gujarati", "Gurmukhi", "Kannada", "Khmer", "Lao", "Malayalam", "Myanmar")),
    *map(_noto, ("Oriya", "Sinhala", "Tamil", "Telugu", "Symbols")),
    Family("emoji", "manimgx_fonts", (("", "NotoEmoji[wght].ttf"),)),
)
# A letter that no family has.
UNKNOWN = "?"
# Joiners have no shape of their own: the letters beside them take another one.
_JOINERS = frozenset("\u200c\u200d")


class Paper(FPDF):
    """A PDF whose every text is set in a family that has its letters."""

    def __init__(self, **page: Any) -> None:  # noqa: ANN401 (as FPDF takes it)
        super().__init__(**page)
        self._added: set[tuple[str, str]] = set()
        self._fallbacks: list[str] = []
        for style, _ in LATIN.files:
            self._load(LATIN, style)

    def set_style(self, style: str = "", size_pt: float = 10) -> None:
        """Set the style of the next texts; each text's letters choose its family."""
        self.set_font(LATIN.name, style=style, size=size_pt)

    def cell(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 (as FPDF takes it)
        """Write a cell, as FPDF does; `text` by name."""
        with self._family_for(more.get("text", "")):
            return super().cell(*args, **more)

    def multi_cell(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 (as FPDF takes it)
        """Write a cell of several lines, as FPDF and its tables do; `text` by name."""
        with self._family_for(more.get("text", "")):
            return super().multi_cell(*args, **more)

    @contextmanager
    def _family_for(self, text: str) -> Iterator[None]:
        family = family_of(text)
        if family is LATIN:
            yield
            return
        # The others are joined, stacked or written from the right.
        self.set_text_shaping(use_shaping_engine=True)
        before = self.font_family, self.font_style, self.font_size_pt
        if family:
            self._load(family, self.font_style)
            self.set_font(family.name, style=self.font_style, size=self.font_size_pt)
        for each in (found for letter in text if (found := family_with(letter))):
            if family is None and each.name not in self._fallbacks:
                self._load(each, "")
                self._fallbacks.append(each.name)
                self.set_fallback_fonts(self._fallbacks, exact_match=False)
        yield
        self.set_font(*before)

    def _load(self, family: Family, style: str) -> None:
        if (family.name, style) not in self._added:
            self._added.add((family.name, style))
            self.add_font(family.name, style, family.file(style))


def spelled(text: str) -> str:
    """Return text composed, without controls; what no family has is `?`, signs of it left out."""
    made = unicodedata.normalize("NFC", text)
    if made.isascii() and made.isprintable():
        return made
    return "".join(_spelled(letter) for letter in made)


@cache
def _spelled(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Zs":
        # Spaces of other widths stand in figures, which no line break may part.
        return " " if letter == " " else "\xa0"
    if letter in _JOINERS or letter == "\n" or (category[0] != "C" and family_with(letter)):
        return letter
    return UNKNOWN if category[0] in "LN" else ""


def family_of(text: str) -> Family | None:
    """Return the first family that has all letters of a text; `None` where none has."""
    letters = set(map(ord, text)) - {ord("\n"), *map(ord, _JOINERS)}
    return next((each for each in FAMILIES if letters <= letters_of(each)), None)


@cache
def family_with(letter: str) -> Family | None:
    """Return the first family that has a letter; `None` where none has."""
    return next((each for each in FAMILIES if ord(letter) in letters_of(each)), None)


@cache
def letters_of(family: Family) -> frozenset[int]:
    """Return the code points that a family has."""
    with TTFont(family.file(""), lazy=True) as font:
        return frozenset(font.getBestCmap())
