"""Every state that the console can be in, for tests and for pictures."""

import re
from collections.abc import Callable
from copy import replace
from dataclasses import dataclass
from datetime import date
from typing import Any

from playwright.sync_api import expect

from shared.domain.activity.needed_action import BOOKING_UNKNOWN, NeededAction
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.erasure import client_id
from shared.domain.bookings.outside_payment import OutsidePayment
from shared.domain.catalogue.services import employee_to_dict
from shared.domain.dates.report_day import report_day
from shared.domain.ledger.findings import unreadable
from shared.domain.ledger.money_flow import MoneyFlow
from shared.domain.ledger.reconciliation import reconcile
from shared.domain.reports.report import LeftOut
from tests.browser.canned import problem
from tests.browser.canned_agenda import TEAM, TOMORROW, VISITS, agenda_of, client_page
from tests.browser.canned_console import (
    ABOUT_A_BOOKING,
    BEGUN,
    DAY,
    FAILS,
    FEE,
    INVITATION,
    INVITED,
    MEMBERS,
    NEEDED,
    OVER,
    PAYMENT,
    REFUND,
    SHOWN_DISPUTE,
    TO_BE_SETTLED,
    TOO_MUCH,
    CannedStaffApi,
    ago,
    listed,
    needing,
    report,
    settings,
    staff_booking,
    staff_location,
)
from tests.browser.canned_money import (
    PAYOUT_ID,
    entries,
    money_range,
    money_year,
    payout_page,
    quiet,
)
from tests.browser.clock import NOW_S
from tests.browser.visitor import Visitor
from tests.browser.world import BOOKING_ID, MIRA, booked, paid

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsfrisur mit Balayage, Glanz und Föhnen " * 2
RTL = {"name": "מירה לינדקוויסט (Mira)", "email": "mira@example.com", "phone": None}
BUSY = staff_booking(
    payment_status="partially_refunded",
    status="no_show",
    amount_refunded=600,
    amount_refund_pending=1200,
    refundable=1800,
    refunds=[
        {**REFUND, "refund_id": "rf_0", "status": "succeeded", "approval": "requested"},
        REFUND,
    ],
    fees=[FEE],
    disputes=[SHOWN_DISPUTE],
    needs_action=[NEEDED, TOO_MUCH],
    payments=[
        {
            **PAYMENT,
            "status": "failed",
            "failure_code": "card_declined",
            "card": None,
            "receipt_url": None,
        },
        PAYMENT,
    ],
)


def many_bookings() -> list[Any]:
    states = [
        ("confirmed", "paid"), ("awaiting_payment", "unpaid"), ("cancelled", "refunded"),
        ("no_show", "card_saved"), ("completed", "paid"), ("confirmed", "authorized"),
        ("confirmed", "disputed"), ("expired", "failed"), ("completed", "partially_refunded"),
    ]  # fmt: skip
    made = []
    for number in range(18):
        status, paid = states[number % len(states)]
        client = {"name": f"Client {number}", "email": f"client{number}@example.com", "phone": None}
        made.append(
            staff_booking(
                booking_id=f"bk_{number}",
                status=status,
                payment_status=paid,
                client=None if number % 7 == 3 else client,
                price=4500 + number * 100,
                needs_action=[NEEDED] if paid == "disputed" else [],
            )
        )
    return made


@dataclass(frozen=True)
class ConsoleState:
    """How to come to a state: the page, what is answered, and what the person does."""

    name: str
    path: str
    shows: str
    prepare: Callable[[CannedStaffApi], None] = lambda _: None
    act: Callable[[Visitor], object] = lambda _: None
    signed_in: bool = True
    expected: tuple[str, ...] = ()


def answering(**answers: Any) -> Callable[[CannedStaffApi], None]:
    def prepare(api: CannedStaffApi) -> None:
        api.answers |= {
            name.replace("__", "/").replace("_", "-"): it for name, it in answers.items()
        }

    return prepare


def giving(path: str, answer: Any) -> Callable[[CannedStaffApi], None]:
    def prepare(api: CannedStaffApi) -> None:
        api.answers[path] = answer

    return prepare


