"""Payment settings: a location is connected to Stripe."""

import io
import json
import time
from copy import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.audit_log import AuditLog
from shared.adapters.connection_store import ConnectionStore
from shared.adapters.location_store import LocationStore
from shared.adapters.signing_secrets import SigningSecretStore
from shared.config import Config, load_config
from shared.domain.stripe_facts.event_types import API_VERSION, CONSUMED_EVENT_TYPES
from shared.workflows.connection import connect as connecting
from shared.workflows.connection import endpoint as endpoints
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO, TableInMoto
from tests.surroundings.salon import SECRET_KEY
from tests.surroundings.staff_calls import pointers
from tests.surroundings.stripe_accounts import (
    PUBLISHABLE_KEY,
    SETTINGS,
    WEBHOOK_URL,
    Owners,
)

pytestmark = pytest.mark.enable_socket


# ------------------------------------------------------------------ saved


def test_a_location_is_connected_in_one_request(owners: Owners, places: LocationStore) -> None:
    status, saved = owners.put(secret_key=f"\u200b '{SECRET_KEY}'\xa0")
    assert status == 200
    [endpoint] = owners.endpoints()
    secret = owners.sealed("signing")["secrets"][0]
    account = dict(saved["account"])
    assert account.pop("id").startswith("acct_")
    assert account == {
        "country": "DE",
        "default_currency": "eur",
        "charges_enabled": True,
        "payouts_enabled": True,
        "name": "Bookpay Demo Salon",
        "statement_descriptor": "BOOKPAY DEMO SALON",
    }
    assert saved["connected"] is True
    assert (saved["mode"], saved["publishable_key"]) == ("test", PUBLISHABLE_KEY)
    assert saved["secret_key_last4"] == SECRET_KEY[-4:]
    assert saved["webhook_signing_secrets_last4"] == [secret[-4:]]
    assert saved["webhook_url"] == WEBHOOK_URL
    assert (saved["online_booking_enabled"], saved["visit_link_enabled"]) == (True, True)
    assert saved["warnings"] == []
    assert (endpoint["url"], endpoint["api_version"]) == (WEBHOOK_URL, API_VERSION)
    assert set(endpoint["enabled_events"]) == CONSUMED_EVENT_TYPES
    assert endpoint["metadata"] == {"location_id": "demo", "managed_by": "bookpay"}
    assert owners.sealed("api") == {
        "publishable_key": PUBLISHABLE_KEY,
        "secret_key": SECRET_KEY,
        "account_id": saved["account"]["id"],
    }
    assert owners.sealed("signing") == {
        "mode": "test",
        "secrets": [secret],
        "endpoint_id": endpoint["id"],
        "own": [secret],
    }
    location, *_ = places.get_location_and_membership("demo", "owner")
    assert location
    assert location.mode == "test"
    assert saved.pop("check")["status"] == "not_finished", "there was no time for it"
    assert owners("GET", SETTINGS) == (200, saved)


def test_before_keys_are_saved_the_way_by_hand_is_shown(owners: Owners) -> None:
    status, shown = owners("GET", SETTINGS)
    assert status == 200
    assert (shown["connected"], shown["account"], shown["publishable_key"]) == (False, {}, "")
    assert shown["webhook_url"] == WEBHOOK_URL
    assert {"charge.dispute.funds_withdrawn", "charge.refund.updated"} <= set(
        shown["webhook_events"]
    )


def test_switches_are_saved_and_the_defaults_are_on(owners: Owners, places: LocationStore) -> None:
    def switches() -> tuple[bool, bool]:
        location, *_ = places.get_location_and_membership("demo", "owner")
        assert location
        return location.online_booking_enabled, location.visit_link_enabled

    _, saved = owners.put(online_booking_enabled=False, visit_link_enabled=False)
    assert (saved["online_booking_enabled"], saved["visit_link_enabled"]) == (False, False)
    assert switches() == (False, False)
    owners.put()
    assert switches() == (True, True)


