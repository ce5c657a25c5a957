"""Untrusted text, made safe for where it goes: spreadsheets, mail headers, single lines.

https://owasp.org/www-community/attacks/CSV_Injection
"""

import unicodedata

# A spreadsheet reads what begins with these as a formula, full-width forms too.
_FORMULA = frozenset("=+-@\t\r\n|%")
# What may precede it invisibly, or be stripped: controls, formats, spaces, marks, quotes, and the
# letters and the symbol that are blank.
_UNSEEN_CATEGORIES = frozenset("CZM")
_UNSEEN = frozenset('"\u115f\u1160\u2800')

# Excel's own bound less one. https://support.microsoft.com/excel-specifications
MAX_CELL_CHARS = 32_766


def for_spreadsheet(text: str) -> str:
    """Return a cell's text that no spreadsheet evaluates: what looks like a formula is quoted.

    Only for text: numbers are written as numbers and keep their sign. Where a comma is the decimal
    sign, a spreadsheet splits lines at semicolons, even within quotes that begin inside a column:
    each part has to be safe by itself.
    """
    return ";".join(map(_quoted, text.split(";")))


def _quoted(part: str) -> str:
    for letter in unicodedata.normalize("NFKC", part):
        if letter in _FORMULA:
            return f"'{part}"
        if letter not in _UNSEEN and unicodedata.category(letter)[0] not in _UNSEEN_CATEGORIES:
            return part
    return part


def for_cell(text: str) -> str:
    """Return text for a cell of a workbook: one line, as long as Excel takes, and no markup."""
    made = one_line(text)[:MAX_CELL_CHARS]
    # xlsxwriter treats what is between these two as its own XML, and does not escape it.
    return f"{made} " if made.startswith("<r>") and made.endswith("</r>") else made


def for_header(text: str, limit: int = 120) -> str:
    """Return text for a mail header: one line, without control characters, not too long."""
    return one_line(text)[:limit]


def one_line(text: str) -> str:
    """Return text without line breaks, control characters and marks that change its direction."""
    if text.isascii() and text.isprintable():
        # The fast path for nearly all cells: checking each letter would dominate a file's time.
        return " ".join(text.split())
    kept = (" " if unicodedata.category(each) in {"Cc", "Zl", "Zp"} else each for each in text)
    return " ".join(
        "".join(each for each in kept if unicodedata.bidirectional(each) not in _TURNS).split()
    )


_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
