"""What is kept of a connection and an account, and what is read back of it."""

from copy import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.locations.location import Location, location_from_dict, location_to_dict
from shared.domain.locations.members import (
    Invitation,
    Member,
    Members,
    members_from_dict,
    members_to_dict,
)
from shared.domain.locations.stripe_account import (
    AccountFacts,
    account_from_stripe,
    account_warnings,
)
from shared.domain.locations.stripe_connection import (
    Connection,
    connection_from_dict,
    connection_to_dict,
)

ACCOUNT = AccountFacts(
    "acct_1", "DE", "eur", charges_enabled=True, payouts_enabled=True, name="Salon",
    statement_descriptor="SALON",
)  # fmt: skip
accounts = st.builds(AccountFacts)
connections = st.builds(Connection, account=st.none() | accounts)


@given(connections)
def test_a_connection_is_read_back_as_it_was_written(connection: Connection) -> None:
    assert connection_from_dict(connection_to_dict(connection)) == connection


@given(
    st.dictionaries(st.text(min_size=1), st.builds(Member)),
    st.dictionaries(st.text(min_size=1), st.builds(Invitation)),
)
def test_members_are_read_back_as_they_were_written(
    joined: dict[str, Member], invited: dict[str, Invitation]
) -> None:
    known = Members(
        {name: replace(each, user_id=name) for name, each in joined.items()},
        {name: replace(each, invitation_id=name) for name, each in invited.items()},
    )
    assert members_from_dict(members_to_dict(known)) == known


def test_a_location_of_before_pays_with_cards() -> None:
    location = Location("demo", "Demo", "UTC", "eur", "DE", "test", 1)
    written = location_to_dict(location)
    del written["payment_method_types"]
    assert location_from_dict(written).payment_method_types == ("card",)


def test_an_account_that_stripe_tells_little_of_is_incomplete() -> None:
    account = account_from_stripe({"id": "acct_1"})
    codes = [each["code"] for each in account_warnings(account, "DE")]
    assert codes == [
        "charges_disabled",
        "payouts_disabled",
        "business_name_missing",
        "statement_descriptor_missing",
        "country_differs",
    ]
    assert account_warnings(ACCOUNT, "DE") == []


def test_the_dashboards_name_stands_in_for_a_missing_one() -> None:
    shown = {"id": "acct_1", "settings": {"dashboard": {"display_name": "Salon"}}}
    assert account_from_stripe(shown).name == "Salon"