def test_no_answer_no_item_and_no_log_holds_a_secret(
    owners: Owners, table: TableInMoto, log: io.StringIO
) -> None:
    _, saved = owners.put()
    owners("POST", f"{SETTINGS}/roll-webhook-secret")
    secret = owners.sealed("signing")["secrets"][0]
    owners.put(secret_key="sk_test_000000000000000unknown")
    for text in (json.dumps(saved), json.dumps(list(table.items().values())), log.getvalue()):
        assert SECRET_KEY not in text
        assert secret not in text
        assert "000unknown" not in text


def test_who_saved_it_stands_in_the_audit(owners: Owners, config: Config) -> None:
    owners.put()
    [entry] = AuditLog(config).list_entries("demo", int(time.time()), 10).items
    assert (entry["user_id"], entry["what"]) == ("owner", "payment_settings.saved")
    assert entry["ids"]["secret_key_last4"] == SECRET_KEY[-4:]
    assert SECRET_KEY not in json.dumps(entry)


# ------------------------------------------------------------------ saved again


def test_the_same_again_registers_nothing_new(owners: Owners) -> None:
    _, first = owners.put()
    _, second = owners.put()
    same = {"connected_at": None, "check": None}
    assert {**second, **same} == {**first, **same}
    assert len(owners.endpoints()) == 1


@pytest.mark.parametrize("change", [{"disabled": "true"}, {"enabled_events[]": "charge.captured"}])
def test_an_endpoint_that_was_changed_at_stripe_is_replaced(
    owners: Owners, change: dict[str, str]
) -> None:
    _, first = owners.put()
    path = f"/v1/webhook_endpoints/{first['webhook_endpoint_id']}"
    owners.beside.control.post(path, data=change, auth=(SECRET_KEY, "")).raise_for_status()
    _, second = owners.put()
    [endpoint] = owners.endpoints()
    assert endpoint["id"] == second["webhook_endpoint_id"] != first["webhook_endpoint_id"]
    assert owners.sealed("signing")["endpoint_id"] == endpoint["id"]


def test_an_endpoint_whose_secret_is_lost_is_replaced(owners: Owners) -> None:
    owners.put()
    del owners.aws.sealed["signing#demo"]
    owners.put()
    [endpoint] = owners.endpoints()
    assert owners.sealed("signing")["endpoint_id"] == endpoint["id"]


STEPS = ["make", "signing", "keys", "finish", "leave"]


@pytest.mark.parametrize("again", [False, True], ids=["first time", "a changed endpoint"])
@pytest.mark.parametrize("step", STEPS)
def test_a_request_that_broke_off_at_any_step_ends_right_when_it_is_repeated(
    owners: Owners, monkeypatch: pytest.MonkeyPatch, step: str, again: bool
) -> None:
    if again:
        _, saved = owners.put()
        path = f"/v1/webhook_endpoints/{saved['webhook_endpoint_id']}"
        sent = {"disabled": "true"}
        owners.beside.control.post(path, data=sent, auth=(SECRET_KEY, "")).raise_for_status()

    class Crash(Exception):
        pass

    def crash(*_: Any, **__: Any) -> None:
        raise Crash

    with monkeypatch.context() as broken:
        if step == "make":
            make = endpoints.make
            # The endpoint is made, and nobody gets to know its secret.
            broken.setattr(endpoints, "make", lambda *given: crash(make(*given)))
        if step == "signing":
            broken.setattr(SigningSecretStore, "put", crash)
        if step == "keys":
            broken.setattr("shared.adapters.api_keys.ApiKeyStore.put", crash)
        if step == "finish":
            broken.setattr(ConnectionStore, "finish", crash)
        if step == "leave":
            broken.setattr(endpoints, "leave_others", crash)
        assert owners.put()[0] in (500, 503)
    # The lease of the first try is over.
    later = time.time() + 60
    clock = SimpleNamespace(time=lambda: later)
    monkeypatch.setattr(connecting, "time", clock)
    status, saved = owners.put()
    assert status == 200, saved
    [endpoint] = owners.endpoints()
    kept = owners.sealed("signing")
    assert endpoint["id"] == kept["endpoint_id"] == saved["webhook_endpoint_id"]
    assert endpoint["status"] == "enabled"
    assert owners.sealed("api")["secret_key"] == SECRET_KEY


