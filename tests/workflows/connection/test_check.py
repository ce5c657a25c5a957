"""The check of a connection: all ok, and each fault told with what to do."""

import json
import threading
import time
from collections.abc import Iterator
from copy import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from functions.connect_stripe import payment_settings
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.adapters.mail_account import Sending
from shared.adapters.stripe_account_api import StripeAccountApi
from shared.adapters.sync_state import SyncState
from shared.config import Config, load_config
from shared.domain.dates.local_day import local_day
from shared.domain.errors import AwsUnreachable, StripeUnavailable
from shared.domain.ledger.reconciliation import Reconciliation
from shared.domain.locations.connection_check import (
    FAILURE,
    NEEDED_PERMISSIONS,
    OK,
    WARNING,
    EndpointSeen,
    clock_line,
    delivery_line,
    endpoint_lines,
    mail_lines,
    reconciliation_line,
    worst,
)
from shared.domain.locations.stripe_account import AccountFacts
from shared.workflows.connection import check_connection as checking
from shared.workflows.connection import stores as stores_module
from shared.workflows.connection.stores import ConnectionStores
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO, REGION
from tests.surroundings.salon import SECRET_KEY, StripeBeside
from tests.surroundings.stripe_accounts import SETTINGS, Owners, owners_of

pytestmark = pytest.mark.enable_socket
ALL = {
    "Accounts": "read",
    "Checkout Sessions": "write",
    "Payment Intents": "write",
    "Setup Intents": "read",
    "Charges and Refunds": "write",
    "Disputes": "read",
    "Balance": "read",
    "Balance transaction sources": "read",
    "Payouts": "read",
    "Events": "read",
    "Webhook Endpoints": "write",
}
# The simulator names permissions after paths; these are more than one of them in the Dashboard.
IN_PATHS = {
    "Charges and Refunds": ("refunds", "charges"),
    "Balance transaction sources": ("balance_transactions", "balance_transaction_sources"),
}


def in_paths(resource: str) -> tuple[str, ...]:
    return IN_PATHS.get(resource, (resource.lower().replace(" ", "_"),))


def granted(**changed: str) -> dict[str, str]:
    """All that is needed, as the simulator names it, but for what is changed."""
    every = {each: access for name, access in ALL.items() for each in in_paths(name)}
    return every | changed


@pytest.fixture
def owners(
    simulator_beside: StripeBeside,
    aws: FakeAws,
    store: BookingStore,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Owners]:
    with owners_of(simulator_beside, aws, store, context, monkeypatch) as found:
        config = replace(load_config(), stripe_api_base=simulator_beside.url)
        monkeypatch.setattr(environment, "load_config", lambda: config)
        environment.forget()
        ses = boto3.client("ses", region_name=REGION)
        ses.verify_email_identity(EmailAddress=config.mail_from)
        monkeypatch.setattr(checking, "read_sending", beyond_the_sandbox)
        assert found.put()[0] == 200
        yield found
        ses.delete_identity(Identity=config.mail_from)


def beyond_the_sandbox(config: Config) -> Any:
    """moto's quota is the sandbox's."""
    from shared.adapters.mail_account import read_sending  # noqa: PLC0415

    return replace(read_sending(config), mails_a_day=50_000)


def check(owners: Owners) -> tuple[str, dict[str, tuple[str, str]]]:
    status, found = owners("GET", f"{SETTINGS}/check")
    assert status == 200
    lines = {each["name"]: (each["status"], each["detail"]) for each in found["lines"]}
    assert len(lines) == len(found["lines"])
    return found["status"], lines


def faults(owners: Owners) -> dict[str, tuple[str, str]]:
    return {name: line for name, line in check(owners)[1].items() if line[0] != OK}


def test_everything_is_looked_at_and_ok(owners: Owners) -> None:
    status, lines = check(owners)
    assert {name: line for name, line in lines.items() if line[0] != OK} == {}
    assert status == OK
    assert {"keys", "clock", "account", "webhook endpoint", "webhook deliveries", "mail"} <= set(
        lines
    )
    assert {f"permission {resource}" for resource in ALL} <= set(lines)


def test_the_permissions_are_tried_without_an_effect(owners: Owners) -> None:
    def count(kind: str) -> int:
        found = owners.beside.control.get(f"/v1/{kind}?limit=100", auth=(SECRET_KEY, ""))
        return len(found.json()["data"])

    def objects() -> list[int]:
        kinds = ("checkout/sessions", "payment_intents", "refunds", "webhook_endpoints")
        return [count(kind) for kind in kinds]

    before = objects()
    check(owners)
    assert objects() == before


