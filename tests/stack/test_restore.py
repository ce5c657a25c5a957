"""A table as it was at an instant becomes the stack's: what is there then, and what comes back.

The emulator restores a table as it is at that call, and not as it was before.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.sam import BUILD_DIGEST, build, deploy, digest_of_sources
from infra.local.settings import Ports, Settings
from infra.local.stack import aws_environment
from tests.stack.former_release import Deployed
from tests.stack.money_calls import Desk, stripe_of
from tests.stack.started import ROOT
from tests.stack.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.proof]


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    running = Deployed(tmp_path / "stack")
    yield running
    running.down()


def deploy_with(deployed: Deployed, monkeypatch: pytest.MonkeyPatch, **parameters: str) -> None:
    named = {
        name.removeprefix("BOOKPAY_").removesuffix("_PORT").lower(): int(port)
        for name, port in deployed.ports.items()
    }
    settings = Settings(Ports(**named), deployed.folder)
    for name, value in aws_environment(settings).items():
        monkeypatch.setenv(name, value)
    # As `make deploy` does: without another build the aliases stay with versions of the former
    # table, which their roles may not read any more.
    BUILD_DIGEST.unlink()
    build(digest_of_sources())
    deploy(settings, **parameters)


def test_a_restored_table_takes_the_place_of_the_stacks_and_stripe_tells_the_rest(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = deployed.up(ROOT)
    desk, stripe = Desk(stack.client("demo:manager")), stripe_of(stack)
    kept, charge = desk.paid(stripe)
    moment = datetime.now(UTC)
    said = deployed.operate("infra.operate", "restore", TO=moment.isoformat())
    given = dict(line.split() for line in said.splitlines() if line.startswith("  Existing"))
    # What happens from the restored moment to the deployment is lost, but for what Stripe tells.
    lost, _ = desk.paid(stripe)
    stripe.refund(charge, 1000)
    desk.wait(kept, lambda found: found["amount_refunded"] == 1000, "refunded in the dashboard")
    before = stack.described["outputs"]["BookingsTable"]

    deploy_with(deployed, monkeypatch, **given)
    assert desk.read(kept)["amount_refunded"] == 0
    assert desk.api.get(desk.path(lost)).status_code == 404
    until = datetime.now(UTC).isoformat()
    assert "completed" in deployed.operate(
        "infra.operate", "replay", FROM=moment.isoformat(), TO=until
    )
    desk.wait(kept, lambda found: found["amount_refunded"] == 1000, "Stripe has told of it again")

    def money_of_nobody() -> bool | None:
        answer = desk.api.get("/v1/locations/demo/needs-action").json()
        kinds = [action["kind"] for each in answer["items"] for action in each["actions"]]
        return True if "booking_unknown" in kinds else None

    wait_until(money_of_nobody, "staff see the payment whose booking is gone")
    # What follows leaves by the new table's stream.
    again, _ = desk.paid(stripe)
    assert desk.refund(again, amount=500).status_code == 202
    desk.wait(again, lambda found: found["amount_refunded"] == 500, "refunded by an order")
    tables = stack.aws("dynamodb").list_tables()["TableNames"]
    assert {before, given["ExistingTable"]} <= set(tables), "the former one is kept"
    stack.close()