def test_what_is_left_over_at_a_silent_stripe_undoes_no_saving(owners: Owners) -> None:
    """Bug: the settings were saved, and the answer was 503 without a check."""
    owners.beside.fault(500, times=2, path="/v1/webhook_endpoints", method="GET")
    status, saved = owners.put()
    assert (status, saved["check"]["status"]) == (200, "not_finished")
    assert "left over" in [each["name"] for each in saved["check"]["lines"]]
    assert owners("GET", SETTINGS)[1]["connected"] is True
    status, saved = owners.put()
    assert "left over" not in [each["name"] for each in saved["check"]["lines"]]


def test_a_secret_that_was_rolled_stays_so_when_stripe_falls_silent(owners: Owners) -> None:
    owners.put()
    former = owners.sealed("signing")
    owners.beside.fault(500, times=2, path="/v1/webhook_endpoints", method="GET")
    status, rolled = owners("POST", f"{SETTINGS}/roll-webhook-secret", {})
    assert status == 200
    kept = owners.sealed("signing")
    assert kept["endpoint_id"] == rolled["webhook_endpoint_id"] != former["endpoint_id"]


def test_an_answer_that_is_lost_on_the_way_is_given_again(owners: Owners) -> None:
    path = "/v1/webhook_endpoints"
    owners.beside.fault("reset", times=1, path=path, method="POST", after_effect=True)
    status, saved = owners.put()
    assert status == 200
    [endpoint] = owners.endpoints()
    assert endpoint["id"] == saved["webhook_endpoint_id"]
    assert len(owners.sealed("signing")["secrets"]) == 1


def test_two_who_save_at_once_do_not_mix(owners: Owners, monkeypatch: pytest.MonkeyPatch) -> None:
    make = endpoints.make
    seen: list[tuple[int, Any]] = []

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(endpoints, "make", make)
        seen.append(owners.put(by="admin"))
        return make(*given)

    monkeypatch.setattr(endpoints, "make", meanwhile)
    assert owners.put()[0] == 200
    [(status, problem)] = seen
    assert (status, problem["code"]) == (409, "request_in_progress")
    assert len(owners.endpoints()) == 1


# ------------------------------------------------------------------ refused


def test_a_key_that_stripe_does_not_know_changes_nothing(
    owners: Owners, table: TableInMoto
) -> None:
    before = table.items()
    status, problem = owners.put(secret_key="sk_test_000000000000000unknown")
    assert (status, problem["code"]) == (422, "key_refused_by_stripe")
    assert pointers(problem) == ["/secret_key"]
    assert "unknown" not in problem["errors"][0]["detail"].replace("not known", "")
    assert table.items() == before
    assert owners.aws.sealed == {}


def test_a_revoked_key_is_refused(owners: Owners) -> None:
    account = owners.another_account()
    owners.beside.control.post("/_sim/keys/revoke", json={"key": account["secret_key"]})
    status, problem = owners.put(**{name: account[name] for name in account if name != "id"})
    assert (status, problem["code"]) == (422, "key_refused_by_stripe")


@pytest.mark.parametrize(
    ("permissions", "said"),
    [
        ({"webhook_endpoints": "write"}, "may not read the account"),
        ({"accounts": "read", "webhook_endpoints": "read"}, "may not write webhook endpoints"),
    ],
)
def test_a_key_without_a_needed_permission_is_refused_and_nothing_is_kept(
    owners: Owners, table: TableInMoto, permissions: dict[str, str], said: str
) -> None:
    status, problem = owners.put(secret_key=owners.restricted(**permissions))
    assert (status, problem["code"]) == (422, "key_lacks_permission")
    assert said in problem["detail"]
    assert owners.sealed("api") is None
    assert not [key for key, _ in table.items() if key.startswith("account#")]
    assert owners.put()[0] == 200


def test_a_restricted_key_is_enough(owners: Owners) -> None:
    key = owners.restricted(accounts="read", webhook_endpoints="write")
    status, saved = owners.put(secret_key=key)
    assert (status, saved["secret_key_last4"]) == (200, key[-4:])


