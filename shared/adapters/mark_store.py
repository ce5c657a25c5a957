"""Sets of marks, each an item of the table: how many of something there are at a moment.

A mark is added by one conditional write: of many at the same moment, no more than allowed succeed.
"""

from collections.abc import Iterable

from pynamodb.exceptions import DoesNotExist, PynamoDBException
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action

from shared.adapters.bookings_table import Key
from shared.adapters.table_model import Item, model_of, table_error
from shared.config import Config

CONDITION_REFUSED = "ConditionalCheckFailedException"


class MarkStore:
    """The marks of any item; every method raises as `table_error` says."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @property
    def _model(self) -> type[Item]:
        return model_of(self._config.table_name, self._config.aws)

    def get_marks(self, key: Key) -> frozenset[str]:
        """Return the marks of an item, none where it is not there."""
        try:
            return frozenset(self._model.get(key.pk, key.sk, consistent_read=True).marks or ())
        except DoesNotExist:
            return frozenset()
        except PynamoDBException as error:
            raise table_error(error) from error

    def add_mark(self, key: Key, mark: str, most: int, expires_at_s: int) -> bool:
        """Add a mark if there are fewer than `most`, and return whether it was added.

        DynamoDB may delete the item after `expires_at_s`.
        """
        return self._update(
            key,
            [
                Item.marks.add({mark}),
                Item.expires_at_s.set(expires_at_s),
                Item.version.set(1),
                Item.body.set("{}"),
            ],
            Item.marks.does_not_exist() | (size(Item.marks) < most),  # type: ignore[no-untyped-call]
        )

    def remove_marks(self, key: Key, marks: Iterable[str]) -> None:
        """Remove those of the marks that are there."""
        if gone := set(marks):
            self._update(key, [Item.marks.delete(gone)], Item.pk.exists())

    def _update(self, key: Key, actions: list[Action], condition: Condition) -> bool:
        try:
            self._model(key.pk, key.sk).update(actions, condition=condition)
        except PynamoDBException as error:
            if error.cause_response_code == CONDITION_REFUSED:
                return False
            raise table_error(error) from error
        return True


def waiting_key(location_id: str, digest: str) -> Key:
    """Return the key of an address's unpaid bookings, by the address's digest."""
    return Key(f"{location_id}#waiting#{digest}", "waiting")
