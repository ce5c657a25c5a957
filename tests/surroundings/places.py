"""The locations that a test's table holds, and who belongs to them."""

from shared.adapters.location_store import LocationStore
from shared.config import load_config


def locations() -> LocationStore:
    """The store of the table that the environment names."""
    return LocationStore(load_config())
