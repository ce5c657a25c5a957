"""Stripe's error answers as one exception, and a constructor for each reason to refuse a call."""

from http import HTTPStatus
from typing import Any

StripeObject = dict[str, Any]


class StripeError(Exception):
    """A refusal in Stripe's shape.

    `before_execution` tells whether the call was refused before it began: such an answer is not
    saved under an idempotency key (docs.stripe.com/api/idempotent_requests).
    """

    def __init__(
        self,
        status: int,
        error_type: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        before_execution: bool = False,
        **more: Any,  # noqa: ANN401 - decline_code, charge, payment_intent: whatever the body carries
    ) -> None:
        super().__init__(message)
        self.status = status
        self.before_execution = before_execution
        self.error: StripeObject = {"type": error_type, "message": message}
        if code is not None:
            self.error["code"] = code
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param is not None:
            self.error["param"] = param
        self.error |= {name: value for name, value in more.items() if value is not None}

    def body(self, request_id: str) -> StripeObject:
        """Give the answer's body, with a link to the request's log as Stripe adds one."""
        log = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": {**self.error, "request_log_url": log}}


def invalid_param(message: str, *, param: str, code: str | None = None) -> StripeError:
    """Refuse a parameter before anything is done."""
    return StripeError(
        HTTPStatus.BAD_REQUEST,
        "invalid_request_error",
        message,
        code=code,
        param=param,
        before_execution=True,
    )


def missing_param(param: str) -> StripeError:
    """Refuse a call that lacks a required parameter."""
    return invalid_param(f"Missing required param: {param}.", param=param, code="parameter_missing")


def no_such(kind: str, object_id: str, *, param: str = "id", status: int = 404) -> StripeError:
    """Refuse a call that names an object which is not there.

    404 where the object stands in the path, 400 where a parameter names it.
    """
    return StripeError(
        status,
        "invalid_request_error",
        f"No such {kind}: '{object_id}'",
        code="resource_missing",
        param=param,
    )


def wrong_state(message: str, *, code: str, **more: Any) -> StripeError:  # noqa: ANN401
    """Refuse what the object's present state does not allow."""
    return StripeError(HTTPStatus.BAD_REQUEST, "invalid_request_error", message, code=code, **more)


def unknown_url(method: str, path: str) -> StripeError:
    """Refuse a path that no operation has."""
    return StripeError(
        HTTPStatus.NOT_FOUND,
        "invalid_request_error",
        f"Unrecognized request URL ({method}: {path}). This simulator may not have it yet.",
        before_execution=True,
    )


def unauthorized(message: str, *, code: str | None = None) -> StripeError:
    """Refuse a key."""
    return StripeError(
        HTTPStatus.UNAUTHORIZED,
        "invalid_request_error",
        message,
        code=code,
        before_execution=True,
    )


def idempotency_mismatch(key: str, what: str) -> StripeError:
    """Refuse a key that was first used for something else."""
    return StripeError(
        HTTPStatus.BAD_REQUEST,
        "idempotency_error",
        f"The idempotency key '{key}' was first used with {what}. Use another key for this call.",
        before_execution=True,
    )


def key_in_use(key: str) -> StripeError:
    """Refuse a key whose first call is still being executed."""
    return StripeError(
        HTTPStatus.CONFLICT,
        "idempotency_error",
        f"Another call with the idempotency key '{key}' is being executed. Try again later.",
        code="idempotency_key_in_use",
        before_execution=True,
    )
