"""DynamoDB's one table: what its items are named, and how pynamodb sees them.

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
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from shared.adapters.aws_errors import AwsFailure, sdk_error
from shared.config import AwsAccess
from shared.domain.errors import AwsTooLarge

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


@lru_cache(maxsize=KEPT_OPEN)
def model_of(table_name: str, aws: AwsAccess) -> type[Item]:
    """Return the items' model, the same one for all stores of an execution environment.

    pynamodb opens a session and a client of botocore's for each model, a tenth of a second and more
    of a processor's time: a request that goes to four stores would pay it four times.
    """
    meta = type("Meta", (Item.Meta,), {"table_name": table_name, "region": aws.region})
    return type("Item", (Item,), {"Meta": meta})


@lru_cache(maxsize=KEPT_OPEN)
def connection_of(aws: AwsAccess) -> Connection:
    """Return what transactions go through, the same one for all stores, as with `model_of`."""
    # By pynamodb's own defaults, one silent answer would outlast a function.
    return Connection(
        region=aws.region,
        connect_timeout_seconds=Item.Meta.connect_timeout_seconds,
        read_timeout_seconds=Item.Meta.read_timeout_seconds,
        max_retry_attempts=Item.Meta.max_retry_attempts,
    )


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
