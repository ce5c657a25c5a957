"""The staff API and the login in a browser's own network, in the API's form, as a test chooses."""

import base64
import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

from tests.browser.canned import BERLIN, problem

COGNITO = "https://cognito-idp.eu-central-1.amazonaws.com"
# Of the location, whose clock is ahead of ours.
DAY = (datetime.now(BERLIN) - timedelta(days=1)).date().isoformat()
AT_TWO = (datetime.now(BERLIN) + timedelta(days=3)).replace(hour=14, minute=0).isoformat()
CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 260"><rect width="600" height="260" '
    'fill="#fff"/><g fill="#0b6b4f">'
    + "".join(
        f'<rect x="{20 + 24 * n}" y="{220 - 7 * (n * 13 % 26)}" width="16" '
        f'height="{7 * (n * 13 % 26) + 4}"/>'
        for n in range(24)
    )
    + "</g></svg>"
)


def ago(**how_long: int) -> str:
    return f"{datetime.now(UTC) - timedelta(**how_long):%Y-%m-%dT%H:%M:%SZ}"


def staff_location(**changed: Any) -> dict[str, Any]:
    return {
        "location_id": "demo",
        "name": "Salon Aurora",
        "timezone": "Europe/Berlin",
        "currency": "eur",
        "country": "DE",
        "locale": "de",
        "mode": "test",
        "report": {"recipients": ["books@aurora.example"], "hour": 6},
        "allowed_origins": ["https://aurora.example"],
        "refund_approval_above": {"owner": 0, "manager": 10000},
        "online_booking_enabled": True,
        "visit_link_enabled": True,
        "payment_method_types": ["card"],
        "require_second_factor": False,
        "created_at": ago(days=90),
        "roles": ["owner"],
        **changed,
    }


PAYMENT = {
    "payment_intent": "pi_1",
    "charge": "ch_1",
    "amount": 3600,
    "currency": "eur",
    "status": "succeeded",
    "amount_captured": 3600,
    "amount_refunded": 0,
    "amount_disputed": 0,
    "card": {"brand": "visa", "last4": "4242"},
    "failure_code": None,
    "receipt_url": "https://pay.stripe.com/receipts/1",
    "created": ago(hours=30),
}
MIRA = {"name": "Mira Lindqvist", "email": "mira@example.com", "phone": "+49 30 1234567"}


def staff_booking(**changed: Any) -> dict[str, Any]:
    """Return a `Booking` whose deposit was paid."""
    return {
        "booking_id": "bk_1a2b3c4d5e6f708192a3b4c5",
        "location_id": "demo",
        "external_id": None,
        "status": "confirmed",
        "payment_status": "paid",
        "description": "Colour",
        "price": 12000,
        "currency": "eur",
        "created_at": ago(hours=31),
        "starts_at": AT_TWO,
        "service_id": "colour",
        "employee_id": "anna",
        "client": MIRA,
        "amount_due": 8400,
        "amount_authorized": 0,
        "amount_captured": 3600,
        "amount_refunded": 0,
        "amount_refund_pending": 0,
        "amount_disputed": 0,
        "amount_overpaid": 0,
        "refundable": 3600,
        "fees": [],
        "needs_action": [],
        "pay_url": None,
        "payments": [PAYMENT],
        "refunds": [],
        "disputes": [],
        "timeline": [
            {"at": ago(hours=31), "what": "booking.created", "by": "client"},
            {"at": ago(hours=30), "what": "charge.succeeded", "event_id": "evt_1"},
            {"at": ago(hours=30), "what": "checkout.session.completed", "event_id": "evt_2"},
            {"at": ago(hours=30), "what": "booking.confirmed", "by": "stripe"},
        ],
        "cancellation_fee_now": 0,
        "no_show_fee_now": 12000,
        **changed,
    }


DISPUTE = {
    "stripe_dispute_id": "dp_1PqRsTuVwXyZ0123456789ab",
    "kind": "chargeback",
    "charge": "ch_1",
    "status": "needs_response",
    "is_open": True,
    "amount": 3600,
    "currency": "eur",
    "reason": "product_not_received",
    "fee": 2000,
    "fee_currency": "eur",
    "evidence_due_by": ago(days=-3),
    "funds": "withdrawn",
    "created": ago(days=5),
    "booking_id": "bk_1a2b3c4d5e6f708192a3b4c5",
}
REFUND = {
    "refund_id": "rf_1",
    "stripe_refund_id": None,
    "charge": "ch_1",
    "status": "requested",
    "amount": 1200,
    "currency": "eur",
    "failure_reason": None,
    "source": "bookpay",
    "cause": "staff",
    "approval": "awaiting_approval",
    "requested_by": "manager@demo.test",
    "requested_at": ago(hours=2),
    "approved_by": None,
    "reason": "requested_by_customer",
    "note": "Colour came out too dark",
}
FEE = {
    "fee_id": "fee_1",
    "kind": "no_show",
    "amount": 6000,
    "currency": "eur",
    "status": "proposed",
    "amount_taken": 0,
    "amount_owed": 0,
    "created_at": ago(hours=1),
    "by": "manager@demo.test",
    "decided_by": None,
    "reason": None,
}
NEEDED = {
    "kind": "fee_proposed",
    "advice": "A fee is due by the terms that the client accepted. Confirm or waive it.",
    "amount": 6000,
    "currency": "eur",
}