def test_the_permissions_are_those_that_are_published() -> None:
    assert {resource: access for resource, access, _ in NEEDED_PERMISSIONS} == ALL


def test_a_restricted_key_with_all_of_them_is_all_ok(owners: Owners) -> None:
    owners.put(secret_key=owners.restricted(**granted()))
    assert check(owners)[0] == OK


def test_the_documents_name_each_permission_as_the_check_does() -> None:
    page = " ".join((Path(__file__).parents[3] / "docs/deploying.md").read_text().split())
    [_, rest] = page.split("as Stripe's Dashboard names them, it has to write: ")
    written, _, rest = rest.partition("; to read: ")
    assert written.split(", ") == [name for name, access in ALL.items() if access == "write"]
    read = rest.partition(". ")[0].replace(" (under Connect)", "").split(", ")
    assert read == [name for name, access in ALL.items() if access == "read"]


@pytest.mark.parametrize(
    ("resource", "missing"), [(name, each) for name in ALL for each in in_paths(name)]
)
def test_each_permission_that_is_missing_is_named(
    owners: Owners, resource: str, missing: str
) -> None:
    """Balance and the sources of its transactions, too, which the sync alone had asked for."""
    too_little = "read" if ALL[resource] == "write" and missing != "charges" else "none"
    key = owners.restricted(**granted(**{missing: too_little}))
    owners.aws.sealed["api#demo"] = json.dumps({"secret_key": key})
    environment.forget()
    found = faults(owners)
    assert list(found) == [f"permission {resource}"]
    status, detail = found[f"permission {resource}"]
    assert status == FAILURE
    assert f"{ALL[resource]} access to {resource}" in detail


def test_a_revoked_key_is_told(owners: Owners) -> None:
    account = owners.another_account()
    owners.put(**{name: account[name] for name in account if name != "id"})
    owners.beside.control.post("/_sim/keys/revoke", json={"key": account["secret_key"]})
    assert "revoked" in faults(owners)["stripe"][1]


def test_stripe_that_does_not_answer_is_a_line_and_no_error(owners: Owners) -> None:
    owners.beside.fault(500, path="/v1/account", times=2)
    assert faults(owners)["stripe"][0] == FAILURE


def test_a_slow_stripe_ends_the_check_in_time(
    owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(0, 1000, 10))
    clock = SimpleNamespace(monotonic=lambda: next(ticks), time=time.time)
    monkeypatch.setattr(checking, "time", clock)
    assert "slowly" in faults(owners)["stripe"][1]


# ------------------------------------------------------------------ after saving


def test_who_saves_the_settings_is_told_what_the_check_finds(
    owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_settings, "CHECK_S", 60)
    monkeypatch.setattr(payment_settings, "ANSWER_S", 60)
    status, saved = owners.put()
    assert (status, saved["check"]["status"]) == (200, OK)
    asked = owners("GET", f"{SETTINGS}/check")[1]
    assert saved["check"].keys() == asked.keys()
    assert [each["name"] for each in saved["check"]["lines"]] == [
        each["name"] for each in asked["lines"]
    ]


def test_a_check_that_finds_a_fault_undoes_no_saving(
    owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_settings, "CHECK_S", 60)
    monkeypatch.setattr(payment_settings, "ANSWER_S", 60)
    key = owners.restricted(**granted(refunds="read"))
    status, saved = owners.put(secret_key=key)
    assert (status, saved["check"]["status"]) == (200, FAILURE)
    wrong = [each["name"] for each in saved["check"]["lines"] if each["status"] != OK]
    assert wrong == ["permission Charges and Refunds"]
    assert owners.sealed("api")["secret_key"] == key


def test_a_check_without_time_says_so_and_the_settings_are_saved(owners: Owners) -> None:
    status, saved = owners.put(online_booking_enabled=False)
    assert (status, saved["check"]["status"]) == (200, "not_finished")
    late = {each["name"]: each["status"] for each in saved["check"]["lines"]}
    assert late == {"check": WARNING}
    assert owners("GET", SETTINGS)[1]["online_booking_enabled"] is False


