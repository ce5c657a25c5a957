"""Control calls about money: what banks do to refunds, disputes and payouts."""

from collections.abc import Callable

from starlette.requests import Request

from infra.local.stripe_simulator import disputing, paying_out, refunding
from infra.local.stripe_simulator.errors import StripeObject, invalid_param
from infra.local.stripe_simulator.state import Account

type Handle = Callable[[Request, StripeObject], StripeObject]


class MoneyControl:
    """The control calls about one account's money; each answers the object it changed."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def table(self) -> list[tuple[str, str, Handle]]:
        """Give method, path and function of each call."""
        return [
            ("POST", "/_sim/charges/{charge}/dispute", self.dispute),
            ("POST", "/_sim/disputes/{dispute}/close", self.close_dispute),
            ("POST", "/_sim/disputes/{dispute}/turn", self.turn_dispute),
            ("POST", "/_sim/refunds/{refund}/fail", self.fail_refund),
            ("POST", "/_sim/refunds/{refund}/cancel", self.cancel_refund),
            ("POST", "/_sim/payouts", self.pay_out),
            ("POST", "/_sim/payouts/{payout}/fail", self.fail_payout),
        ]

    def dispute(self, request: Request, sent: StripeObject) -> StripeObject:
        """Dispute a charge: `reason`, `amount` in minor units or null for all, `inquiry`."""
        charge = self._named(request, "charge")
        amount, inquiry = sent.get("amount"), sent.get("inquiry", False)
        # `bool` counts as `int` in Python and is no amount.
        if amount is not None and (type(amount) is not int or amount < 1):
            raise invalid_param("amount must be a number above 0, or null", param="amount")
        if not isinstance(inquiry, bool):
            raise invalid_param("inquiry must be true or false", param="inquiry")
        reason = _one_of(sent, "reason", disputing.REASONS, "fraudulent")
        return disputing.open_dispute(self._account, charge, reason, amount, inquiry=inquiry)

    def close_dispute(self, request: Request, sent: StripeObject) -> StripeObject:
        """Decide a dispute: `status` is `won`, `lost` or, of an inquiry, `warning_closed`."""
        dispute = self._named(request, "dispute")
        status = _one_of(sent, "status", ("won", "lost", "warning_closed"), None)
        disputing.close(self._account, dispute, status)
        return dispute

    def turn_dispute(self, request: Request, _sent: StripeObject) -> StripeObject:
        """Lose a dispute after it was won."""
        dispute = self._named(request, "dispute")
        disputing.turn(self._account, dispute)
        return dispute

    def fail_refund(self, request: Request, sent: StripeObject) -> StripeObject:
        """Let a refund fail for a `failure_reason`."""
        refund = self._named(request, "refund")
        reason = _one_of(sent, "failure_reason", refunding.FAILURE_REASONS, "unknown")
        refunding.fail(self._account, refund, reason)
        return refund

    def cancel_refund(self, request: Request, _sent: StripeObject) -> StripeObject:
        """Cancel a pending refund, as the Dashboard can and the API cannot."""
        refund = self._named(request, "refund")
        refunding.cancel(self._account, refund, ("pending",))
        return refund

    def pay_out(self, _request: Request, sent: StripeObject) -> StripeObject:
        """Make the day's automatic payout now; with `instant` of what is pending too.

        `currency` is one that the account settles in, the default currency if none is sent.
        """
        instant = sent.get("instant", False)
        if not isinstance(instant, bool):
            raise invalid_param("instant must be true or false", param="instant")
        default = self._account.settings.currency
        currency = _one_of(sent, "currency", self._account.settles_in, default)
        payout = paying_out.pay_out_automatically(
            self._account, currency, with_pending=instant, quickly=True
        )
        if payout is None:
            raise refunding.refused("There is nothing to pay out.", code="balance_insufficient")
        return payout

    def fail_payout(self, request: Request, sent: StripeObject) -> StripeObject:
        """Let a payout fail for a `failure_code`."""
        payout = self._named(request, "payout")
        code = _one_of(sent, "failure_code", tuple(paying_out.FAILURES), "account_closed")
        paying_out.fail(self._account, payout, code)
        return payout

    def _named(self, request: Request, kind: str) -> StripeObject:
        return self._account.get(kind, request.path_params[kind])


def _one_of(sent: StripeObject, name: str, values: tuple[str, ...], default: str | None) -> str:
    value = sent.get(name, default)
    if value not in values:
        raise invalid_param(f"{name} must be one of {', '.join(values)}", param=name)
    return str(value)