@pytest.mark.parametrize(
    ("sent", "code", "pointer"),
    [
        ({"secret_key": "sk_test_1 2"}, "invalid_keys", "/secret_key"),
        ({"publishable_key": "pk_live_51Hxyz0123456789"}, "invalid_keys", "/secret_key"),
        ({"publishable_key": None}, "invalid_keys", "/publishable_key"),
        ({"webhook_signing_secrets": ["x"]}, "invalid_keys", "/webhook_signing_secrets/0"),
        ({"webhook_signing_secrets": "whsec_"}, "invalid_input", "/webhook_signing_secrets"),
        ({"online_booking_enabled": "yes"}, "invalid_input", "/online_booking_enabled"),
        ({"secretkey": "x"}, "invalid_input", "/secretkey"),
    ],
)
def test_mistakes_are_told_with_their_place(
    owners: Owners, sent: dict[str, Any], code: str, pointer: str
) -> None:
    status, problem = owners.put(**sent)
    assert (status, problem["code"], pointers(problem)) == (422, code, [pointer])


def test_a_currency_that_the_account_cannot_charge_is_refused(
    owners: Owners, places: LocationStore
) -> None:
    places.save_location(replace(DEMO, currency="irr"))
    status, problem = owners.put()
    assert (status, problem["code"]) == (422, "currency_not_supported")
    places.save_location(replace(DEMO, currency="sek"))
    assert owners.put()[0] == 200


def test_the_settlement_currency_is_that_of_the_balance_that_charges_come_to(
    owners: Owners, places: LocationStore
) -> None:
    def settlement_currency() -> str:
        stored = places.get_location("demo")
        assert stored
        return stored.location.settlement_currency()

    places.save_location(replace(DEMO, currency="sek"))
    assert settlement_currency() == "sek"
    assert owners.put()[0] == 200
    assert settlement_currency() == "eur"
    own = {"settlement_currencies": ["sek"]}
    owners.beside.control.post("/_sim/account", json=own).raise_for_status()
    assert owners.put()[0] == 200
    assert settlement_currency() == "sek"
    owners.beside.control.post("/_sim/account", json={"settlement_currencies": []})


def test_while_stripe_does_not_answer_nothing_changes(owners: Owners, table: TableInMoto) -> None:
    before = table.items()
    owners.beside.fault(500, path="/v1/account", times=2)
    status, problem = owners.put()
    assert (status, problem["code"]) == (503, "stripe_unavailable")
    assert table.items() == before


def test_while_kms_does_not_answer_the_caller_is_told_to_try_again(owners: Owners) -> None:
    owners.aws.fail("Encrypt", *[(500, b"{}")] * 3)
    assert owners.put()[0] == 503


@pytest.mark.parametrize("purpose", ["api", "signing"])
def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(
    owners: Owners, monkeypatch: pytest.MonkeyPatch, purpose: str
) -> None:
    """The lease keeps others away for forty seconds; the version does so for good."""
    owners.put()
    before = owners.sealed(purpose)
    encrypt = FakeAws._encrypt

    def meanwhile(self: FakeAws, sent: dict[str, Any]) -> tuple[int, bytes]:
        if sent["EncryptionContext"]["purpose"] == purpose:
            self.versions[f"{purpose}#demo"] = 7
        return encrypt(self, sent)

    monkeypatch.setattr(FakeAws, "_encrypt", meanwhile)
    account = owners.another_account()
    keys = {name: account[name] for name in account if name != "id"}
    status, problem = owners.put(**keys)
    assert (status, problem["code"]) == (409, "request_in_progress")
    assert owners.sealed(purpose) == before


# ------------------------------------------------------------------ one account, one location


def test_an_account_serves_one_location(owners: Owners, table: TableInMoto) -> None:
    assert owners.put()[0] == 200
    status, problem = owners.put(location_id="other", by="other-owner")
    assert (status, problem["code"]) == (409, "account_in_use")
    assert owners.sealed("api", "other") is None
    assert table.bodies("connection").keys() == {("demo#connection", "connection")}
    account = owners.another_account()
    keys = {name: account[name] for name in account if name != "id"}
    status, saved = owners.put(location_id="other", by="other-owner", **keys)
    assert (status, saved["account"]["id"]) == (200, account["id"])


