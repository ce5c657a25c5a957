"""What must hold of a world that has come to rest; each fault in words, the newest knowledge.

What is right is taken from Stripe's own objects and from the acts, never from the product's books.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.adapters.ledger_store import LedgerStore
from shared.adapters.needed_action_store import NeededActionStore
from shared.adapters.sync_state import SyncState
from shared.config import load_config
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.journal import REOPENED
from shared.domain.calendar.agenda import Agenda
from shared.domain.dates.local_day import local_days
from shared.domain.ledger.reconciliation import RECONCILED
from tests.simulation.mails import mails_say_what_was
from tests.simulation.modes import mode_faults, without_test_money
from tests.simulation.text import BOOKING, text_of
from tests.simulation.world import HOUR_S, PLACES, World

type Told = dict[str, Any]
FAR_S = 4_000_000_000
CLIENTS = ("mira", "other")
# A name as a word: one of Stripe's ids may have it by chance.
SECRETS = re.compile(
    r"sk_test_\w+|sk_live_\w+|whsec_\w+|\bMira\b|mira@|other@example|cs_test_\w+_secret"
)


def faults(world: World) -> Iterator[str]:
    """Yield what is wrong with a world."""
    yield from _machine_faults(world)
    for place in PLACES:
        money = at_stripe(world, place)
        bookings = world.bookings(place)
        yield from mode_faults(world, place, bookings)
        for booking in bookings:
            there = money.get(booking.booking_id, _nothing())
            yield from _money_faults(place, booking, without_test_money(world, booking), there)
            yield from _order_faults(world, place, booking)
            if booking.waits_until_s() and booking.waits_until_s() < world.now_s() - 2 * HOUR_S:
                yield f"{place} {booking.booking_id} still waits ({booking.status})"
        known = {booking.booking_id for booking in bookings}
        for booking_id in money.keys() - known:
            yield f"{place} money at Stripe of {booking_id}, which is not there"
        yield from calendar_faults(world, place, bookings)
        yield from list_faults(place, {each.booking_id: wanted_actions(each) for each in bookings})
        yield from _ledger_faults(world, place)
        yield from _border_faults(world, place)
        yield from mails_say_what_was(world, place, bookings)
    yield from _message_faults(world)
    yield from _mail_faults(world)


# ------------------------------------------------------------------ money


def _nothing() -> dict[str, int]:
    return {"captured": 0, "refunded": 0, "held": 0, "disputed": 0}


def at_stripe(world: World, place: str) -> dict[str, dict[str, int]]:
    """Return what Stripe has of each booking that a payment was opened for.

    Where a place has gone live, that is real money alone.
    """
    stripe = world.stripes[place]
    intents = {each["id"]: each for each in stripe.objects("payment_intent")}
    of = {name: world.booking_of(each) for name, each in intents.items()}
    sums: dict[str, dict[str, int]] = defaultdict(_nothing)
    for charge in stripe.objects("charge"):
        booking_id = of[charge["payment_intent"]]
        if not charge["paid"]:
            continue
        found = sums[booking_id]
        found["captured"] += charge["amount_captured"]
        if charge["captured"]:
            found["refunded"] += charge["amount_refunded"]
        is_held = not charge["captured"] and not charge["refunded"]
        if is_held and intents[charge["payment_intent"]]["status"] == "requires_capture":
            found["held"] += charge["amount"]
    charges = {each["id"]: each for each in stripe.objects("charge")}
    for dispute in stripe.objects("dispute"):
        charge = charges[dispute["charge"]]
        booking_id = of[charge["payment_intent"]]
        if dispute["status"] in ("needs_response", "under_review", "lost"):
            sums[booking_id]["disputed"] += dispute["amount"]
    return dict(sums)


def _money_faults(
    place: str, booking: Booking, counted: Booking, there: dict[str, int]
) -> Iterator[str]:
    """Yield what is wrong with a booking's money; `counted` is it with that of `there` alone."""
    view = staff_view(counted)
    who = f"{place} {booking.booking_id} ({view['status']})"
    here = {
        "captured": view["amount_captured"],
        "refunded": view["amount_refunded"],
        "held": view["amount_authorized"],
        "disputed": view["amount_disputed"],
    }
    if here != there:
        yield f"{who}: here {here}, at Stripe {there}"
    kept = there["captured"] - there["refunded"] - there["disputed"]
    asked = wanted_actions(booking) or any(each.is_open for each in booking.refund_orders)
    if kept < 0 and not there["disputed"]:
        yield f"{who}: more given back than was taken, {kept}"
    if asked or there["disputed"]:
        # Somebody has to look at it, and is told.
        return
    if view["status"] == "expired" and kept + there["held"] > 0:
        yield f"{who}: {kept} kept and {there['held']} held of a visit that was never to be"
    if view["status"] == "cancelled":
        fees = sum(each["amount_taken"] for each in view["fees"])
        allowed = max(fees, 0)
        if kept > allowed and not _kept_on_purpose(booking):
            yield f"{who}: {kept} kept, {fees} of it as a fee"
        if there["held"]:
            yield f"{who}: {there['held']} still held"
    if view["status"] in ("confirmed", "completed"):
        most = booking.price.amount_minor + booking.move_fees_minor()
        if kept > most:
            yield f"{who}: {kept} kept of a price of {most}"


