"""The surroundings that tests of entry points need: environment, table, Stripe, log, clock."""

from tests.surroundings.fixtures import *  # noqa: F403