def test_a_call_that_hangs_keeps_nobody_waiting_for_the_answer(
    owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: nothing began after the check's time, and what had begun was waited for."""
    answered, ended = threading.Event(), threading.Event()

    class Hanging(StripeAccountApi):
        def get_account(self) -> tuple[AccountFacts, int | None]:
            answered.wait(20)
            ended.set()
            raise StripeUnavailable("gave no answer")

    monkeypatch.setattr(payment_settings, "CHECK_S", 0.5)
    monkeypatch.setattr(
        ConnectionStores, "hurried_account_api", lambda *_: Hanging(SECRET_KEY, owners.beside.url)
    )
    status, saved = owners.put(online_booking_enabled=False)
    assert not ended.is_set(), "the answer came while Stripe was still silent"
    answered.set()
    assert ended.wait(20)
    assert (status, saved["check"]["status"]) == (200, "not_finished")
    assert saved["check"]["lines"][-1]["name"] == "check"
    assert owners("GET", SETTINGS)[1]["online_booking_enabled"] is False


def test_stripe_that_is_gone_after_saving_leaves_the_check_unfinished(
    owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_settings, "CHECK_S", 60)
    monkeypatch.setattr(payment_settings, "ANSWER_S", 60)
    monkeypatch.setattr(
        ConnectionStores,
        "hurried_account_api",
        lambda *_: StripeAccountApi(SECRET_KEY, "http://127.0.0.1:9"),
    )
    status, saved = owners.put()
    assert (status, saved["check"]["status"]) == (200, "not_finished")
    assert owners("GET", SETTINGS)[1]["connected"] is True


def test_a_check_that_breaks_undoes_no_saving(
    owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("secret details")

    monkeypatch.setattr(checking, "check_until", broken)
    status, saved = owners.put(visit_link_enabled=False)
    assert (status, saved["check"]["status"], saved["check"]["lines"]) == (200, "not_finished", [])
    assert owners("GET", SETTINGS)[1]["visit_link_enabled"] is False
    assert "secret details" not in json.dumps(saved)


# ------------------------------------------------------------------ what is looked at


@pytest.mark.parametrize(
    ("account", "status", "said"),
    [
        ({"charges_enabled": False}, FAILURE, "charge cards"),
        ({"payouts_enabled": False}, WARNING, "pay out"),
        ({"statement_descriptor": None}, WARNING, "statement descriptor"),
        ({"business_name": None}, FAILURE, "Name the business"),
    ],
)
def test_an_incomplete_account_is_told(
    owners: Owners, account: dict[str, Any], status: str, said: str
) -> None:
    whole = {
        "business_name": "Bookpay Demo Salon",
        "statement_descriptor": "BOOKPAY DEMO SALON",
        "charges_enabled": True,
        "payouts_enabled": True,
    }
    control = owners.beside.control
    control.post("/_sim/account", json=account).raise_for_status()
    try:
        found = faults(owners)
        shown = owners("GET", SETTINGS)[1]
    finally:
        control.post("/_sim/account", json=whole).raise_for_status()
    assert found["account"][0] == status
    assert said in found["account"][1]
    assert [said in each["detail"] for each in shown["warnings"]] == [True], "it is noted"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"disabled": "true"}, "is disabled"),
        ({"enabled_events[]": "charge.captured"}, "does not send"),
        (None, "No endpoint"),
    ],
)
def test_a_webhook_endpoint_that_was_changed_is_told(
    owners: Owners, change: dict[str, str] | None, said: str
) -> None:
    [endpoint] = owners.endpoints()
    path = f"/v1/webhook_endpoints/{endpoint['id']}"
    if change is None:
        owners.beside.control.delete(path, auth=(SECRET_KEY, "")).raise_for_status()
    else:
        owners.beside.control.post(path, data=change, auth=(SECRET_KEY, "")).raise_for_status()
    status, detail = faults(owners)["webhook endpoint"]
    assert status == FAILURE
    assert said in detail
    owners.put()
    assert "webhook endpoint" not in faults(owners)


def test_a_sender_that_nobody_verified_is_told(owners: Owners) -> None:
    ses = boto3.client("ses", region_name=REGION)
    ses.delete_identity(Identity=load_config().mail_from)
    assert "verified in SES" in faults(owners)["mail"][1]
    ses.verify_domain_identity(Domain="example.com")
    assert "mail" not in faults(owners)
    ses.delete_identity(Identity="example.com")