def _kept_on_purpose(booking: Booking) -> bool:
    """Whether no terms say what becomes of the money: staff decide it, by a refund."""
    return booking.terms is None or not booking.terms.cancellation


def _order_faults(world: World, place: str, booking: Booking) -> Iterator[str]:
    """Yield refunds of ours that Stripe has twice, or that are done here and not there."""
    ordered = defaultdict(list)
    for each in (each for stripe in world.accounts(place) for each in stripe.objects("refund")):
        if name := each["metadata"].get("refund_id") or each["metadata"].get("order_id"):
            ordered[name].append(each["id"])
    for order in booking.refund_orders:
        if len(made := ordered.get(order.refund_id, [])) > 1:
            yield f"{place} {booking.booking_id}: {order.refund_id} was made {len(made)} times"


# ------------------------------------------------------------------ time


def _is_over(booking: Booking) -> bool:
    """Whether it was reopened when its time had passed, whoever had that meanwhile."""
    ends_at_s = booking.ends_at_s or 0
    return any(each.what == REOPENED and each.at_s >= ends_at_s for each in booking.journal)


def sold_twice(place: str, bookings: list[Booking]) -> Iterator[str]:
    """Yield visits that have an employee's time with another, although neither may."""
    held = [each for each in bookings if each.held_time() and not each.may_overlap]
    for at, one in enumerate(held):
        for other in held[at + 1 :]:
            if one.employee_id != other.employee_id or _is_over(one) or _is_over(other):
                continue
            if one.starts_at_s < other.ends_at_s and other.starts_at_s < one.ends_at_s:  # type: ignore[operator]
                yield f"{place} {one.booking_id} and {other.booking_id} have one time"


def calendar_faults(world: World, place: str, bookings: list[Booking]) -> Iterator[str]:
    """Yield visits that have a time with others, have none, or keep one that is nobody's."""
    yield from sold_twice(place, bookings)
    taken: set[str] = set()
    for partition, days in world.cloud.table.partitions.items():
        if partition.startswith(f"{place}#agenda#"):
            for item in days.values():
                taken |= Agenda.from_dict(item.body).visits.keys()
    for each in bookings:
        has_time = each.booking_id in taken
        begins_later = (each.starts_at_s or 0) > world.now_s()
        if begins_later and has_time != bool(each.held_time()):
            said = "keeps a time that is nobody's" if has_time else "has no time"
            yield f"{place} {each.booking_id} ({each.status}) {said}"


# ------------------------------------------------------------------ lists, ledger, borders


def wanted_actions(booking: Booking) -> frozenset[str]:
    """Return the kinds of what staff have to look at of a booking."""
    return frozenset(action["kind"] for action in staff_view(booking)["needs_action"])


