"""Everything that Bookpay raises itself, a class for each thing that a caller does differently.

BookpayError
├── UnreadableEvent        a Stripe object is not what Stripe documents: keep it, tell staff
├── InvalidFacts           facts that were built or stored wrongly: a bug, stop
│   └── UnknownKind        JSON of a kind that only a newer release knows
├── InvalidMoney           no amount of money: too large, a float, no currency
├── CurrencyMismatch       two currencies where one was expected
├── AwsRefused             AWS says no, and will again: mend the deployment, or the code
│   ├── AwsDenied          the role or a key does not allow it
│   ├── AwsInvalid         the call is not as it has to be
│   ├── AwsTooLarge        over the service's limit
│   └── AwsGone            what was asked for is not there
├── AwsUnreachable         AWS may say yes later: try again
│   └── AwsThrottled       it has too much to do right now
├── StripeRefused          Stripe says no: tell staff, in words
│   └── StripeKeyRefused   the key is wrong, expired or revoked: mend it, then try again
│       └── PermissionMissing  the restricted key may not do this: widen it in the Dashboard
├── StripeUnavailable      Stripe may say yes later: try again under the same key
│   ├── StripeBusy         the same request is under way: look what came of it
│   └── StripeTooSlow      it took all of the time: leave it to the next hour
├── WriteConflict          somebody else wrote first: read again, decide again
│   └── Overtaken          somebody else did it, or is at it: to look again at once is no use
│       └── NewerRelease   a newer release wrote it, and has to change it
└── Problem                the caller of the API gets it, as RFC 9457 says
    ├── InvalidSignature, InvalidPayload, ModeMismatch, PayloadTooLarge, NotAccepted
    ├── ServiceFault       500: trying again does not help
    ├── InvalidInput       422, with a pointer for each mistake
    ├── NotFound           404: also for what the caller may not see
    ├── Forbidden          403
    │   └── EdgeRequired   the request went past the CDN that stands before the API
    ├── Conflict           409, with a code for each reason
    │   └── NotAgreed      with the figures that the client has to agree to first
    ├── TooManyRequests    429, with the seconds to wait
    └── Unavailable        502 and 503: try again
"""

from collections.abc import Mapping, Sequence
from typing import Any


class BookpayError(Exception):
    """The root: nothing else is raised on purpose."""


class UnreadableEvent(BookpayError):
    """A Stripe object is missing, or has in a wrong form, what the money depends on.

    The message names the JSON pointer and never the value.
    """


class InvalidFacts(BookpayError):
    """A fact about a payment is not what it may be, when built or when read back.

    The message names the field as a JSON pointer and never the value.
    """


class UnknownKind(InvalidFacts):
    """A message, or an entry of a list, of a kind that this release does not know."""


class InvalidMoney(BookpayError):
    """An amount that is no int of minor units within bounds, or a currency that is no code."""


class CurrencyMismatch(BookpayError):
    """Two amounts in different currencies were added, subtracted or compared."""


class AwsRefused(BookpayError):
    """AWS refused a call and will refuse it again; `code` is the service's, for the log."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class AwsDenied(AwsRefused):
    """The function's role, or a key, does not allow the call."""


class AwsInvalid(AwsRefused):
    """The call is not as the service wants it."""


class AwsTooLarge(AwsRefused):
    """What was to be written is over the service's limit."""


class AwsGone(AwsRefused):
    """What was asked for, such as a table, a parameter or a user, is not there."""


class AwsUnreachable(BookpayError):
    """AWS gave no answer, or failed itself, on every attempt; `code` is the service's, or ""."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class AwsThrottled(AwsUnreachable):
    """AWS takes no more calls right now."""


class StripeRefused(BookpayError):
    """Stripe refused a request for good; `code` is Stripe's, such as `amount_too_small`."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class StripeKeyRefused(StripeRefused):
    """Stripe rejects the key (401); the request succeeds once the key is fixed."""


class PermissionMissing(StripeKeyRefused):
    """The restricted key may not make this call (403)."""


