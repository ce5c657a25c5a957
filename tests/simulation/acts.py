"""What clients, staff, banks and machines do in a world, one thing at a time, by chance."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import urlencode

from infra.local.stripe_simulator import checkout, disputing, refunding
from infra.local.stripe_simulator.errors import StripeError
from infra.local.stripe_simulator.resources.webhook_endpoints import (
    roll_secret as roll_endpoint_secret,
)
from infra.local.stripe_simulator.state import Account, change_metadata
from shared.adapters.needed_action_store import NeededActionStore
from shared.config import load_config
from shared.domain.bookings.booking import Booking
from shared.domain.dates.instants import rfc3339
from tests.simulation.world import FURTHEST_S, HOUR_S, MINUTE_S, PLACES, SESSION, World, terms_of

CARDS = ("4242424242424242", "4242424242424242", "4000000000000077", "4000000000000002",
         "4000002760003184", "4000000000005126")  # fmt: skip
MODES: tuple[dict[str, Any], ...] = (
    {"type": "full"},
    {"type": "full"},
    {"type": "deposit", "percent": 30},
    {"type": "hold"},
    {"type": "card_on_file"},
    {"type": "none"},
)
TEAM = ("anna", "ben", "cleo")
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo")
SKEWS_S = (-FURTHEST_S, -30, 0, 0, 40, FURTHEST_S)
# How often an act is about a visit that it fits.
FITTING = 0.85
CLIENT = {"name": "Mira Lindqvist", "email": "mira@example.com"}


@dataclass
class Visit:
    """A booking as its client or the desk knows it."""

    place: str
    booking_id: str
    token: str = ""
    pages: list[str] = field(default_factory=list)
    link: str = ""


class Acts:
    """Does by chance what may be done in a world.

    Zones, keys, secrets and clocks stay as they are unless it `moves_world` too.
    """

    def __init__(self, world: World, *, moves_world: bool = False) -> None:
        self.world, self.chance = world, world.chance
        self._moves_world = moves_world
        self.visits: list[Visit] = []
        # What was done, for whoever reads how a world came to its end.
        self.done: list[str] = []
        self._keys = 0

    def act(self) -> None:
        """Do one thing by chance, and let some time go by."""
        chances = [
            (self.book_and_pay, 6), (self.book, 2), (self.book_at_desk, 3), (self.pay, 5),
            (self.leave, 1), (self.let_begin, 2),
            (self.cancel, 3), (self.cancel_by_staff, 2), (self.move, 2), (self.move_by_staff, 2),
            (self.end_visit, 3), (self.reopen, 2), (self.refund, 3), (self.refund_at_stripe, 1),
            (self.dispute, 1), (self.decide_dispute, 2), (self.edit_metadata, 1),
            (self.pay_outside, 1), (self.change_terms, 1), (self.change_price, 1),
            (self.be_away, 0.4), (self.come_back, 3), (self.decide_refund, 2),
            (self.confirm_fee, 2), (self.correct, 1), (self.erase, 0.2), (self.link, 1),
            (self.void_outside, 1), (self.pay_in_two_tabs, 1), (self.settle, 1),
            (self.change_limit, 0.5), (self.change_team, 1), (self.take_time_off, 1),
        ]  # fmt: skip
        if self._moves_world:
            chances += [
                (self.change_zone, 0.5), (self.revoke_key, 0.3), (self.switch_key, 0.5),
                (self.roll_secret, 0.5), (self.let_clock_jump, 0.5),
            ]  # fmt: skip
        acts = [each for each, _ in chances]
        [act] = self.chance.choices(acts, [weight for _, weight in chances])
        self.do(act)

    def do(self, act: Callable[[], str | None]) -> None:
        """Do one thing, and let some time go by."""
        said = act()
        if said is not None:
            at = datetime.fromtimestamp(self.world.now_s(), UTC)
            self.done.append(f"{at:%d %b %H:%M:%S} {act.__name__} {said}")
        self.world.run(self.chance.choice([0, 1, 1, 2]))
        self.world.advance(
            self.chance.choice([0, 0, 1, 5, 30, MINUTE_S, 10 * MINUTE_S, HOUR_S, 9 * HOUR_S])
        )

    # ------------------------------------------------------------------ clients

    def _place(self) -> str:
        return self.chance.choice(list(PLACES))

    def _visit(self, *statuses: str) -> Visit | None:
        """Return some visit, mostly one of these statuses, so that most acts are possible."""
        if not self.visits:
            return None
        if statuses and self.chance.random() < FITTING:
            fitting = [each for each in self.visits if self._status(each) in statuses]
            if fitting:
                return self.chance.choice(fitting)
        return self.chance.choice(self.visits)

    def _booking(self, visit: Visit) -> Booking | None:
        stored = self.world.store.get_booking(visit.place, visit.booking_id)
        return stored.booking if stored else None

    def _status(self, visit: Visit) -> str:
        found = self._booking(visit)
        return found.status if found else ""

    def _start(self) -> int:
        """Return a start on the grid: mostly near, where others want theirs too."""
        hours = self.chance.choice([1, 2, 3, 20, 26, 30, 50, 51, 72, 200])
        return (self.world.now_s() // 900 + 4 * hours) * 900

    def _employee(self) -> str:
        return self.chance.choice(["anna", "anna", "ben", "ben", "cleo"])

    def _key(self) -> dict[str, str]:
        self._keys += 1
        return {"idempotency-key": f"key-{self._keys}"}

    def book(self, place: str = "") -> str | None:
        """Book online, at some place; who gets no answer asks again under the same key."""
        place = place or self._place()
        service = self.chance.choice(["cut", "cut", "perm"])
        shown = self.world.http(
            "ServeWidget",
            "GET /public/locations/{location_id}",
            f"/public/locations/{place}",
            params={"location_id": place},
        )
        if shown[0] != 200:
            return None
        price = next(e["price"] for e in shown[1]["services"] if e["service_id"] == service)
        body = {
            "service_id": service,
            "employee_id": self._employee(),
            "starts_at": rfc3339(self._start()),
            "client": CLIENT,
            "accepted_price": price,
            "accepted_terms": shown[1]["terms_hash"],
        }
        headers = self._key()
        for _ in range(self.chance.choice([1, 2, 3])):
            status, made = self.world.http(
                "CreateCheckout",
                "POST /public/locations/{location_id}/bookings",
                f"/public/locations/{place}/bookings",
                body=body,
                headers=headers,
                params={"location_id": place},
            )
            if status == 201:
                self._keep(place, made, made.get("checkout_url"))
                return f"{place} {made['booking_id']} {service} {body['starts_at']}"
            if status not in (0, 502, 503):
                break
        return f"{place} refused {status}"

    def book_and_pay(self, place: str = "") -> str | None:
        """Book online, and pay within minutes; at times in two tabs, or with a second card."""
        known = len(self.visits)
        said = self.book(place)
        if len(self.visits) == known or not self.visits[-1].pages:
            return said
        visit = self.visits[-1]
        outcomes = []
        for _ in range(self.chance.choice([1, 1, 2])):
            self.world.advance(self.chance.choice([1, 30, 5 * MINUTE_S, 19 * MINUTE_S + 50]))
            self.world.run(self.chance.choice([0, 1]))
            card = self.chance.choice(CARDS)
            outcomes.append(self.world.pay_page(visit.place, visit.pages[-1], card))
        return f"{said}: {outcomes}"

    def let_begin(self) -> str | None:
        """Let time go by until a visit has begun."""
        if (visit := self._visit("confirmed")) is None:
            return None
        self._wait_for(visit)
        return visit.booking_id

    def _wait_for(self, visit: Visit) -> None:
        found = self._booking(visit)
        left_s = (found.starts_at_s or 0) - self.world.now_s() if found else 0
        if 0 < left_s < 80 * HOUR_S:
            self.world.advance(left_s + 1)

    def _keep(self, place: str, made: dict[str, Any], url: str | None) -> Visit:
        known = [each for each in self.visits if each.booking_id == made["booking_id"]]
        visit = known[0] if known else Visit(place, made["booking_id"])
        if not known:
            self.visits.append(visit)
        visit.token = made.get("token") or visit.token
        visit.link = made.get("pay_url") or visit.link
        if url:
            self._show(visit, url)
        return visit

    def _show(self, visit: Visit, url: str) -> None:
        """Show a client a page of Checkout."""
        visit.pages.append(url.rpartition("/")[2])
        self.world.shown(visit.place, visit.pages[-1])

    def pay(self) -> str | None:
        """Pay on any page of Checkout that was ever opened for a visit."""
        visit = self._visit("awaiting_payment")
        if visit and visit.link and not visit.pages:
            return self._open_link(visit)
        if visit is None or not visit.pages:
            return None
        page = self.chance.choice(visit.pages)
        outcome = self.world.pay_page(visit.place, page, self.chance.choice(CARDS))
        return f"{visit.booking_id} {outcome}"

    def pay_in_two_tabs(self) -> str | None:
        """Open a visit's link twice, and pay on both pages before anybody hears of either."""
        visit = self._visit("awaiting_payment", "confirmed", "no_show")
        if visit is None or not visit.link:
            return None
        self._open_link(visit)
        self.world.advance(self.chance.choice([0, 40, 31 * MINUTE_S]))
        self._open_link(visit)
        outcomes = [self.world.pay_page(visit.place, page, CARDS[0]) for page in visit.pages[-2:]]
        return f"{visit.booking_id} {outcomes}"

    def link(self) -> str | None:
        """Make a payment link for a visit."""
        if (visit := self._visit("confirmed", "no_show", "cancelled")) is None:
            return None
        status, made = self.world.staff(
            visit.place, "POST", f"/bookings/{visit.booking_id}/payment-link", {}
        )
        if status in (200, 201):
            visit.link = made["url"] if "url" in made else made.get("pay_url", "")
        return f"{visit.booking_id} {status}"

    def _open_link(self, visit: Visit) -> str:
        token = visit.link.rpartition("/")[2]
        params = {"token": token}
        status, answer = self.world.http(
            "CreateCheckout", "GET /pay/{token}", f"/pay/{token}", params=params
        )
        if status == 200:
            fields = re.findall(
                r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer["body"]
            )
            if not fields:
                return f"{visit.booking_id} nothing to pay"
            status, answer = self.world.http(
                "CreateCheckout",
                "POST /pay/{token}",
                f"/pay/{token}",
                params=params,
                body=urlencode({name: unescape(value) for name, value in fields}),
                headers={"content-type": "application/x-www-form-urlencoded"},
            )
        if status == 303:
            url = {k.lower(): v for k, v in answer["headers"].items()}["location"]
            self._show(visit, url)
        return f"{visit.booking_id} opened {status}"

    def leave(self) -> str | None:
        """Let a page of Checkout end before its time."""
        visit = self._visit("awaiting_payment")
        if visit is None or not visit.pages:
            return None
        account = self.world.account_of_page(visit.place, visit.pages[-1]).account
        session = account.get(SESSION, visit.pages[-1])
        if session["status"] != "open":
            return None
        checkout.expire(account, session)
        return visit.booking_id

    def cancel(self) -> str | None:
        """Cancel as the client, for the fee that was shown."""
        visit = self._visit("confirmed")
        if visit is None or not visit.token:
            return None
        status, shown = self._public(visit, "GET", "")
        if status != 200:
            return None
        fee = shown.get("cancellation_fee_now") or 0
        status, _ = self._public(visit, "POST", "/cancel", {"accepted_fee": fee})
        return f"{visit.booking_id} for {fee}: {status}"

    def move(self) -> str | None:
        """Move as the client."""
        visit = self._visit("confirmed")
        if visit is None or not visit.token:
            return None
        status, shown = self._public(visit, "GET", "")
        if status != 200:
            return None
        body: dict[str, Any] = {"starts_at": rfc3339(self._start())}
        if (fee := shown.get("reschedule_fee_now")) is not None:
            body["accepted_fee"] = fee
        status, _ = self._public(visit, "POST", "/reschedule", body, headers=self._key())
        return f"{visit.booking_id} to {body['starts_at']}: {status}"

    def _public(
        self, visit: Visit, method: str, path: str, body: Any = None, **more: Any
    ) -> tuple[int, Any]:
        return self.world.http(
            "ServeWidget",
            f"{method} /public/bookings/{{booking_id}}{path}",
            f"/public/bookings/{visit.booking_id}{path}",
            body=body,
            params={"booking_id": visit.booking_id},
            query={"token": visit.token},
            **more,
        )

    # ------------------------------------------------------------------ staff

    def _staff(self, visit: Visit, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        by = self.chance.choice(["owner", "manager"])
        return self.world.staff(
            visit.place, "POST", f"/bookings/{visit.booking_id}{path}", body, by=by, **more
        )

    def book_at_desk(self) -> str | None:
        """Enter a visit at the desk, under the terms or without."""
        place = self._place()
        body: dict[str, Any] = {
            "service_id": self.chance.choice(["cut", "perm"]),
            "employee_id": self._employee(),
            "starts_at": rfc3339(self._start()),
            "client": CLIENT,
            "notify": self.chance.random() < 0.5,
        }
        if (terms := self.chance.choice([None, "apply", "apply", "own"])) is not None:
            own = terms_of(self.chance.choice(MODES))
            for name in ("services", "hold_minutes"):
                del own[name]
            body["terms"] = own if terms == "own" else terms
            if self.chance.random() < 0.3:
                late_s = self.chance.choice([10 * MINUTE_S, 3 * HOUR_S, 60 * HOUR_S])
                body["pay_by"] = rfc3339(self.world.now_s() + late_s)
        if self.chance.random() < 0.2:
            body["amount"] = self.chance.choice([100, 2500, 12_000])
        if self.chance.random() < 0.1:
            body["allow_overlap"] = True
        headers = self._key()
        for _ in range(2):
            status, made = self.world.staff(place, "POST", "/bookings", body, headers=headers)
            if status == 201:
                self._keep(place, made, None)
                return f"{place} {made['booking_id']} {terms} {body['starts_at']}"
        return f"{place} refused {status}"

    def cancel_by_staff(self) -> str | None:
        """Cancel at the desk, with or without the fee."""
        if (visit := self._visit("confirmed")) is None:
            return None
        takes = self.chance.random() < 0.5
        return f"{visit.booking_id} {self._staff(visit, '/cancel', {'apply_fee': takes})[0]}"

    def move_by_staff(self) -> str | None:
        """Move at the desk, at times to another service."""
        if (visit := self._visit("confirmed")) is None:
            return None
        body: dict[str, Any] = {"starts_at": rfc3339(self._start())}
        if self.chance.random() < 0.3:
            body["service_id"] = self.chance.choice(["cut", "perm"])
        if self.chance.random() < 0.3:
            body["employee_id"] = self._employee()
        status, _ = self._staff(visit, "/reschedule", body, headers=self._key())
        return f"{visit.booking_id} to {body}: {status}"

    def end_visit(self) -> str | None:
        """Say that a visit was, or that nobody came; before it began neither is possible."""
        if (visit := self._visit("confirmed")) is None:
            return None
        if self.chance.random() < 0.7:
            self._wait_for(visit)
        how = self.chance.choice(["complete", "no-show"])
        return f"{visit.booking_id} {how} {self._staff(visit, f'/{how}', {})[0]}"

    def reopen(self) -> str | None:
        """Undo an end."""
        if (visit := self._visit("cancelled", "no_show", "completed")) is None:
            return None
        return f"{visit.booking_id} {self._staff(visit, '/reopen', {}, headers=self._key())[0]}"

    def refund(self) -> str | None:
        """Give money back: all, a part, or more than there is."""
        if (visit := self._visit("confirmed", "completed", "cancelled", "no_show")) is None:
            return None
        amount = self.chance.choice([None, 1, 500, 1500, 99_999])
        body = {} if amount is None else {"amount": amount}
        status, _ = self._staff(visit, "/refunds", body, headers=self._key())
        return f"{visit.booking_id} {amount} {status}"

    def decide_refund(self) -> str | None:
        """Decide a refund that waits for a second person."""
        pairs = [
            (visit, each)
            for visit in self.visits
            if (found := self._booking(visit))
            for each in found.refund_orders
            if each.is_open
        ]
        if not pairs:
            return None
        visit, order = self.chance.choice(pairs)
        how = self.chance.choice(["approve", "deny"])
        status, _ = self._staff(visit, f"/refunds/{order.refund_id}/{how}", {})
        return f"{visit.booking_id} {how} {status}"

    def confirm_fee(self) -> str | None:
        """Confirm or waive a fee."""
        pairs = [
            (visit, fee)
            for visit in self.visits
            if (found := self._booking(visit))
            for fee in found.fees
        ]
        if not pairs:
            return None
        visit, fee = self.chance.choice(pairs)
        how = self.chance.choice(["confirm", "waive"])
        status, _ = self._staff(visit, f"/fees/{fee.fee_id}/{how}", {})
        return f"{visit.booking_id} {how} {status}"

    def pay_outside(self) -> str | None:
        """Record what was paid in cash."""
        if (visit := self._visit("awaiting_payment", "confirmed", "completed")) is None:
            return None
        body = {"amount": self.chance.choice([100, 1000, 4500]), "method": "cash"}
        return f"{visit.booking_id} {self._staff(visit, '/payments', body, headers=self._key())[0]}"

    def void_outside(self) -> str | None:
        """Take back what was recorded as paid in cash."""
        pairs = [
            (visit, each.payment_id)
            for visit in self.visits
            if (found := self._booking(visit))
            for each in found.outside_payments
        ]
        if not pairs:
            return None
        visit, payment_id = self.chance.choice(pairs)
        path = f"/payments/{payment_id}/void"
        return f"{visit.booking_id} {self._staff(visit, path, {'note': 'a mistake'})[0]}"

    def correct(self) -> str | None:
        """Correct a client's address."""
        if (visit := self._visit()) is None:
            return None
        client = {**CLIENT, "email": self.chance.choice(["mira@example.com", "other@example.com"])}
        path = f"/bookings/{visit.booking_id}"
        status, _ = self.world.staff(visit.place, "PATCH", path, {"client": client})
        return f"{visit.booking_id} {status}"

    def erase(self) -> str | None:
        """Erase a client."""
        place = self._place()
        return f"{place} {self.world.staff(place, 'DELETE', '/clients/mira@example.com')[0]}"

    def change_terms(self) -> str:
        """Change what clients pay in advance."""
        place, mode = self._place(), self.chance.choice(MODES)
        more: dict[str, Any] = {}
        if self.chance.random() < 0.3:
            more["reschedule"] = {"client_until_hours": 1, "fee": "as_cancelling"}
        status, _ = self.world.staff(place, "PUT", "/terms", terms_of(mode, **more))
        return f"{place} {mode['type']} {status}"

    def change_price(self) -> str:
        """Change a service's price."""
        place, price = self._place(), self.chance.choice([40, 3000, 4500, 6000, 7500])
        body = {"name": "Haircut", "price": price, "duration_minutes": 60}
        if self.chance.random() < 0.3:
            body["buffer_after_minutes"] = 15
        return f"{place} {price} {self.world.staff(place, 'PUT', '/services/cut', body)[0]}"

    def change_limit(self) -> str:
        """Change from which sum on a second person approves refunds."""
        place, limit = self._place(), self.chance.choice([{}, {"manager": 1000}, {"owner": 100}])
        body = {"refund_approval_above": limit}
        return f"{place} {limit} {self.world.staff(place, 'PATCH', '', body)[0]}"

    def change_zone(self) -> str:
        """Let a place move to another time zone, or change its reports' hour."""
        place, zone = self._place(), self.chance.choice(ZONES)
        body = {"timezone": zone, "reminder_hours_before": self.chance.choice([None, 1, 24])}
        return f"{place} {zone} {self.world.staff(place, 'PATCH', '', body)[0]}"

    def change_team(self) -> str:
        """Let somebody begin or leave, or work at other hours."""
        place, who = self._place(), self._employee()
        path = f"/employees/{who}"
        if self.chance.random() < 0.3:
            return f"{place} without {who} {self.world.staff(place, 'DELETE', path)[0]}"
        first, last = self.chance.choice(
            [("00:00", "24:00"), ("00:00", "24:00"), ("09:00", "17:00")]
        )
        hours = [{"weekday": day, "from": first, "to": last} for day in range(7)]
        body = {"name": who.capitalize(), "hours": hours}
        return f"{place} {who} {first} {self.world.staff(place, 'PUT', path, body)[0]}"

    def take_time_off(self) -> str:
        """Close a place, or let somebody be away; or take that back."""
        place, whose = self._place(), self.chance.choice(["closures", "employees/anna/absences"])
        path = f"/{whose}/{self.chance.choice(['off', 'away'])}"
        if self.chance.random() < 0.4:
            return f"{place} {path} back {self.world.staff(place, 'DELETE', path)[0]}"
        starts_s = self._start()
        body = {
            "from": rfc3339(starts_s),
            "to": rfc3339(starts_s + self.chance.choice([1, 8, 60]) * HOUR_S),
        }
        return f"{place} {path} {body['from']} {self.world.staff(place, 'PUT', path, body)[0]}"

    def go_live(self) -> str | None:
        """Let a place try out what it wants, and then take real money."""
        place, is_sandbox = self._place(), self.chance.random() < 0.5
        for mode in self.chance.sample(MODES, 2):
            self.world.staff(place, "PUT", "/terms", terms_of(mode))
            self.book_and_pay(place)
        self.world.run(2)
        if self.chance.random() < 0.4:
            self.dispute()
            self.world.run(self.chance.choice([0, 2]))
        status, _ = self.world.go_live(place, is_sandbox=is_sandbox)
        return f"{place}, sandbox: {is_sandbox}, {status}; {self.book_and_pay(place)}"

    def switch_key(self) -> str:
        """Save a new key, before or after the old one is revoked."""
        place = self._place()
        self.world.roll_key(place)
        return f"{place} {self.world.connect(place)[0]}"

    def roll_secret(self) -> str:
        """Let the webhook's secret be replaced, by us or in the Dashboard."""
        place, keeps = self._place(), self.chance.random() < 0.6
        account = self.world.stripes[place].account
        self.world.rolled.add(place)
        if self.chance.random() < 0.3:
            endpoints = self.world.stripes[place].objects("webhook_endpoint")
            if not endpoints:
                return f"{place} has no endpoint"
            roll_endpoint_secret(
                account, self.chance.choice(endpoints), 24 * HOUR_S if keeps else 0
            )
            return f"{place} in the Dashboard, keeps: {keeps}"
        return f"{place} keeps: {keeps} {self.world.roll_secret(place, keep_former=keeps)[0]}"

    def let_clock_jump(self) -> str:
        """Let AWS's clock differ from Stripe's."""
        self.world.skew_s = self.chance.choice(SKEWS_S)
        return f"by {self.world.skew_s} s"

    def settle(self) -> str | None:
        """Settle by hand what no fact ends."""
        place = self._place()
        listed = NeededActionStore(load_config()).iterate_needed_actions(place)
        pairs = [
            (each["about"], action["action_id"])
            for each in listed
            for action in each["actions"]
            if action.get("action_id")
        ]
        if not pairs:
            return None
        about, action_id = self.chance.choice(pairs)
        body = {"about": about, "action_id": action_id, "reason": "looked at"}
        status, _ = self.world.staff(place, "POST", "/needs-action/settle", body)
        return f"{place} {about} {status}"

    # ------------------------------------------------------------------ at Stripe

    def _charge(self) -> tuple[Account, dict[str, Any]] | None:
        charges = [
            (stripe.account, each)
            for stripe in self.world.accounts(self._place())
            for each in stripe.objects("charge")
            if each["paid"]
        ]
        return self.chance.choice(charges) if charges else None

    def _at_stripe(self, do: Callable[[Account, dict[str, Any]], str]) -> str | None:
        """Do something with some charge; return what, or that Stripe refused it."""
        if (found := self._charge()) is None:
            return None
        try:
            said = do(*found)
        except StripeError as refusal:
            said = f"refused {refusal.status}"
        return f"{found[1]['id']} {said}"

    def refund_at_stripe(self) -> str | None:
        """Refund in the Dashboard."""

        def refund(account: Account, charge: dict[str, Any]) -> str:
            amount = self.chance.choice([100, charge["amount"]])
            refunding.create(account, charge, amount=amount, reason=None, metadata={})
            return str(amount)

        return self._at_stripe(refund)

    def dispute(self) -> str | None:
        """Let a client's bank dispute a charge."""

        def open_one(account: Account, charge: dict[str, Any]) -> str:
            inquiry = self.chance.random() < 0.3
            if charge["disputed"] or not charge["captured"]:
                return "not to be disputed"
            disputing.open_dispute(account, charge, "fraudulent", None, inquiry=inquiry)
            return "inquiry" if inquiry else "dispute"

        return self._at_stripe(open_one)

    def decide_dispute(self) -> str | None:
        """Let the bank decide, or change its mind."""
        place = self._place()
        account = self.world.stripes[place].account
        disputes = self.world.stripes[place].objects("dispute")
        open_ones = [e for e in disputes if disputing.DECISIONS.get(e["status"])]
        if not open_ones:
            return None
        chosen = self.chance.choice(open_ones)
        status = self.chance.choice(sorted(disputing.DECISIONS[chosen["status"]]))
        try:
            if chosen["status"] == "lost":
                disputing.turn(account, chosen)
            else:
                disputing.close(account, chosen, status)
        except StripeError as refusal:
            return f"{chosen['id']} refused {refusal.status}"
        return f"{chosen['id']} {status}"

    def edit_metadata(self) -> str | None:
        """Edit the metadata of a charge or of its payment in the Dashboard, or take it away."""
        if (found := self._charge()) is None:
            return None
        account, charge = found
        other = self.chance.choice(["", *(each.booking_id for each in self.visits)])
        if self.chance.random() < 0.5:
            intent = account.get("payment_intent", charge["payment_intent"])
            self.world.opened_for[intent["id"]] = self.world.booking_of(intent)
            change_metadata(intent, {"booking_id": other})
            return f"{intent['id']} says {other}"
        previous = change_metadata(charge, {"booking_id": other})
        account.record_event("charge.updated", charge, previous)
        return f"{charge['id']} says {other}"

    def be_away(self) -> str:
        """Let Stripe answer nothing for a while."""
        place = self._place()
        self.world.stripes[place].is_away = True
        return f"{place}"

    def revoke_key(self) -> str:
        """Let a place's key be revoked at Stripe, so that it has to save a new one."""
        place = self._place()
        self.world.roll_key(place)
        return f"{place}"

    def come_back(self) -> str:
        """Let Stripe answer again."""
        for each in self.world.stripes.values():
            each.is_away = False
        return f"all, {[self.world.connect(name)[0] for name in PLACES]}"
