"""What clients and finance read without a script of ours: pages, mails and the report."""

import base64
import re
from collections.abc import Callable
from copy import replace
from typing import Any

from functions.create_checkout import pages
from functions.create_checkout.consent_page import consent_page
from functions.send_mail.client import Addresses, letter_to_client
from functions.send_mail.write import write
from functions.serve_visit import view
from shared.adapters.mail_styles import inline_styles
from shared.domain.activity.client_mails import mails_of
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.outside_payment import OutsidePayment
from shared.domain.bookings.refund_order import REQUESTED, STAFF, RefundOrder
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts
from shared.domain.stripe_facts.session_facts import SessionFacts
from shared.reports.pages import report_html
from tests.domain.activity.test_client_mails import STARTS_S, TERMS, booking
from tests.messages import changed, mail_order
from tests.reports.mornings import morning
from tests.surroundings.demo_location import REACHABLE

DAY_S = 86_400
LINK = "https://pay.example.com/pay/l_1"
CALENDAR = "https://pay.example.com/calendar"
MIRA = Client("Mira Lindqvist", "mira@example.com")
STEPS = {"steps": [{"hours_before": 48, "fee": {"type": "percent", "percent": 50}}]}
AGREED = replace(
    TERMS,
    cancellation=STEPS,
    reschedule={"client_until_hours": 24, "fee": "none"},
    offered_hash="0f" * 32,
    terms_text="Free until Tue 11:00, then 50% of the price; no-show: the full price. "
    "You can move the visit until Wed 11:00.",
)
ENGLISH = replace(REACHABLE, location=replace(REACHABLE.location, locale="en"))
OF_LONG_NAME = VisitHost(
    replace(
        ENGLISH.location,
        name="Donaudampfschifffahrtsgesellschaftskapitänsfrisurensalon & Söhne",
        email="reservations-and-everything-else@donaudampfschifffahrtsgesellschaft.example",
    ),
    "Dr. Anna-Magdalena von Hohenstein-Wallensteinhausen",
)
BACK = RefundOrder(
    refund_id="rf_1",
    charge_id="ch_1",
    amount_minor=1600,
    reason="requested_by_customer",
    requested_by="manager@example.com",
    requested_at_s=STARTS_S - DAY_S,
    cause=STAFF,
    status=REQUESTED,
)


def visit(**given: Any) -> Booking:
    """A visit under terms, with an employee, ten days ahead; `given` changes it."""
    made: dict[str, Any] = {"client": MIRA, "terms": AGREED, "employee_id": "anna"}
    return booking(**made | given)


def own(found: Booking, host: VisitHost = ENGLISH, days_left: float = 10, **to: str) -> str:
    """The client's own page, some days before the visit."""
    now_s = int(STARTS_S - days_left * DAY_S)
    return view.html(view.own_page(host, found, now_s, calendar_url=CALENDAR, **to))


def asked(found: Booking, days_left: float, *, has_changed: bool = False) -> str:
    """The page that asks whether to cancel, some days before the visit."""
    now_s = int(STARTS_S - days_left * DAY_S)
    return view.html(view.ask_page(ENGLISH, found, now_s, has_changed=has_changed))


def mail(message: Any, found: Booking, host: VisitHost = ENGLISH) -> str:
    """The page of the one mail that a message leads to, its QR code in it."""
    [made] = mails_of(message, found)
    to = Addresses("https://pay.example.com/visit/bk_1/t", LINK if made.pay_number else "")
    written = write(letter_to_client(made, host, found, to, "bookings@example.com"), "b@x.example")
    [page] = [each for each in written.walk() if each.get_content_type() == "text/html"]
    pictures = [each for each in written.walk() if each.get_content_type() == "image/png"]
    shown = str(page.get_content())
    for picture in pictures:
        held = base64.b64encode(picture.get_content()).decode()
        shown = shown.replace("cid:code", f"data:image/png;base64,{held}")
    return shown


def being_paid(**given: Any) -> Booking:
    """One that Stripe took money for, which has not reached us."""
    session = SessionFacts(
        mode="payment", status="complete", payment_status="paid", payment_intent="pi_9"
    )
    return visit(**UNPAID | {"terms": WAITS, "facts": Facts(sessions={"cs_9": session})} | given)