class StripeUnavailable(BookpayError):
    """Stripe did not answer, throttled or failed; `replayed`: it repeated a saved failure."""

    def __init__(self, message: str, *, replayed: bool = False) -> None:
        super().__init__(message)
        self.replayed = replayed


class StripeBusy(StripeUnavailable):
    """Stripe is still processing the same request, sent a moment before."""


class StripeTooSlow(StripeUnavailable):
    """So many calls were made, or took so long, that there was no time for this one."""


class WriteConflict(BookpayError):
    """A write's condition no longer held: somebody else wrote in between."""


class Overtaken(WriteConflict):
    """Somebody else did the same, or is doing it now: it is for later, or for nobody."""


class NewerRelease(Overtaken):
    """A newer release wrote what this one does not know: it is to be changed by that one.

    The message is the JSON pointer of the word.
    """


class Problem(BookpayError):
    """What a caller of the API gets: a status, a stable code, and a sentence for people.

    `to_dict` gives the problem document of RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457).
    """

    status = 500
    code = "internal_error"
    title = "Something went wrong"

    def __init__(
        self, detail: str = "", *, code: str = "", errors: Sequence[dict[str, str]] = ()
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.code = code or self.code
        self.errors = tuple(errors)

    def to_dict(self) -> dict[str, Any]:
        """Return the problem document."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            document["detail"] = self.detail
        if self.errors:
            document["errors"] = list(self.errors)
        return document


class InvalidSignature(Problem):
    """Not from Stripe, not fresh, or for an unknown location; the answer does not say which."""

    status, code, title = 400, "invalid_signature", "The signature is not valid"

    def to_dict(self) -> dict[str, Any]:
        """Return the same document for every reason."""
        return {**super().to_dict(), "detail": "Sign the raw body with the endpoint's secret."}


class InvalidPayload(Problem):
    """Signed, but not a Stripe event."""

    status, code, title = 400, "invalid_payload", "The body is not a Stripe event"


class ModeMismatch(Problem):
    """A test event for a live location, or the reverse."""

    status, code, title = 400, "mode_mismatch", "The event's mode is not the location's"


class PayloadTooLarge(Problem):
    """The body is over the limit."""

    status, code, title = 413, "payload_too_large", "The body is too large"


class NotAccepted(Problem):
    """The bus did not take the event; the sender is to try again."""

    status, code, title = 503, "not_accepted", "The event was not taken; send it again"


class ServiceFault(Problem):
    """AWS refuses what the service needs: whoever runs it has to mend that, and no retry helps."""

    status, code, title = 500, "service_fault", "The service is out of order"


class InvalidInput(Problem):
    """A request that breaks the contract; `errors` has a pointer and a sentence for each."""

    status, code, title = 422, "invalid_input", "The request is not valid"


class NotFound(Problem):
    """Not there, or not for this caller to see."""

    status, code, title = 404, "not_found", "Not found"


class Forbidden(Problem):
    """Not allowed with the caller's role."""

    status, code, title = 403, "forbidden", "Your role does not allow this"


class EdgeRequired(Forbidden):
    """A CDN stands before the API, and the request did not come through it."""

    code, title = "edge_required", "This address is not open to the public"


class Conflict(Problem):
    """The request is right and the state is not; `code` says which."""

    status, code, title = 409, "conflict", "That is not possible now"


class NotAgreed(Conflict):
    """The client agreed to another amount, or to other terms, than apply now.

    `figures` are members of the problem document: what to show, and to send when asking again.
    """

    def __init__(self, detail: str, *, code: str, figures: Mapping[str, int | str]) -> None:
        super().__init__(detail, code=code)
        self.figures = dict(figures)

    def to_dict(self) -> dict[str, Any]:
        """Return the problem document with the present figures."""
        return {**super().to_dict(), **self.figures}


class TooManyRequests(Problem):
    """A limit for unknown callers is reached; `retry_after_s` says when there is room again."""

    status, code, title = 429, "too_many_requests", "Too many at once"

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Unavailable(Problem):
    """A service that we need does not answer."""

    status, code, title = 503, "unavailable", "Not possible at the moment; try again"