def flow(count: int, amount: int) -> dict[str, int]:
    return {"count": count, "amount": amount}


def share(amount: int, refunds: int, fees: int, **named: Any) -> dict[str, Any]:
    sums = {"count": 3, "amount": amount, "refunds": refunds, "disputes": 0, "adjustments": 0}
    return {**named, **sums, "fees": fees, "net": amount + refunds + fees}


CURRENCY = {
    "currency": "eur",
    "payments": flow(14, 98_400),
    "refunds": flow(2, -8_100),
    "refund_reversals": flow(0, 0),
    "disputes": flow(1, -3_600),
    "dispute_reversals": flow(0, 0),
    "stripe_fees": flow(15, -4_312),
    "adjustments": flow(0, 0),
    "net": 82_388,
    "payouts": flow(1, -61_200),
    "by_category": [
        {"category": "charge", "count": 14, "gross": 98_400, "fee": -2_312, "net": 96_088},
        {"category": "refund", "count": 2, "gross": -8_100, "fee": 0, "net": -8_100},
        {"category": "dispute", "count": 1, "gross": -3_600, "fee": -2_000, "net": -5_600},
    ],
    "by_kind": {"prepayment": share(60_000, -8_100, -1_500), "deposit": share(38_400, 0, -812)},
    "by_service": [
        share(63_000, -4_500, -1_400, service_id="haircut", name="Haircut"),
        share(35_400, -3_600, -912, service_id="colour", name="Colour"),
    ],
    "by_employee": [
        share(58_400, -4_500, -1_300, employee_id="anna", name="Anna"),
        share(40_000, -3_600, -1_012, employee_id="ben", name="Ben"),
    ],
    "balance": {
        "opening": 120_000,
        "closing": 141_188,
        "difference_to_stripe": 0,
        "checked_at": ago(hours=1),
    },
}


def report(**changed: Any) -> dict[str, Any]:
    return {
        "location_id": "demo",
        "date": DAY,
        "timezone": "Europe/Berlin",
        "generated_at": ago(minutes=1),
        "final": True,
        "currencies": [CURRENCY],
        "authorized_open": [
            {
                "booking_id": "bk_1",
                "charge": "ch_1",
                "amount": 9000,
                "currency": "eur",
                "lapses_at": ago(days=-4),
            }
        ],
        "entries": [],
        "entries_cursor": None,
        "reconciliation": {
            "status": "reconciled",
            "missing_here": [],
            "missing_at_stripe": [],
            "differing": [],
        },
        **changed,
    }


