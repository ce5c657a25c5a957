"""Payment terms as the contract writes them: read with every mistake named, and written. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from shared.domain.cancellation import NO_FEE, Cancellation, CancellationStep, Charge, Fee, FeeType
from shared.domain.catalogue import is_catalogue_id
from shared.domain.errors import InvalidInput
from shared.domain.limits import maximum_minor
from shared.domain.money import MAX_PERCENT, Money, granularity_minor
from shared.domain.terms import (
    DEFAULT_HOLD_MINUTES,
    MAX_HOLD_MINUTES,
    MIN_HOLD_MINUTES,
    NO_PREPAYMENT,
    Override,
    Prepayment,
    PrepaymentType,
    Terms,
)

MAX_LISTED, MAX_OVERRIDES, MAX_STEPS = 200, 200, 20
MAX_HOURS_BEFORE = 720
_NO_PRICES: Mapping[str, Money] = {}


def terms_from_dict(
    document: object, currency: str, prices: Mapping[str, Money] = _NO_PRICES
) -> Terms:
    """Return the terms of a plain dict; amounts are in minor units of `currency`.

    `prices` are those of the services that are known: a fixed deposit of an override for one of
    them is at most its price. An absent field and a null are the same. Raises `InvalidInput` with
    a JSON pointer and a sentence for every mistake.
    """
    reader = _Reader(currency)
    terms = reader.terms(document, prices)
    if reader.mistakes:
        raise InvalidInput("Some fields of the terms are not valid.", errors=reader.mistakes)
    return terms


def terms_to_dict(terms: Terms) -> dict[str, Any]:
    """Return the terms in plain JSON types; what is absent is left out."""
    document: dict[str, Any] = {"prepayment": prepayment_to_dict(terms.prepayment)}
    for name in ("services", "employees"):
        if (listed := getattr(terms, name)) is not None:
            document[name] = list(listed)
    return {
        **document,
        "overrides": [_override_to_dict(each) for each in terms.overrides],
        "hold_minutes": terms.hold_minutes,
        "cancellation": cancellation_to_dict(terms.cancellation),
    }


def prepayment_to_dict(prepayment: Prepayment) -> dict[str, Any]:
    """Return a prepayment as the contract writes it."""
    document = {
        "type": prepayment.type,
        "required": prepayment.required,
        "percent": prepayment.percent,
        "amount": prepayment.amount_minor,
    }
    return {name: value for name, value in document.items() if value is not None}


def cancellation_to_dict(cancellation: Cancellation) -> dict[str, Any]:
    """Return a cancellation policy as the contract writes it."""
    return {
        "steps": [
            {"hours_before": step.hours_before, "fee": _fee_to_dict(step.fee)}
            for step in cancellation.steps
        ],
        "no_show_fee": _fee_to_dict(cancellation.no_show_fee),
        "charge": cancellation.charge,
    }


def _override_to_dict(override: Override) -> dict[str, Any]:
    scope = {"service_id": override.service_id, "employee_id": override.employee_id}
    named = {name: value for name, value in scope.items() if value is not None}
    return {**named, "prepayment": prepayment_to_dict(override.prepayment)}


def _fee_to_dict(fee: Fee) -> dict[str, Any]:
    document = {"type": fee.type, "percent": fee.percent, "amount": fee.amount_minor}
    return {name: value for name, value in document.items() if value is not None}


@dataclass(slots=True)
class _Reader:
    """Reads on after a mistake, with a harmless value in its place, to name them all at once."""

    currency: str
    mistakes: list[dict[str, str]] = field(default_factory=list)

    def terms(self, document: object, prices: Mapping[str, Money]) -> Terms:
        names = ("prepayment", "services", "employees", "overrides", "hold_minutes", "cancellation")
        found = self._object(document, "", names, required=("prepayment",))
        return Terms(
            prepayment=self._prepayment(found, "/prepayment"),
            services=self._ids(found, "services"),
            employees=self._ids(found, "employees"),
            overrides=self._overrides(found.get("overrides"), prices),
            hold_minutes=self._integer(
                found.get("hold_minutes", DEFAULT_HOLD_MINUTES),
                "/hold_minutes",
                MIN_HOLD_MINUTES,
                MAX_HOLD_MINUTES,
            ),
            cancellation=self._cancellation(found.get("cancellation", {})),
        )

    def _prepayment(self, parent: Mapping[str, Any], pointer: str) -> Prepayment:
        if "prepayment" not in parent:
            return NO_PREPAYMENT
        found = self._object(
            parent["prepayment"],
            pointer,
            ("type", "required", "percent", "amount"),
            required=("type",),
        )
        kind = self._one_of(found, "type", pointer, get_args(PrepaymentType))
        required = found.get("required", True)
        if not isinstance(required, bool):
            self._mistake(f"{pointer}/required", "is true or false")
        sizes = [name for name in ("percent", "amount") if name in found]
        if kind == "deposit" and len(sizes) != 1:
            self._mistake(pointer, "a deposit has either a percent or an amount")
        elif kind != "deposit" and found.get("type") == kind:
            self._refuse_sizes(sizes, pointer, "belongs to a deposit only")
        return Prepayment(
            cast("PrepaymentType", kind),
            required=required is True,
            percent=self._percent(found, pointer),
            amount_minor=self._amount(found, pointer),
        )

    def _overrides(self, value: object, prices: Mapping[str, Money]) -> tuple[Override, ...]:
        read: list[Override] = []
        for at, each in enumerate(self._list(value, "/overrides", MAX_OVERRIDES)):
            pointer = f"/overrides/{at}"
            names = ("service_id", "employee_id", "prepayment")
            found = self._object(each, pointer, names, required=("prepayment",))
            override = Override(
                self._prepayment(found, f"{pointer}/prepayment"),
                self._id(found.get("service_id"), f"{pointer}/service_id"),
                self._id(found.get("employee_id"), f"{pointer}/employee_id"),
            )
            scope = (override.service_id, override.employee_id)
            if found and "service_id" not in found and "employee_id" not in found:
                self._mistake(pointer, "names a service_id, an employee_id or both")
            elif found and scope in [(other.service_id, other.employee_id) for other in read]:
                self._mistake(pointer, "has the scope of an earlier override")
            price = prices.get(override.service_id or "")
            deposit_minor = override.prepayment.amount_minor
            if price and deposit_minor and deposit_minor > price.amount_minor:
                shown = price.format_plain()
                self._mistake(f"{pointer}/prepayment/amount", f"is above the price of {shown}")
            read.append(override)
        return tuple(read)

    def _cancellation(self, value: object) -> Cancellation:
        pointer = "/cancellation"
        found = self._object(value, pointer, ("steps", "no_show_fee", "charge"))
        steps: list[CancellationStep] = []
        for at, each in enumerate(self._list(found.get("steps"), f"{pointer}/steps", MAX_STEPS)):
            place = f"{pointer}/steps/{at}"
            names = ("hours_before", "fee")
            step = self._object(each, place, names, required=names)
            hours = self._integer(
                step.get("hours_before", 0), f"{place}/hours_before", 0, MAX_HOURS_BEFORE
            )
            if "hours_before" in step and hours in [other.hours_before for other in steps]:
                self._mistake(f"{place}/hours_before", "is that of an earlier step")
            steps.append(CancellationStep(hours, self._fee(step, "fee", place)))
        charge = "automatic"
        if "charge" in found:
            charge = self._one_of(found, "charge", pointer, get_args(Charge))
        ordered = sorted(steps, key=lambda step: -step.hours_before)
        no_show = self._fee(found, "no_show_fee", pointer)
        return Cancellation(tuple(ordered), no_show, cast("Charge", charge))

    def _fee(self, parent: Mapping[str, Any], name: str, parent_pointer: str) -> Fee:
        if name not in parent:
            return NO_FEE
        pointer = f"{parent_pointer}/{name}"
        found = self._object(
            parent[name], pointer, ("type", "percent", "amount"), required=("type",)
        )
        kind = self._one_of(found, "type", pointer, get_args(FeeType))
        size = {"percent": "percent", "fixed": "amount"}.get(kind)
        if size and size not in found:
            self._mistake(f"{pointer}/{size}", "is needed for this type")
        if found.get("type") == kind:
            others = [other for other in ("percent", "amount") if other in found and other != size]
            self._refuse_sizes(others, pointer, "does not belong to this type")
        return Fee(
            cast("FeeType", kind), self._percent(found, pointer), self._amount(found, pointer)
        )

    def _percent(self, found: Mapping[str, Any], pointer: str) -> int | None:
        if "percent" not in found:
            return None
        return self._integer(found["percent"], f"{pointer}/percent", 1, MAX_PERCENT)

    def _amount(self, found: Mapping[str, Any], pointer: str) -> int | None:
        if "amount" not in found:
            return None
        place = f"{pointer}/amount"
        amount = self._integer(found["amount"], place, 1, maximum_minor(self.currency))
        step = granularity_minor(self.currency)
        if found["amount"] == amount and amount % step:
            self._mistake(place, f"is a multiple of {step} in {self.currency.upper()}")
        return amount

    def _ids(self, found: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
        if name not in found:
            return None
        read: list[str] = []
        for at, each in enumerate(self._list(found[name], f"/{name}", MAX_LISTED)):
            one = self._id(each, f"/{name}/{at}")
            if one in read:
                self._mistake(f"/{name}/{at}", "stands in the list already")
            elif one is not None:
                read.append(one)
        return tuple(read)

    def _id(self, value: object, pointer: str) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str) or not is_catalogue_id(value):
            self._mistake(pointer, "is no id of a service or an employee")
            return None
        return value

    def _one_of(
        self, found: Mapping[str, Any], name: str, pointer: str, choices: Sequence[str]
    ) -> str:
        value = found.get(name)
        if isinstance(value, str) and value in choices:
            return value
        if name in found:
            self._mistake(f"{pointer}/{name}", f"is one of {', '.join(choices)}")
        return choices[0]

    def _integer(self, value: object, pointer: str, least: int, most: int) -> int:
        # bool is an int in Python, and true is no number.
        if type(value) is not int or not least <= value <= most:
            self._mistake(pointer, f"is a whole number from {least} to {most}")
            return least
        return value

    def _list(self, value: object, pointer: str, most: int) -> Sequence[object]:
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or len(value) > most:
            self._mistake(pointer, f"is a list of at most {most} entries")
            return ()
        return value

    def _object(
        self, value: object, pointer: str, names: Sequence[str], required: Sequence[str] = ()
    ) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            self._mistake(pointer, "is an object")
            return {}
        for name in value:
            if name not in names:
                self._mistake(f"{pointer}/{_escaped(str(name))}", "is not known")
        found = {name: value[name] for name in names if value.get(name) is not None}
        for name in required:
            if name not in found:
                self._mistake(f"{pointer}/{name}", "is needed")
        return found

    def _refuse_sizes(self, names: Sequence[str], pointer: str, why: str) -> None:
        for name in names:
            self._mistake(f"{pointer}/{name}", why)

    def _mistake(self, pointer: str, what: str) -> None:
        self.mistakes.append({"pointer": pointer, "detail": what})


def _escaped(name: str) -> str:
    """Return a field's name as a step of a JSON pointer (https://www.rfc-editor.org/rfc/rfc6901)."""
    return name.replace("~", "~0").replace("/", "~1")
