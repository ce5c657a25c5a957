"""Pages of a list: how many items are asked for, and opaque cursors that lead on."""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.domain.mistakes import mistake
from shared.entrypoints.field_types import Number
from shared.entrypoints.query_strings import QueryString, invalid_query
from shared.entrypoints.validation import Query, broken

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
MAX_CURSOR_CHARS = 1000
NOT_OURS = "must be one that this list gave out"
BINDING_CHARS = 8
_NOT_BOUND = frozenset({"cursor", "limit"})


def cursor_of(place: str) -> str:
    """Return the cursor that continues after a place."""
    return base64.urlsafe_b64encode(place.encode()).decode()


def _place_in(cursor: str) -> str:
    try:
        return base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise broken(NOT_OURS) from error


def bound_cursor(place: str, query: QueryString) -> str:
    """Return the cursor that continues this query after a place, and no other query."""
    return cursor_of(f"{_binding(query)}{place}")


def place_after(
    cursor: str | None, query: QueryString, is_place: Callable[[str], bool]
) -> str | None:
    """Return the place in a cursor that `bound_cursor` made for this query; raises `InvalidInput`.

    `cursor` is one that a model has read. `is_place` tells a place from anything else.
    """
    if cursor is None:
        return None
    place = cursor[BINDING_CHARS:]
    if not cursor.startswith(_binding(query)) or not is_place(place):
        raise invalid_query([mistake("/query/cursor", NOT_OURS)])
    return place


def _binding(query: QueryString) -> str:
    """Return what ties a cursor to its query: in another order its place would mean nothing."""
    asked = sorted((name, each) for name, each in query.values.items() if name not in _NOT_BOUND)
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:BINDING_CHARS]


# The sort key of the last item shown; it is not secret, and only affects its own list.
Cursor = Annotated[str, Field(max_length=MAX_CURSOR_CHARS), AfterValidator(_place_in)]


class PageQuery(Query):
    """Which page of a list; `cursor`, once read, is the place after which it begins."""

    limit: Annotated[Number, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Cursor | None = None


def page_of(
    items: Sequence[tuple[str, dict[str, Any]]], asked: PageQuery, *, newest_first: bool = False
) -> dict[str, Any]:
    """Return `{items, next_cursor}` of pairs of a sort key and a document.

    A cursor holds the sort key of the last item shown, so that the next page is right even if items
    were added or removed meanwhile.
    """
    limit, after = asked.limit, asked.cursor
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
