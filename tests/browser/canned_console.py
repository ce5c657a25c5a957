"""The staff API and the login in a browser's own network: real answers, as a test chooses."""

import base64
import json
import re
from collections.abc import Mapping
from copy import replace
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import asdict
from playwright.sync_api import Page, Route

from shared.adapters.booking_items import about_booking, booking_asked_about
from shared.domain.activity.needed_action import BOOKING_CONTRADICTED, OVERPAID, NeededAction
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.fee import NO_SHOW_FEE, PROPOSED, Fee
from shared.domain.bookings.lifecycle import (
    NO_SHOW,
)
from shared.domain.catalogue.services import Employee, employee_to_dict, service_to_dict
from shared.domain.catalogue.terms import Reschedule
from shared.domain.catalogue.terms_document import terms_to_dict
from shared.domain.dates.instants import rfc3339
from shared.domain.ledger.reconciliation import Reconciliation
from shared.domain.locations.audit import AuditEntry, audit_to_dict, audit_view
from shared.domain.locations.connection_check import FAILURE, OK, WARNING, CheckLine
from shared.domain.locations.location_views import location_view, payment_settings_view
from shared.domain.locations.members import Invitation, Member, invitation_view, member_view
from shared.domain.locations.stripe_account import AccountFacts
from shared.domain.locations.stripe_connection import Connection
from shared.domain.reports.document import report_document
from shared.domain.reports.range_document import payout_document
from shared.domain.visits.accepted_terms import cancellation_fee_for, no_show_fee_for
from tests.browser.answering import SVG, answer, hold_request
from tests.browser.canned import problem
from tests.browser.canned_agenda import OFF, VISITS, agenda_of
from tests.browser.canned_money import PAYOUT_ID, PAYOUTS, entries, money_range, payout_page
from tests.browser.clock import NOW, NOW_S, passing_s, set_clock
from tests.browser.world import (
    BOOKING_ID,
    HOUR_S,
    PEOPLE,
    SERVICES,
    TERMS,
    booked,
    dates_before,
    day_report,
    entries_of,
    paid,
    preview,
    refunded,
)
from tests.builders import event
from tests.disputed import dispute

COGNITO = "https://cognito-idp.eu-central-1.amazonaws.com"
# Of the location, whose clock is ahead of ours.
DAY = dates_before(1)[0].isoformat()
# API Gateway's own.
FAILS = (503, {"message": "Service Unavailable"})
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def ago(**how_long: int) -> str:
    return f"{NOW.astimezone(UTC) - timedelta(**how_long):%Y-%m-%dT%H:%M:%SZ}"


SALON = replace(
    day_report().location,
    locale="de",
    report_recipients=("books@aurora.example",),
    allowed_origins=("https://aurora.example",),
    refund_approval_above={"owner": 0, "manager": 10_000},
)


def staff_location(**changed: Any) -> dict[str, Any]:
    return {**location_view(SALON, ["owner"]), **changed}


# ------------------------------------------------------------------ bookings

PAID = paid(booked(BOOKING_ID, days=3))
DISPUTED = paid(
    booked(BOOKING_ID, days=3),
    event(
        "charge.dispute.created",
        dispute(
            amount=3600,
            created=NOW_S - 120 * HOUR_S,
            evidence_details={"due_by": NOW_S + 73 * HOUR_S, "submission_count": 0},
        ),
    ),
)
MISSED = replace(
    PAID,
    status=NO_SHOW,
    fees=(Fee("fee_1", NO_SHOW_FEE, 6000, NOW_S - HOUR_S, "manager@demo.test", PROPOSED),),
)


def staff_booking(**changed: Any) -> dict[str, Any]:
    """Return a `Booking` whose deposit was paid."""
    costs = {
        "cancellation_fee_now": cancellation_fee_for(PAID, NOW_S),
        "no_show_fee_now": no_show_fee_for(PAID),
    }
    return {**staff_view(PAID), **costs, **changed}


# Of a visit whose time has come.
BEGUN = staff_booking(starts_at=rfc3339(NOW_S - HOUR_S))
_ENDED = {"at": rfc3339(NOW_S - HOUR_S), "what": "booking.no_show", "by": "manager@demo.test"}

