"""What a booking keeps of the facts about its money: what its figures can ever depend on. Pure.

A charge has an item of its own, which keeps everything that was ever said of it. The booking keeps
less of it, so that most of Stripe's events change nothing here and are written with the charge
alone; and it keeps a bounded number of the payments that failed, so that no number of declined
cards makes a booking too large to be written.

What is left out is decided by the facts alone, and by what is ahead of it in a total order: merging
it in again, in any order and any number of times, leaves the same out again.
"""

from collections.abc import Mapping
from copy import replace

from shared.domain.bookings.booking import Booking
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.event_facts import EventFact
from shared.domain.stripe_facts.intent_facts import IntentFacts
from shared.domain.stripe_facts.metadata_claims import NONE
from shared.domain.stripe_facts.session_facts import SessionFacts

# Of payments that failed, the last ten are shown; all are counted (`Booking.failed_attempts`).
KEPT_ATTEMPTS = 10
# Of sessions that expired, and of intents that came to nothing.
KEPT_ENDS = 20
_ATTEMPT_FAILED = frozenset({"payment_intent.payment_failed", "setup_intent.setup_failed"})


def with_kept_facts(booking: Booking) -> Booking:
    """Return the booking with no more facts than it needs."""
    charges = _without_old_attempts(booking.facts.charges)
    kept = replace(
        booking.facts,
        charges={key: _as_booked(each, booking.booking_id) for key, each in charges.items()},
        sessions=_without_old_sessions(booking),
        intents=_without_old_intents(booking),
    )
    return booking if kept == booking.facts else replace(booking, facts=kept)


def _as_booked(charge: ChargeFacts, booking_id: str) -> ChargeFacts:
    """Return a charge without its events, its entry in the ledger, and what is explained.

    Claims of metadata are kept once one of them names another booking. A sum of refunds that the
    known refunds explain will be explained later too, since refunds are only ever added.
    """
    named = {key.partition(" ")[2] for key in charge.claims}
    return replace(
        charge,
        events={},
        balance_transaction="",
        claims=charge.claims if named - {booking_id, NONE} else {},
        reported_refunded_minor=charge.reported_refunded_minor if charge.unexplained_minor else 0,
    )


def _without_old_attempts(charges: Mapping[str, ChargeFacts]) -> Mapping[str, ChargeFacts]:
    """Return the charges without those that failed long ago: no money ever moved with them."""
    failed = {
        key: charge
        for key, charge in charges.items()
        if charge.failed and not (charge.refunds or charge.disputes or charge.fraud_warnings)
    }
    newest = sorted(failed, key=lambda key: (failed[key].created_s, key))[-KEPT_ATTEMPTS:]
    gone = failed.keys() - set(newest)
    return {key: charge for key, charge in charges.items() if key not in gone}


def _without_old_sessions(booking: Booking) -> Mapping[str, SessionFacts]:
    sessions = booking.facts.sessions
    own = booking.checkout.session_id if booking.checkout else ""
    over = {
        key: each
        for key, each in sessions.items()
        if each.status == "expired" and not each.is_paid and key != own
    }
    newest = sorted(over, key=lambda key: (over[key].created_s, key))[-KEPT_ENDS:]
    gone = over.keys() - set(newest)
    return {key: each for key, each in sessions.items() if key not in gone}


def _without_old_intents(booking: Booking) -> Mapping[str, IntentFacts]:
    """Return the intents without those that came to nothing long ago, and old failed tries."""
    facts = booking.facts
    used = {each.payment_intent for each in facts.charges.values() if not each.failed}
    used |= {each.payment_intent for each in booking.charge_orders}
    over = {
        key: each
        for key, each in facts.intents.items()
        if key not in used and not each.has_charge and (each.is_canceled or each.failed)
    }
    newest = sorted(over, key=lambda key: (over[key].created_s, key))[-KEPT_ENDS:]
    gone = over.keys() - set(newest)
    return {
        # Its charges name it themselves, each in its own item.
        key: replace(each, charges=frozenset(), events=_without_old_tries(each.events))
        for key, each in facts.intents.items()
        if key not in gone
    }


def _without_old_tries(events: Mapping[str, EventFact]) -> Mapping[str, EventFact]:
    tries = [key for key, each in events.items() if each.type in _ATTEMPT_FAILED]
    newest = sorted(tries, key=lambda key: (events[key].at_s, key))[-KEPT_ATTEMPTS:]
    gone = set(tries) - set(newest)
    return {key: each for key, each in events.items() if key not in gone}