def showing(booking: Any) -> Callable[[CannedStaffApi], None]:
    def prepare(api: CannedStaffApi) -> None:
        api.booking = booking

    return prepare


def named_long(api: CannedStaffApi) -> None:
    api.locations = [staff_location(name=LONG), staff_location(location_id="two", name="Two")]
    client = {"name": LONG, "email": f"{'x' * 60}@example.com", "phone": None}
    api.booking = staff_booking(client=client, description=LONG, price=123_456_789)
    api.answers["bookings"] = listed([api.booking, staff_booking(client=RTL, booking_id="bk_2")])


def opening_the_mail(visitor: Visitor) -> None:
    link = f"#invitation=demo.{'t' * 32}"
    visitor.page.evaluate(f"location.hash = '{link}'")
    expect(visitor.page).not_to_have_url(re.compile("invitation"))


def having_an_account(api: CannedStaffApi) -> None:
    api.answers["POST invitation"] = {**INVITATION, "has_account": True}


def refusing_invitations(api: CannedStaffApi) -> None:
    detail = "The invitation was used, withdrawn or sent again: open the newest mail."
    api.answers["POST invitation"] = problem(404, "invitation_not_found", detail=detail)


def forgetting(visitor: Visitor) -> None:
    visitor.press("Forgot your password?")


def resetting(visitor: Visitor) -> None:
    forgetting(visitor)
    visitor.page.get_by_label("Email").fill("owner@demo.test")
    visitor.press("Send a code")