def test_the_sandbox_is_told(owners: Owners, monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.adapters.mail_account import read_sending  # noqa: PLC0415

    monkeypatch.setattr(checking, "read_sending", read_sending)
    assert "sandbox" in faults(owners)["mail"][1]


def test_a_service_that_does_not_answer_is_a_warning(
    owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise AwsUnreachable("SES gave no answer")

    monkeypatch.setattr(checking, "read_sending", silent)
    assert faults(owners)["mail"][0] == WARNING


def test_keys_of_another_mode_than_the_location_are_told(
    owners: Owners, places: LocationStore
) -> None:
    places.save_location(replace(DEMO, mode="live"))
    assert "not of live mode" in faults(owners)["keys"][1]


def test_a_lost_signing_secret_is_told(owners: Owners) -> None:
    del owners.aws.sealed["signing#demo"]
    environment.forget()
    assert "signing secret" in faults(owners)["keys"][1]


def test_what_is_not_connected_is_told(owners: Owners, store: BookingStore) -> None:
    status, found = owners("GET", "/v1/locations/other/payment-settings/check", by="other-owner")
    assert (status, found["status"]) == (200, FAILURE)
    assert "save the payment settings" in found["lines"][0]["detail"]
    del store


def test_only_an_owner_may_look(owners: Owners) -> None:
    for by, expected in (("manager", 403), ("finance", 403), ("other-owner", 404)):
        assert owners("GET", f"{SETTINGS}/check", by=by)[0] == expected


def test_the_last_comparing_with_the_ledger_is_told(owners: Owners, config: Config) -> None:
    now_s = int(time.time())
    today = local_day(now_s, DEMO.timezone)
    yesterday = local_day(now_s - 86_400, DEMO.timezone)
    state = SyncState(config)
    state.put_reconciliations(
        "demo", {yesterday: Reconciliation("differences", checked_at_s=now_s - 9)}
    )
    assert faults(owners)["reconciliation"][0] == FAILURE
    state.put_reconciliations("demo", {today: Reconciliation("reconciled", checked_at_s=now_s)})
    assert "reconciliation" not in faults(owners)


# ------------------------------------------------------------------ the rules themselves

NOW_S = 1_800_000_000


@pytest.mark.parametrize(
    ("stripes_s", "status"),
    [(NOW_S + 30, OK), (NOW_S - 31, WARNING), (NOW_S + 240, WARNING), (NOW_S - 241, FAILURE),
     (None, WARNING)],
)  # fmt: skip
def test_the_clock_is_held_to_stripes(stripes_s: int | None, status: str) -> None:
    assert clock_line(NOW_S, stripes_s).status == status


def test_deliveries_that_are_fresh_have_time() -> None:
    fresh, late = ("evt_1", "charge.captured", NOW_S), ("evt_2", "charge.expired", NOW_S - 301)
    assert delivery_line([fresh], NOW_S).status == OK
    line = delivery_line([fresh, late], NOW_S)
    assert line.status == FAILURE
    assert "1 events" in line.detail
    assert "evt_2" in line.detail


def test_two_endpoints_with_our_address_are_a_warning() -> None:
    one = EndpointSeen("we_1", is_enabled=True, missing_event_types=(), api_version="v")
    two = replace(one, endpoint_id="we_2")
    assert [each.status for each in endpoint_lines([one], "we_1", "v")] == [OK]
    assert [each.status for each in endpoint_lines([one, two], "we_1", "v")] == [WARNING]
    assert [each.status for each in endpoint_lines([one], "", "v")] == [OK]
    assert [each.status for each in endpoint_lines([one], "we_2", "v")] == [FAILURE]
    assert [each.status for each in endpoint_lines([one], "", "w")] == [WARNING]


@pytest.mark.parametrize(
    ("status", "ago_s", "connected_ago_s", "expected"),
    [
        ("reconciled", 60, 10**6, OK),
        ("pending", 60, 10**6, OK),
        ("differences", 60, 10**6, FAILURE),
        ("reconciled", 27 * 3600, 10**6, FAILURE),
        ("", None, 10**6, FAILURE),
        ("", None, 3600, OK),
    ],
)
def test_a_ledger_that_is_not_compared_is_told_after_a_day(
    status: str, ago_s: int | None, connected_ago_s: int, expected: str
) -> None:
    checked_at_s = None if ago_s is None else NOW_S - ago_s
    line = reconciliation_line(status, checked_at_s, NOW_S - connected_ago_s, NOW_S)
    assert line.status == expected


def test_the_worst_line_decides() -> None:
    assert worst([]) == OK
    lines = [clock_line(0, 0), *mail_lines("", is_verified=False, mails_a_day=0)]
    assert worst(lines) == WARNING
    assert worst([clock_line(0, 600), *lines]) == FAILURE


@pytest.mark.parametrize("is_told", [True, False])
def test_whether_ses_tells_of_what_comes_back_is_said(
    owners: Owners, monkeypatch: pytest.MonkeyPatch, is_told: bool
) -> None:
    """Bug: nothing said that bounces and complaints reach nobody."""
    assert "mails that come back" not in check(owners)[1], "not on AWS"
    config = replace(environment.get(stores_module.make_stores).config, mail_events="bookpay-mails")
    monkeypatch.setattr(environment, "load_config", lambda: config)
    environment.forget()
    found = Sending(is_verified=True, mails_a_day=50_000, tells_returns=is_told)
    monkeypatch.setattr(checking, "read_sending", lambda _: found)
    status, _ = check(owners)[1]["mails that come back"]
    assert (status == OK) is is_told
