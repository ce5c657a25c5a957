"""Every state that the console can be in, for tests and for pictures."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from playwright.sync_api import expect

from shared.domain.activity.needed_action import BOOKING_UNKNOWN, NeededAction
from shared.domain.dates.report_day import report_day
from shared.domain.ledger.findings import unreadable
from shared.domain.ledger.money_flow import MoneyFlow
from shared.domain.ledger.reconciliation import reconcile
from tests.browser.canned import problem
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
from tests.browser.visitor import Visitor

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


def pressing(*names: str) -> Callable[[Visitor], None]:
    def act(visitor: Visitor) -> None:
        for name in names:
            visitor.page.get_by_role("button", name=name, exact=True).first.click()

    return act


BOOKING = "bookings/bk_1a2b3c4d5e6f708192a3b4c5"
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
    ConsoleState("new booking", "bookings", "Make the booking", act=pressing("New booking")),
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
    ConsoleState("no-show", BOOKING, "Let the fee go", showing(BEGUN), pressing("No-show")),
    ConsoleState("reopen", BOOKING, "is due again, by link", showing(OVER), pressing("Reopen")),
    ConsoleState("mails", BOOKING, "Bounced", having_mails, pressing("Emails")),
    ConsoleState(
        "correct client",
        BOOKING,
        "pages that the former one has end",
        act=pressing("Correct the client"),
    ),
    ConsoleState("money flow", f"money-flow/{DAY}", "What the day brought"),
    ConsoleState(
        "money flow different",
        f"money-flow/{DAY}",
        "txn_2",
        answering(**{f"reports__{DAY}": BROKEN}),
    ),
    ConsoleState(
        "money flow error",
        f"money-flow/{DAY}",
        "Try again",
        answering(**{f"reports__{DAY}": FAILS}),
        expected=("503",),
    ),
    ConsoleState("disputes", "disputes", "days left"),
    ConsoleState("disputes none", "disputes", "No open disputes", answering(disputes=listed([]))),
    ConsoleState(
        "needs action", "needs-action", "Open the booking", answering(needs_action=listed(WAITING))
    ),
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
