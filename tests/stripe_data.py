"""Stripe's own data, which is no part of the project: its description and recorded events.

`BOOKPAY_STRIPE_DATA` names the folder that holds it; docs/contributing.md says what is in there.
What needs it is skipped without it, and the end of the run says how much that was. A folder that is
named and lacks something fails the run.
"""

import os
from pathlib import Path

import pytest

VARIABLE = "BOOKPAY_STRIPE_DATA"
NO_STRIPE_DATA = f"{VARIABLE} is not set: Stripe's own data is no part of the project"
_named = os.environ.get(VARIABLE, "")
HAS_STRIPE_DATA = bool(_named)
# Without the variable nothing is read of it: each of these is then a path that is not there.
STRIPE_DATA = Path(_named).resolve() if HAS_STRIPE_DATA else Path(os.devnull) / VARIABLE
SPEC = STRIPE_DATA / "spec3.json"
RECORDED_EVENTS = STRIPE_DATA / "events"
REPLICA_EVENTS = RECORDED_EVENTS / "seahaven-synthetic"
TRIGGERS = STRIPE_DATA / "triggers"

needs_stripe_data = pytest.mark.skipif(not HAS_STRIPE_DATA, reason=NO_STRIPE_DATA)


def require_what_was_named() -> None:
    """Refuse a run whose variable names a folder without Stripe's data, rather than skip."""
    missing = [path.name for path in (SPEC, REPLICA_EVENTS, TRIGGERS) if not path.exists()]
    if HAS_STRIPE_DATA and missing:
        raise pytest.UsageError(f"{VARIABLE}={_named}: there is no {', '.join(missing)} in it")


def skipped_for_it(reporter: pytest.TerminalReporter) -> int:
    """Count the run's tests that were skipped for want of the data."""
    return sum(VARIABLE in str(report.longrepr) for report in reporter.stats.get("skipped", []))
