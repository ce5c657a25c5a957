"""The table's connections: opened once for an execution environment, whatever stores there are."""

from dataclasses import replace
from typing import Any

import botocore.session
import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable, Delete, Key
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.location_store import LocationStore
from shared.config import Config


@pytest.mark.usefixtures("table")
def test_a_request_that_goes_to_many_stores_opens_no_connection_that_is_open(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    create_client = botocore.session.Session.create_client

    def noting(session: botocore.session.Session, *args: Any, **more: Any) -> Any:
        opened.append(args[0])
        return create_client(session, *args, **more)

    monkeypatch.setattr(botocore.session.Session, "create_client", noting)
    # Nobody else's, so that nothing of it is open yet.
    config = replace(config, aws=replace(config.aws, session_token="of this test"))

    def request() -> None:
        assert LocationStore(config).get_location("demo") is None
        assert CatalogueStore(config).get_service("demo", "cut") is None
        assert BookingStore(config).get_booking("demo", "bk_1") is None
        nothing = [Delete(Key("demo#nothing", name)) for name in "ab"]
        BookingsTable(config).put(nothing)

    request()
    assert opened == ["dynamodb", "dynamodb"], "one to read with, one for transactions"
    request()
    assert len(opened) == 2