SUMMARY = {
    "items": [
        {"date": day, "last_date": day, "final": True, "currencies": [CURRENCY]}
        for day in (
            (datetime.now(BERLIN) - timedelta(days=n)).date().isoformat() for n in range(6, 0, -1)
        )
    ],
    "totals": [CURRENCY],
}
SETTINGS = {
    "connected": True,
    "mode": "test",
    "publishable_key": "pk_test_51PqRsTuVwXyZ0123456789abcdefghijklmnop",
    "secret_key_last4": "x7Qz",
    "webhook_url": "https://pay.example.com/webhooks/stripe/demo",
    "webhook_endpoint_id": "we_1",
    "webhook_events": ["charge.succeeded", "charge.refunded", "charge.dispute.created"],
    "webhook_api_version": "2026-01-28.clover",
    "webhook_signing_secrets_last4": ["9f3a"],
    "online_booking_enabled": True,
    "visit_link_enabled": False,
    "account": {
        "id": "acct_1PqRsTuVwXyZ0123",
        "name": "Salon Aurora GmbH",
        "country": "DE",
        "default_currency": "eur",
        "charges_enabled": True,
        "payouts_enabled": True,
        "statement_descriptor": "SALON AURORA",
    },
    "warnings": [],
    "connected_at": ago(days=40),
}
CHECK = {
    "status": "warning",
    "checked_at": ago(minutes=0),
    "lines": [
        {"name": "keys", "status": "ok", "detail": "saved, test mode"},
        {"name": "mails", "status": "warning", "detail": "SES is in its sandbox: ask for access."},
        {"name": "refunds write", "status": "failure", "detail": "The key may not make refunds."},
    ],
}
TERMS = {
    "prepayment": {"type": "full", "required": True},
    "overrides": [
        {
            "service_id": "colour",
            "prepayment": {"type": "deposit", "required": True, "percent": 30},
        }
    ],
    "hold_minutes": 30,
    "cancellation": {
        "steps": [
            {"hours_before": 48, "fee": {"type": "percent", "percent": 50}},
            {"hours_before": 24, "fee": {"type": "full"}},
        ],
        "no_show_fee": {"type": "full"},
        "charge": "automatic",
    },
}
PREVIEW = {
    "items": [
        {
            "service_id": "haircut",
            "name": "Haircut",
            "price": 4500,
            "due": {"mode": "pay", "amount_now": 4500, "amount_remaining": 0},
        },
        {
            "service_id": "colour",
            "name": "Colour",
            "price": 12000,
            "due": {"mode": "pay", "amount_now": 3600, "amount_remaining": 8400},
        },
    ],
    "terms_text": "Free until 48 hours before the visit, then 50 % of the price, from 24 hours "
    "before the visit all of it; no-show: all of it.",
    "warnings": [],
}
SERVICES = [
    {
        "service_id": "haircut",
        "name": "Haircut",
        "price": 4500,
        "currency": "eur",
        "duration_minutes": 60,
    },
    {
        "service_id": "colour",
        "name": "Colour",
        "price": 12000,
        "currency": "eur",
        "duration_minutes": 120,
    },
]
EMPLOYEES = [
    {
        "employee_id": "anna",
        "name": "Anna",
        "hours": [{"weekday": day, "from": "09:00", "to": "18:00"} for day in range(5)],
    },
    {"employee_id": "ben", "name": "Ben", "hours": []},
]
MEMBERS = [
    {
        "member_id": f"sub-{role}",
        "user_id": f"sub-{role}",
        "email": f"{role}@demo.test",
        "roles": [role],
        "status": "joined",
        "added_at": ago(days=9),
        "expires_at": None,
    }
    for role in ("owner", "manager", "finance")
]
INVITED = {
    "member_id": "inv_1",
    "user_id": None,
    "email": "eva@demo.test",
    "roles": ["manager"],
    "status": "invited",
    "added_at": ago(days=1),
    "expires_at": ago(days=-6),
}
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
    {
        "entry_id": f"au_{number}",
        "at": ago(hours=number),
        "by": {"user_id": "sub-owner", "email": "owner@demo.test"},
        "what": what,
        "ids": {"fields": "name,report"},
    }
    for number, what in enumerate(["location.changed", "terms.saved", "member.saved"])
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
        self.cognito: Any = self._tokens
        self.answers: dict[str, Any] = {
            "bookings": listed([self.booking]),
            "needs-action": listed([]),
            "disputes": listed([DISPUTE]),
            "reports": SUMMARY,
            "payment-settings": SETTINGS,
            "payment-settings/check": CHECK,
            "terms": TERMS,
            "PUT terms": {**TERMS, "warnings": []},
            "terms/preview": PREVIEW,
            "services": listed(SERVICES),
            "employees": listed(EMPLOYEES),
            "members": listed(MEMBERS),
            "POST members/inv_1/resend": INVITED,
            "POST invitation": INVITATION,
            "POST invitation/accept": (201, MEMBERS[1]),
            "audit": listed(AUDIT),
            f"reports/{DAY}": report(),
        }
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
            self.asked.append((request.method, under, request.post_data_json))
            self.keys.append(request.headers.get("idempotency-key", ""))
        status, document = self._document(request.method, path, under)
        if isinstance(document, str):
            kind = "image/svg+xml" if document.startswith("<svg") else "application/octet-stream"
            route.fulfill(status=status, content_type=kind, body=document)
        else:
            body = "" if status == 204 else json.dumps(document)
            route.fulfill(status=status, content_type="application/json", body=body)

    def _document(self, method: str, path: str, under: str) -> tuple[int, Any]:
        if not path:
            return 200, listed(self.locations)
        found = self.answers.get(f"{method} {under}", self.answers.get(under))
        if found is not None:
            return found if isinstance(found, tuple) else (200, found)
        if not under:
            return 200, self.locations[0]
        if re.fullmatch(r"bookings/[^/]+(/(cancel|no-show|complete|fees/.*))?", under):
            return 200, self.booking
        if under.endswith("chart.svg"):
            return 200, CHART
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
    claims = {"email": email, "exp": int(time.time()) + lasts_s}
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{part}.signature"
