"""The terms of a booking whose visit was moved: the same rules, by the new start. Pure.

    policy     its sentence names the days and times before the new start
    waiting    its time waits for the payment no longer than until the new start
    sum due    what had to be paid in full, or held, is the new price; a deposit stays, at most that
    hold       one that would lapse within a day after the new end becomes a saved card: the client
               is asked for it by link, and the hold is released once it is there

What was accepted stays accepted: the rule that takes a fee has not changed, and no hash of it.
"""

from copy import replace

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_terms import PURPOSE_OF_REASON, BookingTerms
from shared.domain.bookings.lifecycle import AWAITING_PAYMENT, WAITING_STATUSES
from shared.domain.bookings.online_booking import pay_at_visit
from shared.domain.catalogue.authorization_window import hold_outlives, outlives_visit
from shared.domain.catalogue.cancellation_policy import NO_FEE, step_of
from shared.domain.catalogue.policy_text import policy_text
from shared.domain.catalogue.terms_document import terms_from_dict
from shared.domain.locations.location import Location
from shared.domain.money.charge_limits import check_chargeable
from shared.domain.money.money import Money


def with_moved_terms(moved: Booking, location: Location, now_s: int) -> Booking:
    """Return a moved booking with its terms by its new time and price."""
    terms = moved.terms
    if terms is None or moved.starts_at_s is None:
        return moved
    if terms.is_accepted:
        terms = replace(terms, accepted_text=terms.accepted_text or terms.terms_text)
    terms = replace(terms, terms_text=_policy(moved, terms, location))
    if moved.status in WAITING_STATUSES:
        until_s = min(terms.hold_until_s, moved.starts_at_s)
        terms = replace(terms, hold_until_s=until_s)
    if moved.status == AWAITING_PAYMENT:
        terms = replace(terms, due_minor=_due_minor(moved, terms))
    if terms.mode == "hold" and not _holds_last(moved, now_s):
        terms = replace(terms, mode="save_card", due_minor=0, due_reason="hold_would_lapse")
    changed = replace(moved, terms=terms)
    due = Money(terms.due_minor, moved.price.currency)
    is_asked_for = moved.status == AWAITING_PAYMENT and terms.mode in ("pay", "hold")
    if is_asked_for and check_chargeable(due, location.settlement_currency()):
        return pay_at_visit(changed)
    return changed.advanced()


def _policy(moved: Booking, terms: BookingTerms, location: Location) -> str:
    document = {
        "prepayment": {"type": "none"},
        "cancellation": terms.cancellation,
        "reschedule": terms.reschedule,
    }
    rules = terms_from_dict(document, moved.price.currency)
    here = replace(location, timezone=moved.timezone or location.timezone)
    kept = step_of(rules.cancellation, moved.kept_step_hours)
    return policy_text(rules, here, moved.starts_at_s, least=kept.fee if kept else NO_FEE)


def _due_minor(moved: Booking, terms: BookingTerms) -> int:
    if terms.mode not in ("pay", "hold"):
        return terms.due_minor
    is_deposit = terms.due_reason in PURPOSE_OF_REASON
    price_minor = moved.price.amount_minor
    return min(terms.due_minor, price_minor) if is_deposit else price_minor


def _holds_last(moved: Booking, now_s: int) -> bool:
    """Whether what is held, or would be, lasts a day beyond the end; what was captured does."""
    ends_at_s = moved.ends_at_s or moved.starts_at_s or 0
    if moved.status == AWAITING_PAYMENT:
        return outlives_visit(ends_at_s, now_s)
    summary = moved.payments()
    if summary.amount_captured:
        return True
    held = [each for each in moved.facts.charges.values() if each.amount_authorized_minor]
    return bool(summary.amount_authorized) and all(
        hold_outlives(each.capture_before_s, each.created_s, ends_at_s) for each in held
    )