UNPAID: dict[str, Any] = {"status": "awaiting_payment", "facts": EMPTY}
WAITS = replace(AGREED, hold_until_s=STARTS_S - 9 * DAY_S)
CASH = OutsidePayment("op_1", 600, "cash", STARTS_S - DAY_S, "desk@example.com")
DOCUMENTS: dict[str, Callable[[], str]] = {
    "own page": lambda: own(visit(), pay_url=LINK, move_url=LINK),
    "own page of a long name": lambda: own(visit(), OF_LONG_NAME, pay_url=LINK, move_url=LINK),
    "own page in German": lambda: own(visit(), REACHABLE, pay_url=LINK, move_url=LINK),
    "own page unpaid": lambda: own(visit(**UNPAID | {"terms": WAITS}), pay_url=LINK),
    "own page being paid": lambda: own(being_paid(), pay_url=LINK),
    "own page paid in cash too": lambda: own(visit(outside_payments=(CASH,)), pay_url=LINK),
    "own page cancelled": lambda: own(visit(status="cancelled", refund_orders=(BACK,))),
    "own page expired": lambda: own(visit(status="expired", facts=EMPTY)),
    "own page to confirm": lambda: own(
        visit(status="awaiting_confirmation", facts=EMPTY, terms=replace(WAITS, mode="at_visit"))
    ),
    "own page missed": lambda: own(visit(status="no_show"), days_left=-1),
    "cancelling free": lambda: asked(visit(), 10),
    "cancelling at a fee": lambda: asked(visit(), 1),
    "cancelling at another fee": lambda: asked(visit(), 1, has_changed=True),
    "no such visit": lambda: view.html(view.unknown_page()),
    "visit later": lambda: view.html(view.later_page()),
    "visit out of order": lambda: view.html(view.out_of_order_page()),
    "link consent": lambda: consent_page(ENGLISH, visit(**UNPAID | {"terms": WAITS})),
    "link consent changed": lambda: consent_page(
        OF_LONG_NAME, visit(**UNPAID | {"terms": WAITS}), is_changed=True
    ),
    "link consent card": lambda: consent_page(
        ENGLISH, visit(**UNPAID | {"terms": replace(WAITS, mode="save_card", due_minor=0)})
    ),
    "link consent at the visit": lambda: consent_page(
        ENGLISH, visit(facts=EMPTY, terms=replace(AGREED, mode="at_visit", due_minor=0))
    ),
    "link paid": lambda: pages.nothing_due(ENGLISH, visit()),
    "link paid and refunded": lambda: pages.nothing_due(ENGLISH, visit(refund_orders=(BACK,))),
    "link nothing due": lambda: pages.nothing_due(ENGLISH, visit(facts=EMPTY)),
    "link rest": lambda: pages.rest_at_visit(ENGLISH, visit()),
    "link accepted": lambda: pages.accepted(ENGLISH, visit(facts=EMPTY)),
    "link processing": lambda: pages.processing(ENGLISH, being_paid()),
    "link not paid": lambda: pages.not_paid(ENGLISH, visit(), LINK),
    "link expired": lambda: pages.expired(ENGLISH, visit(status="expired", facts=EMPTY)),
    "link switched off": lambda: pages.links_switched_off(ENGLISH),
    "link not by card": lambda: pages.not_by_card(ENGLISH, visit()),
    "link unknown": pages.unknown_link,
    "link too often": pages.too_often,
    "link later": pages.try_again,
    "link out of order": pages.out_of_order,
    "mail confirmed": lambda: mail(changed({"what": "booking.confirmed"}), visit()),
    "mail confirmed in German": lambda: mail(
        changed({"what": "booking.confirmed"}), visit(), REACHABLE
    ),
    "mail of a long name": lambda: mail(
        changed({"what": "booking.confirmed"}), visit(), OF_LONG_NAME
    ),
    "mail link": lambda: mail(mail_order("payment_link", link=1), visit(terms=None, facts=EMPTY)),
    "mail cancelled": lambda: mail(
        changed({"what": "booking.cancelled", "by": "client"}),
        visit(status="cancelled", refund_orders=(BACK,)),
    ),
    "report mail": lambda: inline_styles(report_html(morning(), for_mail=True)),
    "report": lambda: report_html(morning()),
}


def shown(name: str) -> str:
    """Return a document as a reader has it, without the reload of a page that waits.

    Why it reloads, and what axe says of that: docs/decisions/0152.
    """
    return re.sub(r'<meta http-equiv="refresh"[^>]*>', "", DOCUMENTS[name]())
