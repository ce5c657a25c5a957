"""The demo's last part: a salon's morning, with everything that moves money, and then the report.

The clock of a shared Stripe is not moved: the report is asked for the day that is not over.
"""

import email
import email.policy
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from infra.local.progress import StackError, step
from infra.local.settings import ROOT

# Pays out at once, so that the balance has something for a payout and the dispute's money.
CARD = "4000000000000077"
VISITS = (("Haircut", 4500), ("Colour and cut", 12000), ("Beard", 1800), ("Children's cut", 2500))
REFUNDED_MINOR = 1500
MAILED_WITHIN_S, COMPARED_WITHIN_S, SETTLED_WITHIN_S, POLL_S = 90, 60, 15, 0.5


def show_morning(stack: Mapping[str, Any], sign_in: Callable[[str], str]) -> Path:
    """Let a morning happen, have its report sent, and return the mail's file.

    `sign_in` returns an id token for a role such as `demo:owner`.
    """
    print("\nA morning, and its money-flow report")
    staff = httpx.Client(base_url=stack["api_url"], timeout=40)
    with step("The owner signs in"):
        staff.headers["authorization"] = f"Bearer {sign_in('demo:owner')}"
    simulator = httpx.Client(base_url=stack["stripe"]["api_base"], timeout=30)
    simulator.auth = (stack["stripe"]["secret_key"], "")
    with step(f"{len(VISITS)} clients pay their visits' links"):
        charges = [_paid_visit(staff, simulator, stack, *visit) for visit in VISITS]
    with step("Stripe enters their balance transactions, as it does a little later"):
        for charge in charges:
            _wait_until_settled(simulator, charge)
    with step("One of them gets 15.00 EUR back, in Stripe's Dashboard"):
        _json(simulator.post("/v1/refunds", data={"charge": charges[0], "amount": REFUNDED_MINOR}))
    with step("…another one's bank disputes the payment"):
        _json(simulator.post(f"/_sim/charges/{charges[2]}/dispute", json={"reason": "fraudulent"}))
    with step("…and Stripe pays out what is there"):
        _json(simulator.post("/_sim/payouts", json={"instant": True}))
    folder = ROOT / stack["mail_dir"]
    before = set(folder.glob("*.eml"))
    path = f"/v1/locations/{stack['location_id']}/reports/{_today(staff, stack)}"
    with step("Webhooks have told of all this, and it compares with Stripe"):
        _wait_until_compared(staff, path)
    with step("Finance has the report of the day so far sent"):
        answer = staff.post(f"{path}/send")
        if answer.status_code != httpx.codes.ACCEPTED:
            raise StackError(f"{path}/send answered {answer.status_code}: {answer.text[:500]}")
    with step("The ledger is synced with Stripe, compared, and the report is mailed"):
        mail = _wait_for_report(folder, before)
    _show(mail)
    return mail


def _paid_visit(
    staff: httpx.Client,
    simulator: httpx.Client,
    stack: Mapping[str, Any],
    description: str,
    amount: int,
) -> str:
    """Make a booking at the desk, open its link, pay it, and return the charge's id."""
    made = staff.post(
        f"/v1/locations/{stack['location_id']}/bookings",
        json={"amount": amount, "currency": stack["currency"], "description": description},
    )
    opened = httpx.get(_json(made)["pay_url"], timeout=40)
    session = opened.headers["location"].rpartition("/")[2].partition("?")[0].partition("#")[0]
    paid = simulator.post(f"/_sim/checkout/{session}/pay", json={"card": CARD})
    return str(_json(paid)["charge"])


def _wait_until_settled(simulator: httpx.Client, charge: str) -> None:
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while time.monotonic() < deadline:
        if _json(simulator.get(f"/v1/charges/{charge}"))["balance_transaction"]:
            return
        time.sleep(POLL_S)
    raise StackError(f"{charge} has no balance transaction after {SETTLED_WITHIN_S} s")


def _wait_until_compared(staff: httpx.Client, path: str) -> None:
    """Wait until nothing is on its way any more: until then a report says that it may change."""
    deadline = time.monotonic() + COMPARED_WITHIN_S
    while True:
        if _json(staff.get(path))["reconciliation"]["status"] != "pending":
            return
        if time.monotonic() > deadline:
            raise StackError(f"{path} is pending after {COMPARED_WITHIN_S} s: see .local/run")
        time.sleep(POLL_S)


def _today(staff: httpx.Client, stack: Mapping[str, Any]) -> str:
    location = _json(staff.get(f"/v1/locations/{stack['location_id']}"))
    return datetime.now(UTC).astimezone(ZoneInfo(location["timezone"])).date().isoformat()


def _wait_for_report(folder: Path, before: set[Path]) -> Path:
    deadline = time.monotonic() + MAILED_WITHIN_S
    while time.monotonic() < deadline:
        for path in sorted(set(folder.glob("*.eml")) - before):
            if "Money flow" in str(_read(path)["Subject"]):
                return path
        time.sleep(POLL_S)
    raise StackError(f"No report came within {MAILED_WITHIN_S} s: see .local/run")


def _show(path: Path) -> None:
    mail = _read(path)
    part = mail.get_body(("plain",))
    text = str(part.get_content()) if part else ""
    lines = text.splitlines()
    # The head of the mail ends with the first empty line; the report in one sentence is next.
    print(f"\n  {mail['Subject']}\n  {lines[lines.index('') + 1]}")
    for line in lines:
        if line.startswith(("- Currency", "- Net")):
            print(f"  {line[2:]}")
    print(f"\n  The mail with its files            {path.relative_to(ROOT)}")


def _read(path: Path) -> email.message.EmailMessage:
    with path.open("rb") as file:
        return email.message_from_binary_file(file, policy=email.policy.default)


def _json(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        raise StackError(f"{answer.request.url} answered {answer.status_code}: {answer.text[:500]}")
    found: dict[str, Any] = answer.json()
    return found
