"""This release is deployed over the former one, with bookings in it; and the former one again.

The former release is the last commit of its version in the history: a shallow clone has none, and
then this fails and says so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.stack import salon_clients
from tests.stack.former_release import FORMER, Deployed, last_commit_of, unpack
from tests.stack.money_calls import Desk, Shown, Stripe, book, pause, stripe_of
from tests.stack.running_stack import Stack
from tests.stack.salon_clients import let_begin
from tests.stack.started import ROOT
from tests.stack.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.proof]

SALE = {"amount": 4500, "currency": "eur", "description": "Haircut"}
WITHIN_A_HOLD = (3, 47)
LATER = (80, 400)
SETTLED_S = 6


@dataclass
class Salon:
    """Who works with the salon, and its Stripe account, at whichever release is deployed."""

    stack: Stack
    desk: Desk
    public: httpx.Client
    owner: httpx.Client
    stripe: Stripe

    def booked_at_the_desk(self) -> Shown:
        made = self.desk.api.post("/v1/locations/demo/bookings", json=SALE)
        assert made.status_code == 201, made.text
        return dict(made.json())

    def pay_by_link(self, pay_url: str) -> None:
        opened = httpx.get(pay_url, timeout=40)
        assert opened.status_code == 303, opened.text
        assert self.stripe.pay(opened.headers["location"]) == "succeeded"

    def held(self) -> str:
        """Book a visit for which a card is authorised, under terms of its own; return its id."""
        path = "/v1/locations/demo/terms"
        before = self.owner.get(path).json()
        terms = {**before, "prepayment": {"type": "hold"}, "services": ["haircut"]}
        assert self.owner.put(path, json=terms).status_code == 200
        made = book(self.public, "haircut", WITHIN_A_HOLD)
        self.stripe.pay(made["checkout_url"])
        assert self.owner.put(path, json=before).status_code == 200
        self.wait(made["booking_id"], "amount_authorized", 4500)
        return str(made["booking_id"])

    def refund(self, booking_id: str, amount: int) -> None:
        answer = self.desk.refund(booking_id, amount=amount)
        assert answer.status_code == 202, answer.text
        was_back = self.desk.read(booking_id)["amount_refunded"]
        self.desk.wait(
            booking_id, lambda found: found["amount_refunded"] >= max(was_back, amount), "refunded"
        )

    def wait(self, booking_id: str, name: str, value: Any) -> Shown:
        return self.desk.wait(booking_id, lambda found: found[name] == value, f"{name}: {value}")

    def settled(self, booking_ids: Iterable[str]) -> dict[str, Shown]:
        """Return bookings once nothing more is told of them: Stripe's last word comes later."""
        ids = sorted(booking_ids)

        def look() -> dict[str, Shown] | None:
            found = {each: self.desk.read(each) for each in ids}
            pause(SETTLED_S)
            return found if found == {each: self.desk.read(each) for each in ids} else None

        return wait_until(look, "all is told of the bookings")

    def listed(self) -> set[str]:
        """Return the ids of all bookings in the list, page by page."""
        found, query = set[str](), {"limit": "100"}
        while True:
            page = self.desk.api.get("/v1/locations/demo/bookings", params=query).json()
            found |= {each["booking_id"] for each in page["items"]}
            if not page.get("next_cursor"):
                return found
            query = {**query, "cursor": page["next_cursor"]}

    def expect_the_report_to_add_up(self) -> None:
        """Have the day so far compared with Stripe, until nothing is on its way any more."""
        location = self.owner.get("/v1/locations/demo").json()
        today = datetime.now(UTC).astimezone(ZoneInfo(location["timezone"])).date()
        path = f"/v1/locations/demo/reports/{today}"
        assert self.owner.post(f"{path}/send").status_code == 202

        def compared() -> Shown | None:
            found = self.owner.get(path).json()["reconciliation"]
            return found if found["status"] != "pending" else None

        found = wait_until(compared, "the day is compared with Stripe")
        assert found["status"] == "reconciled", found

    def expect_nothing_given_up(self) -> None:
        outputs = self.stack.described["outputs"]
        dead = [name for name in outputs if name.endswith("DeadQueueUrl")]
        assert {name: self.stack.messages_in(outputs[name]) for name in dead} == dict.fromkeys(
            dead, 0
        )


def at(stack: Stack) -> Salon:
    desk = Desk(stack.client("demo:manager"))
    return Salon(stack, desk, stack.client(), stack.client("demo:owner"), stripe_of(stack))


@pytest.fixture
def former(tmp_path: Path) -> Path:
    folder = tmp_path / FORMER
    folder.mkdir()
    unpack(last_commit_of(FORMER), folder)
    return folder


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    running = Deployed(tmp_path / "stack")
    yield running
    running.down()


def told_before(before: Shown, now: Shown) -> Shown:
    """Return what is said now of all that was said before: a release adds, and takes away none."""
    return {name: now.get(name) for name in before}


def test_a_release_takes_over_what_the_former_one_wrote_and_the_other_way_round(
    deployed: Deployed, former: Path
) -> None:
    salon = at(deployed.up(former))
    paid, _ = salon.desk.paid(salon.stripe)
    refunded, _ = salon.desk.paid(salon.stripe)
    salon.refund(refunded, 1000)
    held = salon.held()
    unpaid = salon.booked_at_the_desk()
    begun = book(salon.public, "colour", LATER)
    deposit = book(salon.public, "colour", LATER)
    salon.stripe.pay(deposit["checkout_url"])
    salon.wait(deposit["booking_id"], "status", "confirmed")
    of_former = {paid, refunded, held, *(b["booking_id"] for b in (unpaid, begun, deposit))}
    before = salon.settled(of_former)
    salon.stack.close()

    salon = at(deployed.up(ROOT))
    for each, shown in before.items():
        assert told_before(shown, salon.desk.read(each)) == shown
    assert of_former <= salon.listed()
    assert salon_clients.read(salon.public, deposit)["status"] == "confirmed"
    salon.pay_by_link(unpaid["pay_url"])
    salon.wait(unpaid["booking_id"], "payment_status", "paid")
    salon.stripe.pay(begun["checkout_url"])
    salon.wait(begun["booking_id"], "status", "confirmed")
    # Keys and secrets are read where the former release has put them, and then are moved.
    deployed.operate("infra.move_secrets")
    deployed.operate("infra.move_secrets", DELETE="yes")
    salon.refund(paid, 1500)
    let_begin(salon.stack, held)
    salon.desk.ended(held, "complete")
    salon.wait(held, "amount_captured", 4500)
    paid_now, _ = salon.desk.paid(salon.stripe)
    held_now = salon.held()
    unpaid_now = salon.booked_at_the_desk()
    salon.expect_the_report_to_add_up()
    salon.expect_nothing_given_up()
    of_this = {paid_now, held_now, unpaid_now["booking_id"]}
    before = salon.settled(of_former | of_this)
    deployed.operate("infra.move_secrets", BACK="yes")
    salon.stack.close()

    salon = at(deployed.up(former))
    for each, shown in before.items():
        now = salon.desk.read(each)
        assert told_before(now, shown) == now
    assert of_former | of_this <= salon.listed()
    salon.pay_by_link(unpaid_now["pay_url"])
    salon.wait(unpaid_now["booking_id"], "payment_status", "paid")
    salon.refund(paid_now, 2000)
    let_begin(salon.stack, held_now)
    salon.desk.ended(held_now, "complete")
    salon.wait(held_now, "amount_captured", 4500)
    salon.expect_the_report_to_add_up()
    salon.expect_nothing_given_up()
    salon.stack.close()
