"""Faults on order: the next calls of a path fail, before or after their work is done."""

from dataclasses import dataclass
from typing import Any

from infra.local.stripe_simulator.cards import GENERIC
from infra.local.stripe_simulator.errors import StripeError

STATUSES = (500, 429, 402)
BROKEN = ("timeout", "reset")
SLOW = "slow"


@dataclass
class Fault:
    """One order for trouble.

    `path` is exact, or a beginning where it ends in `*`. `times` counts down with each call hit.
    With `after_effect` the work is done first; only calls that change something are hit then.
    `slow` is no failure: execution takes `seconds`, with its idempotency key in flight.
    """

    path: str
    status: int | str
    times: int = 1
    after_effect: bool = False
    method: str | None = None
    seconds: float = 1.0

    def hits(self, method: str, path: str) -> bool:
        """Tell whether a call is one of those that shall fail."""
        if self.times <= 0 or (self.method and self.method != method):
            return False
        if self.after_effect and method == "GET":
            return False
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        return path == self.path

    def error(self) -> StripeError:
        """Give the failure that is answered, for faults that answer at all."""
        if self.status == 429:  # noqa: PLR2004
            return StripeError(
                429,
                "invalid_request_error",
                "Too many requests hit the API too quickly.",
                code="rate_limit",
                before_execution=True,
            )
        if self.status == 402:  # noqa: PLR2004
            return StripeError(
                402,
                "card_error",
                GENERIC.message,
                code=GENERIC.code,
                decline_code=GENERIC.decline_code,
            )
        return StripeError(500, "api_error", "An unknown error occurred (ordered by a fault).")


class Faults:
    """The faults on order, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def order(self, raw: dict[str, Any]) -> Fault:
        """Take an order as the control call sends it; raises ValueError with the reason."""
        unknown = raw.keys() - {"path", "status", "times", "after_effect", "method", "seconds"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        fault = Fault(**raw)
        if not isinstance(fault.path, str) or not fault.path.startswith("/"):
            raise ValueError("path must begin with a slash")
        if fault.status not in (*STATUSES, *BROKEN, SLOW):
            raise ValueError(f"status must be one of {(*STATUSES, *BROKEN, SLOW)}")
        if fault.after_effect and fault.status not in (500, *BROKEN):
            raise ValueError("after_effect goes with 500, timeout and reset")
        if not isinstance(fault.times, int) or not isinstance(fault.seconds, int | float):
            raise ValueError("times and seconds must be numbers")  # noqa: TRY004
        self._faults.append(fault)
        return fault

    def take(self, method: str, path: str, *, after_effect: bool) -> Fault | None:
        """Give the first fault that hits this call and count it, or None."""
        for fault in self._faults:
            fits = fault.status != SLOW and fault.after_effect == after_effect
            if fits and fault.hits(method, path):
                return self._count(fault)
        return None

    def take_slow(self, method: str, path: str) -> Fault | None:
        """Give the first order to be slow that hits this call and count it, or None."""
        for fault in self._faults:
            if fault.status == SLOW and fault.hits(method, path):
                return self._count(fault)
        return None

    def clear(self) -> None:
        """Forget all orders."""
        self._faults.clear()

    def _count(self, fault: Fault) -> Fault:
        fault.times -= 1
        self._faults = [kept for kept in self._faults if kept.times > 0]
        return fault
