"""Lists that are read as a whole or from one index: pages with opaque cursors."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from functions.serve_staff_api.lists import query_mistake, read_limit

MAX_CURSOR_CHARS = 1000


def page_of(
    items: Sequence[tuple[str, dict[str, Any]]],
    query: Mapping[str, str],
    *,
    newest_first: bool = False,
) -> dict[str, Any]:
    """Return `{items, next_cursor}` of documents that stand beside what they are sorted by.

    A cursor holds the sort key of the last item that was shown, so that a page is right although
    items came or went meanwhile. Raises `InvalidInput`.
    """
    limit, after = read_limit(query.get("limit")), read_cursor(query)
    ordered = sorted(items, key=lambda item: item[0], reverse=newest_first)
    if after is not None:
        ordered = [
            item for item in ordered if (item[0] < after if newest_first else item[0] > after)
        ]
    shown = ordered[:limit]
    cursor = None
    if len(ordered) > limit:
        cursor = cursor_of(shown[-1][0])
    return {"items": [document for _, document in shown], "next_cursor": cursor}


def cursor_of(place: str) -> str:
    """Return the cursor that leads on behind a place."""
    return base64.urlsafe_b64encode(place.encode()).decode()


def read_cursor(query: Mapping[str, str]) -> str | None:
    """Return the sort key in the query's cursor; it is no secret, and bounds one list only."""
    cursor = query.get("cursor")
    if cursor is None:
        return None
    try:
        if len(cursor) > MAX_CURSOR_CHARS:
            raise query_mistake("cursor", "is not one that this list gave out")
        return base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise query_mistake("cursor", "is not one that this list gave out") from error