def test_an_account_that_was_left_is_free_and_gets_no_more_events(owners: Owners) -> None:
    owners.put()
    account = owners.another_account()
    keys = {name: account[name] for name in account if name != "id"}
    assert owners.put(**keys)[0] == 200
    assert owners.endpoints() == []
    assert len(owners.endpoints(account["secret_key"])) == 1
    assert owners.put(location_id="other", by="other-owner")[0] == 200


def test_a_former_account_whose_key_is_revoked_is_left_all_the_same(
    owners: Owners, log: io.StringIO
) -> None:
    first, second = owners.another_account(), owners.another_account()
    owners.put(publishable_key=first["publishable_key"], secret_key=first["secret_key"])
    owners.beside.control.post("/_sim/keys/revoke", json={"key": first["secret_key"]})
    keys = {name: second[name] for name in ("publishable_key", "secret_key")}
    assert owners.put(**keys)[0] == 200
    assert "a former endpoint stays at Stripe" in log.getvalue()


# ------------------------------------------------------------------ the owner's own endpoint


def test_a_given_secret_registers_nothing(owners: Owners) -> None:
    given = ["whsec_0123456789abcdef", "whsec_fedcba9876543210"]
    status, saved = owners.put(webhook_signing_secrets=given)
    assert (status, saved["webhook_endpoint_id"]) == (200, None)
    assert saved["webhook_signing_secrets_last4"] == ["cdef", "3210"]
    assert owners.sealed("signing") == {"mode": "test", "secrets": given}
    assert owners.endpoints() == []


def made_by_hand(owners: Owners, **changed: Any) -> dict[str, Any]:
    """The owner makes an endpoint with our address by hand; its secret is in the answer."""
    _, shown = owners("GET", SETTINGS)
    sent = {
        "url": shown["webhook_url"],
        **{f"enabled_events[{n}]": name for n, name in enumerate(shown["webhook_events"])},
        **changed,
    }
    made = owners.beside.control.post("/v1/webhook_endpoints", data=sent, auth=(SECRET_KEY, ""))
    return dict(made.raise_for_status().json())


def test_the_secret_of_our_own_endpoint_keeps_it(owners: Owners) -> None:
    """Bug: the endpoint was deleted, and the location left without webhooks and a warning."""
    _, first = owners.put()
    kept = owners.sealed("signing")["secrets"]
    status, saved = owners.put(webhook_signing_secrets=kept)
    assert status == 200
    [endpoint] = owners.endpoints()
    assert endpoint["id"] == saved["webhook_endpoint_id"] == first["webhook_endpoint_id"]
    assert owners.sealed("signing")["secrets"] == kept
    assert owners.put()[1]["webhook_endpoint_id"] == first["webhook_endpoint_id"]


def test_the_only_endpoint_that_delivers_stays_with_its_secret(owners: Owners) -> None:
    """A secret was sent, and there is no endpoint at Stripe that it could be of."""
    owners.put()
    [own] = owners.sealed("signing")["secrets"]
    given = "whsec_0123456789abcdef"
    _, saved = owners.put(webhook_signing_secrets=[given])
    [endpoint] = owners.endpoints()
    assert saved["webhook_endpoint_id"] == endpoint["id"]
    assert owners.sealed("signing")["secrets"] == [given, own]
    assert saved["webhook_signing_secrets_last4"] == ["cdef", own[-4:]]


def test_a_secret_that_an_owner_replaces_ends_and_ours_stays(owners: Owners) -> None:
    """Bug: while our own endpoint stayed, every secret that was ever sent was taken for good."""
    owners.put()
    [own] = owners.sealed("signing")["secrets"]
    first, second = "whsec_0123456789abcdef", "whsec_fedcba9876543210"
    for given in (first, second):
        _, saved = owners.put(webhook_signing_secrets=[given])
        assert owners.sealed("signing")["secrets"] == [given, own]
        assert saved["webhook_signing_secrets_last4"] == [given[-4:], own[-4:]]
    assert SigningSecretStore(load_config()).get("demo").secrets == (second, own)
    [endpoint] = owners.endpoints()
    assert endpoint["id"] == saved["webhook_endpoint_id"]


