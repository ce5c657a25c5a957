"""The surroundings that tests of use cases need: environment, table, Stripe, log, clock."""

from tests.surroundings.fixtures import *  # noqa: F403
