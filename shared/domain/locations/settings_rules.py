"""What a location's settings may be: time zones, pages, and the origins of a widget's. Pure."""

import re
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[::1\]")
_ON_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})
_DEFAULT_PORTS = {"https": 443, "http": 80}


def is_timezone(name: str) -> bool:
    """Whether a name is one of the IANA database that people set: `Europe/Berlin`, or `UTC`.

    Aliases without a region, and the database's own folders (`posix/`, `right/` with leap
    seconds), are not.
    """
    if name != "UTC" and ("/" not in name or name.startswith(("posix/", "right/"))):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def is_page_url(text: str) -> bool:
    """Whether a text is the address of a page of the public web, which a client may be shown."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    is_plain = not parts.username and "@" not in parts.netloc and (port is None or port > 0)
    host = parts.hostname or ""
    shown = text.isascii() and not any(each in text for each in "\"'<>\\` ")
    return parts.scheme in ("http", "https") and is_plain and shown and bool(_HOST.fullmatch(host))


def normalise_origin(text: str) -> str | None:
    """Return an origin as browsers send it (`https://salon.example`), or `None` for no such.

    Only https, and http for this machine; no path, query, user or default port
    (https://www.rfc-editor.org/rfc/rfc6454#section-7).
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and host in _ON_THIS_MACHINE)
    if not (is_bare and is_secure and "@" not in text and _HOST.fullmatch(host)):
        return None
    shown = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"
