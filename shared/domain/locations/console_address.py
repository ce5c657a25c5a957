"""Addresses of the console's pages, as mails and files lead to them. Pure."""

from urllib.parse import quote, urlencode

# What a browser leaves as it is. https://developer.mozilla.org/docs/Web/JavaScript/Reference/
# Global_Objects/encodeURIComponent
_UNRESERVED = "!~*'()"


def console_address(public_url: str, location_id: str, *parts: str, **query: str) -> str:
    """Return the address of a location's page: `{public_url}/console#/demo/bookings/bk_1`.

    The console reads `from` and other filters from `query`; write `from_` for it, a Python keyword.
    """
    path = "/".join(quote(each, safe=_UNRESERVED) for each in (location_id, *parts))
    asked = urlencode({name.rstrip("_"): value for name, value in query.items()})
    return f"{public_url}/console#/{path}{'?' if asked else ''}{asked}"