[PAYMENT] = staff_view(PAID)["payments"]
[SHOWN_DISPUTE] = staff_view(DISPUTED)["disputes"]
DISPUTE = {**SHOWN_DISPUTE, "booking_id": BOOKING_ID}
[REFUND] = staff_view(refunded(PAID, "rf_1", 1200, waits=True))["refunds"]
[FEE] = staff_view(MISSED)["fees"]
OVER = staff_booking(
    status="no_show", timeline=[_ENDED], fees=[{**FEE, "status": "taken", "amount_taken": 3600}]
)
NEEDED = next(each.to_dict() for each in booking_actions(MISSED) if each.kind == "fee_proposed")
TOO_MUCH = NeededAction(
    OVERPAID, {"amount": 1000, "currency": "eur", "proposed_refund": 1000}
).to_dict()


def needing(about: str, *actions: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item of `needs-action`."""
    return {
        "about": about,
        "booking_id": booking_asked_about(about),
        "at": ago(hours=3),
        "actions": list(actions),
    }


ABOUT_A_BOOKING = needing(about_booking(BOOKING_ID), NEEDED)
CONTRADICTED = NeededAction(
    BOOKING_CONTRADICTED,
    {"booking_id": BOOKING_ID, "named_booking_id": "bk_2", "objects": ["ch_1"]},
)
TO_BE_SETTLED = needing(about_booking(BOOKING_ID), CONTRADICTED.to_dict())

# ------------------------------------------------------------------ reports


def report(**changed: Any) -> dict[str, Any]:
    """Return a `MoneyFlow`; `changed` are fields of the domain's report."""
    compared = Reconciliation("reconciled", checked_at_s=NOW_S)
    made = day_report(**{"reconciliation": compared, **changed})
    return report_document(made, entries_of(made.day) if made.flow.lines else (), None)


# ------------------------------------------------------------------ settings


def settings(**changed: Any) -> dict[str, Any]:
    """Return `PaymentSettings`; `changed` are fields of the connection."""
    made: dict[str, Any] = {
        "account": AccountFacts(
            "acct_1PqRsTuVwXyZ0123", "DE", "eur", True, True, "Salon Aurora GmbH", "SALON AURORA"
        ),
        "mode": "test",
        "publishable_key": "pk_test_51PqRsTuVwXyZ0123456789abcdefghijklmnop",
        "secret_key_last4": "x7Qz",
        "signing_secrets_last4": ("9f3a",),
        "endpoint_id": "we_1",
        "connected_at_s": NOW_S - 40 * 24 * HOUR_S,
    }
    url = "https://pay.example.com/webhooks/stripe/demo"
    return payment_settings_view(SALON, Connection(**made | changed), url)


CHECK = {
    "status": "failure",
    "checked_at": ago(minutes=0),
    "lines": [
        asdict(line)
        for line in (
            CheckLine("keys", OK, "saved, test mode"),
            CheckLine("mails", WARNING, "SES is in its sandbox: ask for access."),
            CheckLine("refunds write", FAILURE, "The key may not make refunds."),
        )
    ],
}
CLOSED = Employee("ben", "Ben", ())
MEMBERS = [
    member_view(Member(f"sub-{role}", f"{role}@demo.test", (role,), NOW_S - 216 * HOUR_S))
    for role in ("owner", "manager", "finance")
]
# With what another caller has saved and the console's page has no fields for.
SAVED_TERMS = replace(
    TERMS,
    prepayment=replace(TERMS.prepayment, above_minor=5000),
    reschedule=Reschedule(24, "as_cancelling"),
)

INVITED = invitation_view(
    Invitation(
        "inv_1",
        "eva@demo.test",
        ("manager",),
        NOW_S - 24 * HOUR_S,
        NOW_S + 6 * 24 * HOUR_S,
        1,
        "",
        "owner@demo.test",
    ),
    NOW_S,
)
INVITATION = {
    "location_id": "demo",
    "location": "Salon Aurora",
    "email": "owner@demo.test",
    "roles": ["manager"],
    "invited_by": "boss@demo.test",
    "expires_at": ago(days=-6),
    "has_account": False,
}
AUDIT = [
    audit_view(
        audit_to_dict(
            AuditEntry(
                f"au_{number}",
                NOW_S - number * HOUR_S,
                "sub-owner",
                "owner@demo.test",
                what,
                {"fields": "name,report"},
            )
        )
    )
    for number, what in enumerate(["location.changed", "terms.saved", "member.saved"])
]
# Whole days of the location's, and an hour of one.
OFF_FROM = {"from": "2027-12-23T23:00:00Z", "to": "2027-12-26T23:00:00Z", "reason": "Christmas"}
CLOSURES = [{"closure_id": "closure-1", **OFF_FROM}]
ABSENCES = [
    {"absence_id": "absence-1", **OFF_FROM},
    {
        "absence_id": "absence-2",
        "from": "2028-01-10T08:00:00Z",
        "to": "2028-01-10T09:30:00Z",
        "reason": "",
    },
]


def listed(items: list[Any]) -> dict[str, Any]:
    return {"items": items, "next_cursor": None}


class CannedStaffApi:
    """Answers by path: `answers` is looked up by the path under the location; `asked` is kept."""

    def __init__(self, page: Page, *, is_signed_in: bool = True, **location: Any) -> None:
        self.locations = [staff_location(**location)]
        self.booking = staff_booking()
        self.asked: list[tuple[str, str, Any]] = []
        self.keys: list[str] = []
        self.queries: list[str] = []
        self.cognito: Any = self._tokens
        self.answers: dict[str, Any] = {
            "bookings": listed([self.booking]),
            "agenda": agenda_of(VISITS, OFF),
            "needs-action": listed([]),
            "needs-action/count": {"count": 0, "complete": True},
            "disputes": listed([DISPUTE]),
            "money-flow": money_range(),
            "payouts": listed([payout_document(each) for each in PAYOUTS]),
            f"payouts/{PAYOUT_ID}": payout_page(),
            "entries": listed(entries()),
            "payment-settings": settings(),
            "payment-settings/check": CHECK,
            "terms": terms_to_dict(SAVED_TERMS),
            "PUT terms": {**terms_to_dict(SAVED_TERMS), "warnings": []},
            "POST terms/preview": preview(),
            "services": listed([service_to_dict(each) for each in SERVICES]),
            "employees": listed([employee_to_dict(each) for each in (PEOPLE[0], CLOSED)]),
            "employees/anna/absences": {"items": ABSENCES},
            "closures": {"items": CLOSURES},
            "members": listed(MEMBERS),
            "POST members/inv_1/resend": INVITED,
            "POST invitation": INVITATION,
            "POST invitation/accept": (201, MEMBERS[1]),
            "audit": listed(AUDIT),
            f"reports/{DAY}": report(),
        }
        set_clock(page)
        page.route("**/v1/**", self._answer)
        page.route("**/public/locations/**", self._answer)
        page.route(f"{COGNITO}/", self._sign_in)
        if is_signed_in:
            page.add_init_script("sessionStorage.setItem('bookpay-console', 'refresh')")

    def _answer(self, route: Route) -> None:
        request = route.request
        path = urlsplit(request.url).path.partition("/locations")[2].strip("/")
        _, _, under = path.partition("/")
        if request.method != "GET":
            hold_request(request)
            self.asked.append((request.method, under, request.post_data_json))
            self.queries.append(urlsplit(request.url).query)
            self.keys.append(request.headers.get("idempotency-key", ""))
        status, document = self._document(request.method, path, under)
        if callable(document):
            document = document(urlsplit(request.url).query)
        kind = ""
        if isinstance(document, str):
            kind = SVG if document.startswith("<svg") else XLSX
        answer(route, status, document, kind)

    def _document(self, method: str, path: str, under: str) -> tuple[int, Any]:
        if not path:
            made = self.answers.get(f"{method} locations")
            return (201, made) if made else (200, listed(self.locations))
        found = self.answers.get(f"{method} {under}", self.answers.get(under))
        if found is not None:
            return found if isinstance(found, tuple) else (200, found)
        if not under:
            return 200, self.locations[0]
        if re.fullmatch(r"bookings/[^/]+(/(cancel|no-show|complete|reopen|fees/.*))?", under):
            return 200, self.booking
        return problem(404, "not_found", detail="There is no such address.")

    def _sign_in(self, route: Route) -> None:
        action = route.request.headers["x-amz-target"].rpartition(".")[2]
        status, document = self.cognito(action, route.request.post_data_json)
        headers = {"access-control-allow-origin": "*"}
        route.fulfill(
            status=status,
            headers=headers,
            content_type="application/x-amz-json-1.1",
            body=json.dumps(document),
        )

    def _tokens(self, action: str, body: Any) -> tuple[int, Any]:
        del action, body
        return 200, {"AuthenticationResult": {"IdToken": id_token(), "AccessToken": "access"}}


def id_token(email: str = "owner@demo.test", lasts_s: int = 3600) -> str:
    claims = {"email": email, "exp": passing_s() + lasts_s}
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{part}.signature"