def test_an_owners_endpoint_that_was_mended_takes_ours_away(owners: Owners) -> None:
    """Bug: its secret was known by then, and taken for ours."""
    owners.put()
    theirs = made_by_hand(owners, **{"enabled_events[0]": "payout.paid"})
    path, given = f"/v1/webhook_endpoints/{theirs['id']}", [theirs["secret"]]
    lacking = {"enabled_events[0]": "payout.paid"}
    owners.beside.control.post(path, data=lacking, auth=(SECRET_KEY, "")).raise_for_status()
    assert owners.put(webhook_signing_secrets=given)[1]["webhook_endpoint_id"]
    _, shown = owners("GET", SETTINGS)
    all_of_them = {f"enabled_events[{n}]": name for n, name in enumerate(shown["webhook_events"])}
    owners.beside.control.post(path, data=all_of_them, auth=(SECRET_KEY, "")).raise_for_status()
    assert owners.put(webhook_signing_secrets=given)[1]["webhook_endpoint_id"] is None
    assert [each["id"] for each in owners.endpoints()] == [theirs["id"]]


def test_what_an_earlier_release_did_not_tell_apart_stays(owners: Owners) -> None:
    """Which of them is our endpoint's is not known, and that endpoint delivers."""
    _, first = owners.put()
    kept = owners.sealed("signing")
    del kept["own"]
    kept["secrets"].insert(0, "whsec_0123456789abcdef")
    owners.aws.sealed["signing#demo"] = json.dumps(kept)
    owners.put(webhook_signing_secrets=["whsec_fedcba9876543210"])
    found = SigningSecretStore(load_config()).get("demo")
    assert set(found.secrets) == {"whsec_fedcba9876543210", *kept["secrets"]}
    assert found.endpoint_id == first["webhook_endpoint_id"]


def test_an_endpoint_of_the_owners_that_delivers_takes_ours_away(owners: Owners) -> None:
    owners.put()
    [own] = owners.sealed("signing")["secrets"]
    theirs = made_by_hand(owners)
    _, saved = owners.put(webhook_signing_secrets=[theirs["secret"]])
    assert saved["webhook_endpoint_id"] is None
    assert [each["id"] for each in owners.endpoints()] == [theirs["id"]]
    assert owners.sealed("signing")["secrets"] == [theirs["secret"]]
    # What ours has under way is still taken.
    assert SigningSecretStore(load_config()).get("demo").secrets == (theirs["secret"], own)
    status, problem = owners("POST", f"{SETTINGS}/roll-webhook-secret")
    assert (status, problem["code"]) == (409, "endpoint_not_ours")


def test_an_endpoint_of_the_owners_that_lacks_events_leaves_ours(owners: Owners) -> None:
    owners.put()
    theirs = made_by_hand(owners, **{"enabled_events[0]": "payout.paid"})
    owners.beside.control.post(
        f"/v1/webhook_endpoints/{theirs['id']}", data={"enabled_events[0]": "payout.paid"},
        auth=(SECRET_KEY, ""),
    ).raise_for_status()  # fmt: skip
    owners.put(webhook_signing_secrets=[theirs["secret"]])
    assert len(owners.endpoints()) == 2


def test_a_secret_of_both_endpoints_leaves_both(owners: Owners) -> None:
    owners.put()
    [own] = owners.sealed("signing")["secrets"]
    theirs = made_by_hand(owners)
    owners.put(webhook_signing_secrets=[own, theirs["secret"]])
    assert len(owners.endpoints()) == 2


def test_a_key_that_may_not_see_endpoints_takes_none_away(owners: Owners) -> None:
    _, first = owners.put()
    key = owners.restricted(accounts="read")
    given = ["whsec_0123456789abcdef"]
    status, saved = owners.put(secret_key=key, webhook_signing_secrets=given)
    assert (status, saved["webhook_endpoint_id"]) == (200, first["webhook_endpoint_id"])
    assert len(owners.endpoints()) == 1


# ------------------------------------------------------------------ rolling


