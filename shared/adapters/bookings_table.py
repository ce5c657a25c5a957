"""DynamoDB: the one table, and the only module that knows its items.

    pk                               sk            holds
    <loc>#location                   location      what the location has set; listed by creation
    <loc>#terms                      terms         its payment terms
    <loc>#catalogue                  service#<id>, employee#<id>   what can be booked, and with whom
    <loc>#booking#<booking>          booking       the booking with all facts about its money
    <loc>#charge#<ch_...>            subject       a charge's facts, its booking known or not
    <loc>#payout#<po_...>            subject       a payout's facts
    <loc>#dispute#<dp_...>           dispute       a dispute; listed by creation, open ones apart
    <loc>#event#<mode>#<evt_...>     event         that the event was recorded, what became of it
    <loc>#external#<id>              external      the booking that has this id in another system
    <loc>#idempotency#<sha256>       idempotency   the first answer to a request, for 24 h
    <loc>#action#<subject>           action        what staff have to look at
    <loc>#members                    members       who belongs to the location
    <loc>#connection                 connection    how it is connected to Stripe, without its keys
    <loc>#audit#<month>              <time>#<id>   who did what; written once, listed
    <loc>#client#<cl_...>            <booking>     that a booking is this client's
    account#<acct_...>               account       the one location of a Stripe account
    <loc>#outbox#<message>           outbox        a message, until it is published
    <loc>#mails#<booking>            <fact>        a mail to the client: sent when, and of what
    <loc>#mail-stops                 <sha256>      an address that nothing more is sent to
    <loc>#unsent-mails               <message>     the order of a mail to staff that somebody missed
    <loc>#outbox#<message>           delayed#<due_s>   a message that is not due yet
    <loc>#agenda#<employee>          <day of UTC>  what of an employee's day is taken
    <loc>#ledger#<mode>#<UTC day>    <created>#<txn_...>   a ledger entry; `...#paid_out` its payout
    <loc>#ledger#<mode>#<UTC day>    ...#learned   what it was for, where that was learned later
    <loc>#ledger-sums#<mode>         <UTC day>     the sum of that day's entries, by currency
    <loc>#payouts#<mode>             <created>#<po_...>    a payout to the bank
    <loc>#sync#<mode>                cursor, balance, ...   how far the sync is, and what it awaits
    <loc>#findings#<mode>            <created>#<kind>#<id> what the two sides do not both have
    <loc>#reconciliations#<mode>     <local day>   how the two sides of a day compare
    <loc>#waiting#<hmac of address>  waiting       marks of the slots that an address keeps waiting
    hold#<booking>                   hold          that a slot waits for its payment, and until when
    booking#<booking>                pointer       whose booking it is, and its client's token
    link#<sha256>                    link          where a payment link leads
    member#<sub>                     <loc> or *    a staff member's roles

Everything changeable carries a `version`: it is written on the condition that nobody wrote since it
was read, so that two writers can never take each other's facts away. Reads are consistent.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import (
    CancellationReason,
    DoesNotExist,
    PynamoDBException,
    TransactWriteError,
    UpdateError,
)
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from shared.config import AwsAccess, Config
from shared.domain.errors import AwsUnreachable, WriteConflict

CONDITION_FAILED = "ConditionalCheckFailed"
CONDITION_REFUSED = "ConditionalCheckFailedException"
PUT_ATTEMPTS = 5
BACK_OFF_S = 0.03
PAGE_ITEMS = 100
# An execution environment has one table and one account; tests have a few.
KEPT_OPEN = 4


class _ByCreated(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "by_created"
        projection = AllProjection()

    list_pk = UnicodeAttribute(hash_key=True)
    list_sk = UnicodeAttribute(range_key=True)


class _Item(Model):
    """Any item: its keys, its version, a body of JSON, its place in a list, or a set of marks."""

    class Meta:
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


@dataclass(frozen=True, slots=True)
class Key:
    """Where an item is: its partition key and its sort key."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An item as it was read: its body and the version that a write has to find unchanged."""

    body: dict[str, Any]
    version: int


@dataclass(frozen=True, slots=True)
class Put:
    """An item to be written: new where `version` is 0, else in the place of that version.

    With `version` None it is written over whatever is there: only for what follows wholly from
    another item that the same transaction guards.
    `listed` is the index's `(partition, sort key)`; `expires_at_s` when DynamoDB may delete it.
    """

    key: Key
    body: Mapping[str, Any]
    version: int | None = 0
    listed: tuple[str, str] | None = None
    expires_at_s: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """An item of a list, and its place in it."""

    place: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delete:
    """An item to be taken away, if it is there."""

    key: Key


@dataclass(frozen=True, slots=True)
class Found:
    """An item of a partition, with its sort key."""

    sk: str
    stored: Stored


