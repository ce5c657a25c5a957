"""No webhook endpoint at Stripe is taken away on an assumption."""

from copy import replace

import pytest

from shared.adapters.stripe_account_api import Endpoint, StripeAccountApi
from tests.functions.test_payment_settings import made_by_hand
from tests.surroundings.salon import SECRET_KEY
from tests.surroundings.stripe_accounts import Owners

pytestmark = pytest.mark.enable_socket


@pytest.mark.parametrize("is_listed", [True, False])
def test_others_stay_while_the_new_one_is_not_seen_to_deliver(
    owners: Owners, monkeypatch: pytest.MonkeyPatch, is_listed: bool
) -> None:
    """Stripe's list is behind, or somebody has disabled the new one at this very moment."""
    theirs = made_by_hand(owners)["id"]
    list_all = StripeAccountApi.list_endpoints

    def listed(self: StripeAccountApi) -> list[Endpoint]:
        found = list_all(self)
        new = [replace(each, is_enabled=False) for each in found if each.endpoint_id != theirs]
        return [each for each in found if each.endpoint_id == theirs] + (new if is_listed else [])

    with monkeypatch.context() as patched:
        patched.setattr(StripeAccountApi, "list_endpoints", listed)
        status, saved = owners.put()
    assert status == 200
    new = saved["webhook_endpoint_id"]
    assert {each["id"] for each in owners.endpoints()} == {theirs, new}
    # Once it is seen to deliver, the others go.
    assert owners.put()[1]["webhook_endpoint_id"] == new
    assert [each["id"] for each in owners.endpoints()] == [new]


def test_an_endpoint_that_its_owner_has_pointed_elsewhere_stays_in_the_account_that_is_left(
    owners: Owners,
) -> None:
    _, saved = owners.put()
    path = f"/v1/webhook_endpoints/{saved['webhook_endpoint_id']}"
    moved = {"url": "https://other.example/hooks"}
    owners.beside.control.post(path, data=moved, auth=(SECRET_KEY, "")).raise_for_status()
    account = owners.another_account()
    assert owners.put(**{name: account[name] for name in account if name != "id"})[0] == 200
    assert [each["url"] for each in owners.endpoints()] == [moved["url"]]
