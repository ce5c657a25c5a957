"""DynamoDB's one table: its items as pynamodb sees them.

docs/data-model.md has every item, with an example and who reads it when.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, override

from botocore.config import Config
from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.connection import Connection
from pynamodb.constants import PUT_REQUEST, UNPROCESSED_ITEMS
from pynamodb.exceptions import PynamoDBException
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from shared.adapters.aws_errors import AwsFailure, sdk_error
from shared.adapters.retry_write import retry_write
from shared.config import AwsAccess
from shared.domain.errors import AwsThrottled, AwsTooLarge

# An execution environment has one table and one account; tests have a few.
KEPT_OPEN = 4
# An item has 400 KB at the most, with its keys and the names of its attributes.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_BODY_BYTES = 396 * 1024


class _ByCreated(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_created"
        projection = AllProjection()

    list_pk = UnicodeAttribute(hash_key=True)
    list_sk = UnicodeAttribute(range_key=True)


class Item(Model):
    """Any item: its keys, its version, a body of JSON, its place in a list, or a set of marks."""

    class Meta:  # noqa: D106 (pynamodb reads the table's name and time-outs here)
        table_name = "replaced by the configuration"
        connect_timeout_seconds: ClassVar[float] = 2
        read_timeout_seconds: ClassVar[float] = 5
        max_retry_attempts: ClassVar[int] = 3

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = NumberAttribute(default=1)
    body = UnicodeAttribute()
    list_pk = UnicodeAttribute(null=True)
    list_sk = UnicodeAttribute(null=True)
    expires_at_s = NumberAttribute(null=True)
    marks = UnicodeSetAttribute(null=True)
    by_created = _ByCreated()

    @classmethod
    def connection(cls) -> Connection:
        """Return what all its calls go through; transactions too, so that they need no client."""
        return cls._get_connection().connection

    @classmethod
    @override
    def _batch_get_page(
        cls, keys_to_get: list[Any], consistent_read: bool | None, attributes_to_get: Any
    ) -> tuple[list[Any], None]:
        """Read up to a hundred items; raises `AwsThrottled` where some are refused each time.

        pynamodb asks again at once, and for ever, for what DynamoDB left out. AWS wants a wait that
        grows.
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
        """
        found: list[Any] = []
        left = keys_to_get

        def read_left() -> None:
            nonlocal left
            page, left = super(Item, cls)._batch_get_page(  # type: ignore[no-untyped-call]
                left, consistent_read, attributes_to_get
            )
            found.extend(page)
            if left:
                raise AwsThrottled("dynamodb: keys were left unread", code="UnprocessedKeys")

        retry_write(read_left, AwsThrottled)
        return found, None

    @classmethod
    def write_page(cls, items: Iterable["Item"]) -> None:
        """Write up to 25 items, each by itself, whatever is there; raises as reading does.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
        """
        left = [item.serialize() for item in items]

        def write_left() -> None:
            nonlocal left
            answer = cls._get_connection().batch_write_item(put_items=left)
            undone = answer.get(UNPROCESSED_ITEMS, {}).get(cls.Meta.table_name, [])
            left = [each[PUT_REQUEST]["Item"] for each in undone]
            if left:
                raise AwsThrottled("dynamodb: items were left unwritten", code="UnprocessedItems")

        retry_write(write_left, AwsThrottled)


@lru_cache(maxsize=KEPT_OPEN)
def model_of(table_name: str, aws: AwsAccess) -> type[Item]:
    """Return the items' model, the same one for all stores of an execution environment.

    pynamodb opens a session and a client of botocore's for each model, a tenth of a second and more
    of a processor's time: a request that goes to four stores would pay it four times.
    """
    meta = type("Meta", (Item.Meta,), {"table_name": table_name, "region": aws.region})
    model: type[Item] = type("Item", (Item,), {"Meta": meta})
    # Without a name of ours, botocore puts one together for every request.
    model.connection().session.set_default_client_config(Config(user_agent="bookpay"))
    return model


def table_error(error: PynamoDBException) -> AwsFailure:
    """Return the error of what pynamodb raised."""
    return sdk_error("dynamodb", error.cause or error)


def to_json(body: Mapping[str, Any]) -> str:
    """Return an item's body as the text that is stored; raises `AwsTooLarge`."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        # Half of a surrogate pair is legal in JSON and not in UTF-8: it stays escaped.
        text = json.dumps(body, separators=(",", ":"))
        size = len(text)
    # DynamoDB says so in words alone.
    if size > MAX_BODY_BYTES:
        raise AwsTooLarge(f"dynamodb: an item's body of {size} bytes", code="ItemTooLarge")
    return text
