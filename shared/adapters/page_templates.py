"""Jinja2: templates of a folder, which escape what is put into HTML and refuse a missing value."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


@cache
def page_templates(folder: Path) -> Environment:
    """Return the templates of a folder; each is read and compiled once."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
