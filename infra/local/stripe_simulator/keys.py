"""The API keys of an account: the secret one, restricted ones, and those that were revoked.

docs.stripe.com/keys, docs.stripe.com/keys/restricted-api-keys
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from infra.local.stripe_simulator.errors import StripeError, unauthorized

READ, WRITE, NONE = "read", "write", "none"
# What expanding a list's objects needs beside the list: by default what the list was granted.
# https://docs.stripe.com/security/permissions: "to expand the source attribute"
EXPANSIONS = {("balance_transactions", "data.source"): "balance_transaction_sources"}
# First parts of a path that say nothing without the second.
_GROUPS = frozenset({"checkout", "radar"})


class Keys:
    """All keys of an account; keys are looked up, never written to an object or a log."""

    def __init__(self, secret: str, publishable: str) -> None:
        self._secret = secret
        self._publishable = publishable
        self._permissions: dict[str, dict[str, str]] = {}
        self._revoked: set[str] = set()

    def knows(self, key: str) -> bool:
        """Tell whether a key is or was this account's."""
        return key in {self._secret, self._publishable} or key in self._permissions

    def restrict(self, key: str, permissions: Mapping[str, str]) -> None:
        """Add a restricted key: resource, such as `refunds`, to `read` or `write`."""
        self._permissions[key] = dict(permissions)

    def revoke(self, key: str) -> None:
        """Make a key of this account expire."""
        self._revoked.add(key)

    def check(self, authorization: str, method: str, path: str) -> None:
        """Refuse a call whose key is missing, wrong, revoked (401) or not permitted (403)."""
        key = sent_key(authorization)
        if not key:
            raise unauthorized(
                "No API key was sent. Send it as a Bearer token or as Basic user name."
            )
        if key == self._publishable:
            raise unauthorized(
                "A publishable API key cannot make this call; it takes a secret key.",
                code="secret_key_required",
            )
        if key in self._revoked:
            raise unauthorized(f"Expired API Key provided: {_masked(key)}", code="api_key_expired")
        if not self.knows(key):
            raise unauthorized(f"Invalid API Key provided: {_masked(key)}")
        if key in self._permissions:
            self._check_permission(key, method, path)

    def _check_permission(self, key: str, method: str, path: str) -> None:
        resource, needed = resource_of(path), READ if method == "GET" else WRITE
        granted = self._permissions[key].get(resource, NONE)
        if granted not in {needed, WRITE}:
            raise _forbidden(key, needed, resource)

    def check_expansion(self, authorization: str, path: str, expand: Iterable[str]) -> None:
        """Refuse an expansion that a restricted key is not permitted (403)."""
        key, listed = sent_key(authorization), resource_of(path)
        permissions = self._permissions.get(key)
        if permissions is None:
            return
        for each in expand:
            resource = EXPANSIONS.get((listed, each), listed)
            if permissions.get(resource, permissions.get(listed, NONE)) == NONE:
                raise _forbidden(key, READ, resource)


def resource_of(path: str) -> str:
    """Name what a path's permission is called: `refunds`, `checkout_sessions`, `accounts`."""
    parts = path.strip("/").split("/")[1:]
    if not parts:
        return ""
    if parts[0] in _GROUPS and len(parts) > 1:
        return f"{parts[0]}_{parts[1]}"
    return "accounts" if parts[0] == "account" else parts[0]


def resources_of(paths: Iterable[str]) -> frozenset[str]:
    """Name all resources that a key can be restricted to."""
    return frozenset({*map(resource_of, paths), *EXPANSIONS.values()})


def sent_key(authorization: str) -> str:
    """Read the key of an Authorization header, Bearer or Basic; empty where there is none."""
    scheme, _, credentials = authorization.partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return key if scheme.lower() == "bearer" else ""


def _forbidden(key: str, needed: str, resource: str) -> StripeError:
    return StripeError(
        HTTPStatus.FORBIDDEN,
        "invalid_request_error",
        f"The provided key '{_masked(key)}' does not have the required permissions for "
        f"this endpoint. It would take {needed} access to {resource}.",
        before_execution=True,
    )


def _masked(key: str) -> str:
    """Show no more of a key than Stripe does: how it begins and its last four characters."""
    kind = re.match(r"(?:sk|rk|pk)_(?:test|live)_", key)
    shown = kind[0] if kind else ""
    tail = key[-4:] if len(key) >= len(shown) + 8 and key.isascii() else ""
    return f"{shown}{'*' * 12}{tail}"