class PutRefused(WriteConflict):
    """A transaction of which nothing was written; `refused` are the keys whose condition failed.

    It is empty where another transaction was under way on the same items.
    """

    def __init__(self, refused: frozenset[Key]) -> None:
        super().__init__("a transaction found its items changed")
        self.refused = refused


@lru_cache(maxsize=KEPT_OPEN)
def _model_of(table_name: str, aws: AwsAccess) -> type[_Item]:
    """Return the items' model, the same one for all stores of an execution environment.

    pynamodb opens a session and a client of botocore's for each model, a tenth of a second and more
    of a processor's time: a request that goes to four stores would pay it four times.
    """
    meta = type("Meta", (_Item.Meta,), {"table_name": table_name, "region": aws.region})
    return type("Item", (_Item,), {"Meta": meta})


@lru_cache(maxsize=KEPT_OPEN)
def _connection_of(aws: AwsAccess) -> Connection:
    """Return what transactions go through, the same one for all stores, as with `_model_of`."""
    # By pynamodb's own defaults, one silent answer would outlast a function.
    return Connection(
        region=aws.region,
        connect_timeout_seconds=_Item.Meta.connect_timeout_seconds,
        read_timeout_seconds=_Item.Meta.read_timeout_seconds,
        max_retry_attempts=_Item.Meta.max_retry_attempts,
    )


