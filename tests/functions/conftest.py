"""The surroundings that tests of functions need: environment, table, Stripe, log, clock."""

from tests.surroundings.fixtures import *  # noqa: F403