def list_faults(place: str, actions: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield what staff's list lacks, or shows although it is over.

    `actions` are what each booking needs, by its id.
    """
    store = NeededActionStore(load_config())
    listed = {
        each["booking_id"]: {action["kind"] for action in each["actions"]}
        for each in store.iterate_needed_actions(place)
        if each["booking_id"]
    }
    wanted = {name: kinds for name, kinds in actions.items() if kinds}
    if listed != wanted:
        differing = {
            name: (listed.get(name), wanted.get(name))
            for name in listed.keys() | wanted.keys()
            if listed.get(name) != wanted.get(name)
        }
        yield f"{place} needs action: listed and wanted {differing}"


def _ledger_faults(world: World, place: str) -> Iterator[str]:
    stripe = world.stripes[place]
    there = {each["id"]: each["net"] for each in stripe.transactions()}
    entries = list(LedgerStore(load_config()).iterate_entries(place, 0, FAR_S))
    here = {each.balance_transaction: each.net_minor for each in entries}
    if len(here) != len(entries):
        yield f"{place} the ledger has an entry twice"
    late_s = world.now_s() - 2 * HOUR_S
    young = {each["id"] for each in stripe.transactions() if each["created"] > late_s}
    old = there.keys() - young
    if missing := old - here.keys():
        yield f"{place} {len(missing)} movements are not in the ledger"
    if wrong := [name for name in here if there.get(name) != here[name]]:
        yield f"{place} {len(wrong)} entries differ from Stripe's"
    zone, now_s = world.location(place).timezone, world.now_s()
    state = SyncState(load_config())
    for day in local_days(world.begins_s + 86_400, now_s - 86_400, zone, 60):
        found = state.get_reconciliation(place, day)
        if found is not None and found.status != RECONCILED:
            yield f"{place} {day} is {found.status}"


def _border_faults(world: World, place: str) -> Iterator[str]:
    others = [name for name in PLACES if name != place]
    accounts = {stripe.account.id for name in others for stripe in world.accounts(name)}
    for key, item in world.cloud.table.items.items():
        if not key.pk.startswith(f"{place}#"):
            continue
        for word in (*(f'"{name}"' for name in others), *sorted(accounts)):
            if word in item.text:
                yield f"{key.pk} {key.sk} has {word} of another place"


# ------------------------------------------------------------------ messages, mails, machines


def _message_faults(world: World) -> Iterator[str]:
    told: dict[str, dict[int, str]] = defaultdict(dict)
    for event in world.cloud.told:
        if event["detail-type"] != "booking.changed":
            continue
        detail = event["detail"]
        number, said = detail["sequence"], json.dumps(detail, sort_keys=True)
        if told[detail["booking_id"]].setdefault(number, said) != said:
            yield f"{detail['booking_id']} tells two things as number {number}"
    for booking_id, numbers in told.items():
        if set(numbers) != set(range(1, len(numbers) + 1)):
            yield f"{booking_id} told {sorted(numbers)}"


def _mail_faults(world: World) -> Iterator[str]:
    """Yield bookings of which more was mailed than was to be told.

    Where it was not written down that a mail went out, nobody knows, and it goes again: of a
    message that tells of a payment and its refund, two mails may.
    """
    mailed = Counter(
        (reader, booking_id)
        for mailed in world.cloud.mails
        for reader in mailed.to
        if reader.partition("@")[0] in CLIENTS
        for booking_id in set(BOOKING.findall(text_of(mailed.mail)))
    )
    # How much each message of a booking tells.
    told: dict[str, dict[str, int]] = defaultdict(dict)
    for event in world.cloud.told:
        detail = event["detail"]
        number = max(1, len(detail.get("happened", ())))
        told[detail.get("booking_id") or ""][detail["message_id"]] = number
    lost = world.trouble.met["SendMail"]
    for (reader, booking_id), number in mailed.items():
        facts = told[booking_id].values()
        if number > sum(facts) + lost * max(facts, default=1):
            yield f"{booking_id}: {number} mails to {reader}, of {len(facts)} messages"


def _machine_faults(world: World) -> Iterator[str]:
    for queue in world.cloud.queues.values():
        for message in queue.dead:
            yield f"{queue.name} gave up {message.body[:200]}"
    for route, status in world.answers:
        if status == 500:
            yield f"{route} answered 500"
    if found := SECRETS.search(world.log.getvalue()):
        yield f"the log has {found[0][:12]}..."
    for line in world.log.getvalue().splitlines():
        if '"level":"CRITICAL"' in line or '"Traceback' in line:
            yield f"the log: {line[:300]}"


def at_end(world: World) -> str:
    """Return when a world ended, for whoever reads of it."""
    return datetime.fromtimestamp(world.now_s(), UTC).isoformat()