def test_a_rolled_secret_works_beside_the_old_one_for_a_day(owners: Owners) -> None:
    _, first = owners.put()
    old = owners.sealed("signing")["secrets"][0]
    status, rolled = owners("POST", f"{SETTINGS}/roll-webhook-secret")
    assert status == 200
    new = owners.sealed("signing")["secrets"][0]
    [endpoint] = owners.endpoints()
    assert endpoint["id"] == rolled["webhook_endpoint_id"] != first["webhook_endpoint_id"]
    assert rolled["webhook_signing_secrets_last4"] == [new[-4:]]
    assert rolled["old_secret_valid_until"].endswith("Z")
    store = SigningSecretStore(load_config())
    assert store.get("demo").secrets == (new, old)
    assert store.get_lasting("demo").secrets == (new,)
    later = time.time() + endpoints.OVERLAP_S + 1
    after = SigningSecretStore(load_config(), now=lambda: later)
    assert after.get("demo").secrets == (new,)


def test_a_leaked_secret_is_cut_off_in_one_step(owners: Owners, config: Config) -> None:
    """Bug: the former secret was always taken for another day."""
    owners.put()
    oldest = owners.sealed("signing")["secrets"][0]
    owners("POST", f"{SETTINGS}/roll-webhook-secret")
    leaked = owners.sealed("signing")["secrets"][0]
    body = {"keep_former": False}
    status, rolled = owners("POST", f"{SETTINGS}/roll-webhook-secret", body)
    assert status == 200
    taken = SigningSecretStore(load_config()).get("demo").secrets
    assert taken == (owners.sealed("signing")["secrets"][0],)
    assert not {leaked, oldest} & set(taken), "one that was retiring ends too"
    valid_until = datetime.fromisoformat(rolled["old_secret_valid_until"]).timestamp()
    assert valid_until <= time.time() + 60
    [endpoint] = owners.endpoints()
    assert endpoint["id"] == rolled["webhook_endpoint_id"]
    entries = AuditLog(config).list_entries("demo", int(time.time()), 10).items
    rolls = [entry for entry in entries if entry["what"] == "payment_settings.secret_rolled"]
    assert {entry["ids"]["keep_former"] for entry in rolls} == {"true", "false"}


@pytest.mark.parametrize("body", [{"keep_former": "no"}, {"keep_former": None}, {"former": False}])
def test_a_roll_that_is_asked_for_wrongly_changes_nothing(
    owners: Owners, body: dict[str, Any]
) -> None:
    owners.put()
    kept = owners.sealed("signing")
    status, problem = owners("POST", f"{SETTINGS}/roll-webhook-secret", body)
    assert (status, problem["code"]) == (422, "invalid_input")
    assert owners.sealed("signing") == kept


def test_what_is_not_connected_cannot_be_rolled(owners: Owners) -> None:
    status, problem = owners("POST", f"{SETTINGS}/roll-webhook-secret")
    assert (status, problem["code"]) == (409, "not_connected")


def test_a_revoked_key_cannot_roll_and_the_old_secret_stays(owners: Owners) -> None:
    account = owners.another_account()
    owners.put(**{name: account[name] for name in account if name != "id"})
    kept = owners.sealed("signing")
    owners.beside.control.post("/_sim/keys/revoke", json={"key": account["secret_key"]})
    status, problem = owners("POST", f"{SETTINGS}/roll-webhook-secret")
    assert (status, problem["code"]) == (422, "key_refused_by_stripe")
    assert owners.sealed("signing") == kept


def test_a_key_of_another_mode_than_the_location_is_none(owners: Owners) -> None:
    owners.put()
    keys = ApiKeyStore(load_config())
    assert keys.secret_key("demo", mode="test") == SECRET_KEY
    assert keys.secret_key("demo", mode="live") is None
    owners.aws.sealed["api#demo"] = '{"secret_key": "rk_live_1"}'
    assert keys.secret_key("demo", mode="live") == "rk_live_1"


def test_the_table_is_asked_before_stripe(owners: Owners) -> None:
    for by, expected in (("manager", 403), ("finance", 403), ("other-owner", 404)):
        assert owners.put(by=by)[0] == expected
        assert owners("GET", SETTINGS, by=by)[0] == expected
        assert owners("POST", f"{SETTINGS}/roll-webhook-secret", by=by)[0] == expected
    assert owners.beside.sent == []