def giving_a_secret(api: CannedStaffApi) -> None:
    tokens = api.cognito
    secret = {"SecretCode": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJKLMNOPQRST"}
    api.cognito = lambda action, body: (
        (200, secret) if action == "AssociateSoftwareToken" else tokens(action, body)
    )


def enrolling(visitor: Visitor) -> None:
    expect(visitor.heading("Bookings")).to_be_visible()
    if not visitor.button("Second factor").is_visible():
        visitor.press("Menu")
    visitor.press("Second factor")
    visitor.press("Begin")


def as_a_manager(api: CannedStaffApi) -> None:
    api.locations = [staff_location(roles=["manager"])]


def nowhere(api: CannedStaffApi) -> None:
    api.locations = []


def editing_anna(visitor: Visitor) -> None:
    visitor.press("Edit Anna")


def ending_the_session(api: CannedStaffApi) -> None:
    """Sign them out elsewhere, while a refund is being typed."""
    tokens, given = api.cognito, [True]
    refused = (400, {"__type": "NotAuthorizedException", "message": "Revoked"})
    api.cognito = lambda *asked: tokens(*asked) if given and given.pop() else refused
    api.answers[f"POST {BOOKING}/refunds"] = (401, {"message": "Unauthorized"})


def with_a_team(api: CannedStaffApi) -> None:
    api.answers["employees"] = listed([employee_to_dict(each) for each in TEAM])


def without_a_team(api: CannedStaffApi) -> None:
    api.answers |= {"agenda": agenda_of([]), "employees": listed([])}


def taking_up(visitor: Visitor) -> None:
    # On a phone a dialog asks for the time; a wide window takes the visit up.
    visitor.page.set_viewport_size({"width": 1366, "height": 800})
    visitor.page.get_by_role("button", name="Move Jonas Weber").first.dispatch_event("click")


def asking_a_deposit(visitor: Visitor) -> None:
    visitor.press("New booking")
    visitor.page.get_by_label("Client's name").fill("Mira")
    visitor.page.get_by_role("button", name="mira@example.com").click()
    visitor.page.get_by_label("Asked of the client").select_option("own")
    visitor.page.get_by_label("The client pays").select_option("deposit")


def having_visits(api: CannedStaffApi) -> None:
    api.answers[f"clients/{CLIENT_ID}"] = client_page(VISITS[:3])


def seeing_entries(visitor: Visitor) -> None:
    expect(visitor.page.get_by_role("table", name="Entries")).to_be_visible()


def pressing(*names: str) -> Callable[[Visitor], None]:
    def act(visitor: Visitor) -> None:
        for name in names:
            visitor.page.get_by_role("button", name=name, exact=True).first.click()

    return act


BOOKING = "bookings/bk_1a2b3c4d5e6f708192a3b4c5"
AGENDA = f"agenda?day={TOMORROW}"
CLIENT_ID = client_id("demo", MIRA.email)
YESTERDAY = report_day(date.fromisoformat(DAY), "Europe/Berlin")
BROKEN = report(
    final=False,
    flow=MoneyFlow(YESTERDAY.start_s, YESTERDAY.end_s, livemode=False),
    balances=(),
    reconciliation=reconcile(
        [unreadable(f"txn_{n}", YESTERDAY.start_s, "/currency is missing") for n in (1, 2)],
        (YESTERDAY.start_s, YESTERDAY.end_s),
        is_pending=False,
        checked_at_s=YESTERDAY.end_s,
    ),
)
QUIET_DAY = report(
    flow=MoneyFlow(YESTERDAY.start_s, YESTERDAY.end_s, livemode=False),
    **dict.fromkeys(("balances", "holds", "refunds", "disputes", "payouts", "actions"), ()),
    client_money=None,
    left_out=LeftOut(),
)
NOTHING = money_range(quiet(), (), payouts=(), before=None, before_why="Nothing has moved yet.")
TWO_CURRENCIES = money_range(currencies=("eur", "gbp"), payouts_left_out=3, other_balance=2)
A_YEAR = money_year()
FORBIDDEN = problem(403, "forbidden", detail="Your role does not allow this.")
NO_PAYOUT = problem(404, "payout_not_found", detail="There is no such payout.")
NOT_CONNECTED = settings(account=None, publishable_key="", connected_at_s=0, endpoint_id="")
UNKNOWN = NeededAction(
    BOOKING_UNKNOWN, {"booking_id": "bk_2", "charge": "ch_9", "event_id": "evt_9"}
)
MAILED = [
    {"kind": kind, "to": to, "status": status, "reason": reason, "at": ago(hours=hours)}
    for kind, to, status, reason, hours in (
        (
            "confirmed",
            "mira.lindqvist@a-former-address.example",
            "bounced",
            "Permanent/General",
            30,
        ),
        ("confirmed", "mira@example.com", "sent", None, 28),
        ("payment_link", "mira@example.com", "refused", "held_back", 4),
        ("refund_succeeded", None, "sent", None, 3),
    )
]


def having_mails(api: CannedStaffApi) -> None:
    api.answers[f"{BOOKING}/messages"] = listed(MAILED)


def deciding(api: CannedStaffApi) -> None:
    api.booking = BUSY
    api.answers["needs-action"] = listed(WAITING)


PAID_OUTSIDE = staff_view(
    replace(
        paid(booked(BOOKING.removeprefix("bookings/"), days=3)),
        outside_payments=(
            OutsidePayment("po_1", 4000, "cash", NOW_S - 60, "manager@demo.test", "Till 2"),
            OutsidePayment(
                *("po_2", 4400, "voucher", NOW_S - 50, "manager@demo.test", ""),
                *(NOW_S - 40, "owner@demo.test", "Was for somebody else"),
            ),
        ),
    )
)
WAITING = [ABOUT_A_BOOKING, needing("charge#ch_9", UNKNOWN.to_dict())]
STATES = [
    ConsoleState("login", "", "Sign in", signed_in=False),
    ConsoleState("bookings", "bookings", "Mira Lindqvist"),
    ConsoleState(
        "bookings many", "bookings", "Client 16", answering(bookings=listed(many_bookings()))
    ),
    ConsoleState("bookings none", "bookings", "No bookings yet", answering(bookings=listed([]))),
    ConsoleState(
        "bookings error", "bookings", "Try again", answering(bookings=FAILS), expected=("503",)
    ),
    ConsoleState("bookings long", "bookings", "מירה", named_long),
    ConsoleState("agenda", AGENDA, "Dentist", with_a_team),
    ConsoleState("agenda moving", AGENDA, "Choose a free time", with_a_team, taking_up),
    ConsoleState("agenda week", f"{AGENDA}&view=week", "Dentist", with_a_team),
    ConsoleState(
        "agenda none",
        AGENDA,
        "No visits",
        without_a_team,
    ),
    ConsoleState("client", f"clients/{CLIENT_ID}", "Terms that they accepted", having_visits),
    ConsoleState(
        "new booking", AGENDA, "accepts the terms and pays", with_a_team, asking_a_deposit
    ),
    ConsoleState(
        "move", BOOKING, "Price and payment stay as they are", with_a_team, pressing("Move")
    ),
    ConsoleState("paid outside", BOOKING, "Voided", showing(PAID_OUTSIDE)),
    ConsoleState("record", BOOKING, "It lowers what is due", act=pressing("Record a payment")),
    ConsoleState("complete", BOOKING, "is still due", showing(BEGUN), pressing("Complete")),
    ConsoleState("booking", BOOKING, "Timeline"),
    ConsoleState("booking busy", BOOKING, "Awaiting approval", showing(BUSY)),
    ConsoleState("booking long", BOOKING, "Timeline", named_long),
    ConsoleState("refund", BOOKING, "is refunded to Mira", act=pressing("Refund")),
    ConsoleState(
        "cancel",
        BOOKING,
        "With the fee",
        showing(staff_booking(cancellation_fee_now=6000)),
        pressing("Cancel"),
    ),
    ConsoleState("no-show", BOOKING, "Waive the fee", showing(BEGUN), pressing("No-show")),
    ConsoleState("reopen", BOOKING, "is due again, by link", showing(OVER), pressing("Reopen")),
    ConsoleState("note", BOOKING, "The client does not see it", act=pressing("Write a note")),
    ConsoleState(
        "session ended",
        BOOKING,
        "what you have typed stays",
        ending_the_session,
        pressing("Refund", "Refund €36.00"),
        expected=("400", "401"),
    ),
    ConsoleState("mails", BOOKING, "Bounced", having_mails, pressing("Emails")),
    ConsoleState(
        "correct client",
        BOOKING,
        "pages that the former one has end",
        act=pressing("Correct the client"),
    ),
    ConsoleState("money flow", "money-flow", "Closing balance"),
    ConsoleState(
        "money flow two currencies",
        "money-flow",
        "By day, in GBP",
        answering(money_flow=TWO_CURRENCIES),
    ),
    ConsoleState(
        "money flow year",
        "money-flow?from=2025-01-01&to=2025-12-31",
        "By week, in EUR",
        answering(money_flow=A_YEAR),
    ),
    ConsoleState("money flow none", "money-flow", "No money moved", answering(money_flow=NOTHING)),
    ConsoleState(
        "money flow error",
        "money-flow",
        "Try again",
        answering(money_flow=FAILS),
        expected=("503",),
    ),
    ConsoleState(
        "money flow refused",
        "money-flow",
        "Your role does not allow this",
        answering(money_flow=FORBIDDEN),
        expected=("403",),
    ),
    ConsoleState(
        "money flow wrong days",
        "money-flow?from=2026-11-02&to=2026-11-01",
        "The first day is after the last",
    ),
    ConsoleState("money flow day", f"money-flow/{DAY}", "Closing balance", act=seeing_entries),
    ConsoleState(
        "money flow day none",
        f"money-flow/{DAY}",
        "No money moved on this day",
        answering(**{f"reports__{DAY}": QUIET_DAY}),
    ),
    ConsoleState(
        "money flow day different",
        f"money-flow/{DAY}",
        "txn_2",
        answering(**{f"reports__{DAY}": BROKEN}),
    ),
    ConsoleState(
        "money flow day error",
        f"money-flow/{DAY}",
        "Try again",
        answering(**{f"reports__{DAY}": FAILS}),
        expected=("503",),
    ),
    ConsoleState("payouts", "payouts", "oldest first"),
    ConsoleState("payouts none", "payouts", "No payouts", answering(payouts=listed([]))),
    ConsoleState(
        "payouts error", "payouts", "Try again", answering(payouts=FAILS), expected=("503",)
    ),
    ConsoleState("payout", f"payouts/{PAYOUT_ID}", "the sum is right"),
    ConsoleState(
        "payout by hand",
        f"payouts/{PAYOUT_ID}",
        "No entries are known",
        giving(f"payouts/{PAYOUT_ID}", payout_page(1)),
    ),
    ConsoleState(
        "payout that differs",
        f"payouts/{PAYOUT_ID}",
        "Its entries add up to",
        giving(f"payouts/{PAYOUT_ID}", payout_page(2)),
    ),
    ConsoleState(
        "payout unknown",
        "payouts/po_none",
        "There is no such payout",
        giving("payouts/po_none", NO_PAYOUT),
        expected=("404",),
    ),
    ConsoleState("entries", f"entries?from={DAY}&to={DAY}&flow=payments", "Booking A-17"),
    ConsoleState(
        "entries in part",
        "entries",
        "load them for the whole sum",
        answering(entries={**listed(entries()), "next_cursor": "more"}),
    ),
    ConsoleState("entries none", "entries", "No entries", answering(entries=listed([]))),
    ConsoleState(
        "entries error", "entries", "Try again", answering(entries=FAILS), expected=("503",)
    ),
    ConsoleState("entries of a booking", f"entries?booking_id={BOOKING_ID}", "Money at Stripe"),
    ConsoleState("disputes", "disputes", "days left"),
    ConsoleState("disputes none", "disputes", "No open disputes", answering(disputes=listed([]))),
    ConsoleState("needs action", "needs-action", "Charge the fee", deciding),
    ConsoleState(
        "settle",
        "needs-action",
        "stays with the booking",
        answering(needs_action=listed([TO_BE_SETTLED])),
        act=pressing("Settle"),
    ),
    ConsoleState("needs action none", "needs-action", "Nothing needs you"),
    ConsoleState("payments", "payments", "SES is in its sandbox", act=pressing("Run the check")),
    ConsoleState(
        "payments not connected",
        "payments",
        "Not connected",
        answering(payment_settings=NOT_CONNECTED),
    ),
    ConsoleState("terms", "terms", "Free until 48 hours"),
    ConsoleState("services", "services", "Haircut"),
    ConsoleState("services none", "services", "No services yet", answering(services=listed([]))),
    ConsoleState("employees", "employees", "cannot be booked"),
    ConsoleState("employee", "employees", "divided by a comma", act=editing_anna),
    ConsoleState("location", "location", "Morning report"),
    ConsoleState("members", "members", "finance@demo.test"),
    ConsoleState(
        "members invited",
        "members",
        "Invitation expired",
        answering(members=listed([INVITED, {**INVITED, "status": "expired"}, *MEMBERS])),
    ),
    ConsoleState("invitation", "", "Choose a password", act=opening_the_mail, signed_in=False),
    ConsoleState(
        "invitation gone",
        "",
        "The invitation was used",
        refusing_invitations,
        act=opening_the_mail,
        signed_in=False,
        expected=("404",),
    ),
    ConsoleState(
        "invitation with an account",
        "",
        "invites you",
        having_an_account,
        act=opening_the_mail,
    ),
    ConsoleState("forgotten password", "", "We send a code", act=forgetting, signed_in=False),
    ConsoleState("new password", "", "Choose a new password", act=resetting, signed_in=False),
    ConsoleState("second factor", "bookings", "ABCD EFGH", giving_a_secret, enrolling),
    ConsoleState("audit", "audit", "Terms saved"),
    ConsoleState("not allowed", "payments", "Your role does not open this page", as_a_manager),
    ConsoleState("no location", "", "You belong to no location yet", nowhere),
]


def come_to_console(visitor: Visitor, state: ConsoleState, url: str) -> CannedStaffApi:
    api = CannedStaffApi(visitor.page, is_signed_in=state.signed_in)
    state.prepare(api)
    visitor.expected += state.expected
    visitor.page.goto(f"{url}/console#/demo/{state.path}" if state.path else f"{url}/console")
    if state.act is not None:
        state.act(visitor)
    shown = visitor.page.get_by_text(state.shows).or_(visitor.button(state.shows))
    shown.first.wait_for(state="attached")
    expect(visitor.page.locator("[aria-busy], .skeleton")).to_have_count(0)
    return api