class BookingsTable:
    """Reads and writes the table's items."""

    def __init__(self, config: Config, sleep: Callable[[float], None] = time.sleep) -> None:
        self._config = config
        self._sleep = sleep

    @property
    def _model(self) -> type[_Item]:
        return _model_of(self._config.table_name, self._config.aws)

    @property
    def _connection(self) -> Connection:
        return _connection_of(self._config.aws)

    def get(self, *keys: Key) -> dict[Key, Stored]:
        """Return those of the items that are there, a hundred with each call.

        Raises `AwsUnreachable`.
        """
        try:
            found = self._model.batch_get([(key.pk, key.sk) for key in keys], consistent_read=True)
            return {Key(item.pk, item.sk): _stored(item) for item in found}
        except PynamoDBException as error:
            raise AwsUnreachable("the table gave no answer") from error

    def put(self, puts: Iterable[Put | Delete]) -> None:
        """Write all of the items or none, in one transaction.

        Raises `PutRefused` with the keys whose item was there already or has changed, and
        `AwsUnreachable` when the outcome is not known: read again.
        """
        # pynamodb sends deletes before puts, whatever the order here: the reasons of a refusal come
        # in the order that was sent.
        written = sorted(puts, key=lambda put: isinstance(put, Put))
        for attempt in range(PUT_ATTEMPTS):
            try:
                self._put_once(written)
            except PutRefused as refused:
                # Another transaction was under way on an item: it may have failed, and then all
                # who met there would give up. Which condition holds is seen only when it is over.
                if refused.refused or attempt == PUT_ATTEMPTS - 1:
                    raise
                self._sleep(random.uniform(0, BACK_OFF_S * 2**attempt))  # noqa: S311 (jitter)
            else:
                return

    def _put_once(self, puts: list[Put | Delete]) -> None:
        try:
            with TransactWrite(connection=self._connection) as transaction:
                for put in puts:
                    if isinstance(put, Delete):
                        transaction.delete(self._model(put.key.pk, put.key.sk))
                    else:
                        transaction.save(self._item(put), condition=self._condition(put))
        except TransactWriteError as error:
            raise _refusal(error, puts) from error
        except PynamoDBException as error:
            raise AwsUnreachable("the table gave no answer") from error

    def get_marks(self, key: Key) -> frozenset[str]:
        """Return the marks of an item, none where it is not there; raises `AwsUnreachable`."""
        try:
            return frozenset(self._model.get(key.pk, key.sk, consistent_read=True).marks or ())
        except DoesNotExist:
            return frozenset()
        except PynamoDBException as error:
            raise AwsUnreachable("the table gave no answer") from error

    def add_mark(self, key: Key, mark: str, most: int, expires_at_s: int) -> bool:
        """Add a mark where fewer than `most` are, and say whether it was added.

        One write that no other can undo: of many at once, `most` at the most succeed. DynamoDB may
        delete the item after `expires_at_s`. Raises `AwsUnreachable`.
        """
        return self._update(
            key,
            [
                _Item.marks.add({mark}),
                _Item.expires_at_s.set(expires_at_s),
                _Item.version.set(1),
                _Item.body.set("{}"),
            ],
            _Item.marks.does_not_exist() | (size(_Item.marks) < most),  # type: ignore[no-untyped-call]
        )

    def remove_marks(self, key: Key, marks: Iterable[str]) -> None:
        """Take marks away, those that are there; raises `AwsUnreachable`."""
        if gone := set(marks):
            self._update(key, [_Item.marks.delete(gone)], _Item.pk.exists())

    def _update(self, key: Key, actions: list[Action], condition: Condition) -> bool:
        try:
            self._model(key.pk, key.sk).update(actions, condition=condition)
        except UpdateError as error:
            if error.cause_response_code == CONDITION_REFUSED:
                return False
            raise AwsUnreachable("the table gave no answer") from error
        except PynamoDBException as error:
            raise AwsUnreachable("the table gave no answer") from error
        return True

    def list_page(self, partition: str, oldest: str, newest: str, limit: int) -> list[Listed]:
        """Return up to `limit` (100 at the most) items of an index partition, newest first.

        `oldest` and `newest` bound the sort key, both ends included. The index follows the table
        within moments, not at once.
        """
        try:
            found = self._model.by_created.query(
                partition,
                range_key_condition=_Item.list_sk.between(oldest, newest),
                scan_index_forward=False,
                limit=limit,
                page_size=limit,
            )
            return [Listed(str(item.list_sk), json.loads(item.body)) for item in found]
        except PynamoDBException as error:
            raise AwsUnreachable("the table gave no answer") from error

    def query_partition(self, partition: str, prefix: str, limit: int) -> list[Found]:
        """Return up to `limit` items of a partition whose sort key begins so, in its order.

        Reads are consistent, and come in pages of a hundred items.
        """
        try:
            found = self._model.query(
                partition,
                range_key_condition=_Item.sk.startswith(prefix) if prefix else None,
                consistent_read=True,
                limit=limit,
                page_size=min(limit, PAGE_ITEMS),
            )
            return [Found(str(item.sk), _stored(item)) for item in found]
        except PynamoDBException as error:
            raise AwsUnreachable("the table gave no answer") from error

    def query_between(self, partition: str, first: str, last: str, limit: int) -> list[Found]:
        """Return up to `limit` items of a partition between two sort keys, both included.

        They come in the order of the keys; reads are consistent, in pages of a hundred items.
        """
        try:
            found = self._model.query(
                partition,
                range_key_condition=_Item.sk.between(first, last),
                consistent_read=True,
                limit=limit,
                page_size=min(limit, PAGE_ITEMS),
            )
            return [Found(str(item.sk), _stored(item)) for item in found]
        except PynamoDBException as error:
            raise AwsUnreachable("the table gave no answer") from error

    def iterate_between(self, partition: str, first: str, last: str) -> Iterator[Found]:
        """Give all items of a partition between two sort keys, both included, page by page."""
        while first <= last:
            page = self.query_between(partition, first, last, PAGE_ITEMS)
            yield from page
            if len(page) < PAGE_ITEMS:
                return
            # Right behind it: no key of ours has a character before the space.
            first = f"{page[-1].sk} "

    def iterate_listed(self, partition: str, oldest: str, newest: str) -> Iterator[Listed]:
        """Give all items of an index partition between two places, newest first, page by page."""
        last = None
        while True:
            page = self.list_page(partition, oldest, newest, PAGE_ITEMS)
            yield from (each for each in page if each.place != last)
            if len(page) < PAGE_ITEMS:
                return
            last = newest = page[-1].place

    def _item(self, put: Put) -> _Item:
        listed = put.listed or (None, None)
        return self._model(
            put.key.pk,
            put.key.sk,
            version=(put.version or 0) + 1,
            body=_written(put.body),
            list_pk=listed[0],
            list_sk=listed[1],
            expires_at_s=put.expires_at_s,
        )

    @staticmethod
    def _condition(put: Put) -> Condition | None:
        if put.version is None:
            return None
        if put.version == 0:
            return _Item.pk.does_not_exist()
        return _Item.version == put.version


def _written(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair is legal in JSON and not in UTF-8: it stays escaped.
        return json.dumps(body, separators=(",", ":"))
    return text


def place(at_s: int, name: str) -> str:
    """Return an item's place in a list by time: `2026-11-22T09:30:00Z#name`."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%SZ}#{name}"


def _stored(item: _Item) -> Stored:
    return Stored(json.loads(item.body), int(item.version))


def _refusal(
    error: TransactWriteError, puts: Sequence[Put | Delete]
) -> PutRefused | AwsUnreachable:
    reasons: list[CancellationReason | None] = list(error.cancellation_reasons)
    if not reasons:
        return AwsUnreachable("the table took no transaction")
    return PutRefused(
        frozenset(
            put.key
            for put, reason in zip(puts, reasons, strict=True)
            if reason is not None and reason.code == CONDITION_FAILED
        )
    )
