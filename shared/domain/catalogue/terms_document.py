"""Payment terms as the contract writes them and as they are stored: read and written. Pure.

The shape of what a caller sends is checked where it comes in; what holds between the fields, and
what depends on the currency, stands here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.domain.catalogue.cancellation_policy import (
    NO_FEE,
    Cancellation,
    CancellationStep,
    FeeRule,
)
from shared.domain.catalogue.terms import (
    DEFAULT_HOLD_MINUTES,
    NO_RESCHEDULE,
    Override,
    Prepayment,
    Reschedule,
    Terms,
)
from shared.domain.errors import InvalidFacts, InvalidInput
from shared.domain.mistakes import mistake
from shared.domain.money.charge_limits import maximum_minor
from shared.domain.money.money import Money, granularity_minor
from shared.domain.money.written import written

type Document = Mapping[str, Any]
_NO_PRICES: Mapping[str, Money] = {}
# The field that holds a fee's size, by type.
_SIZE_OF_FEE = {"percent": "percent", "fixed": "amount"}


def terms_from_dict(
    document: Document, currency: str, prices: Mapping[str, Money] = _NO_PRICES
) -> Terms:
    """Return the terms of a plain dict; amounts are in minor units of `currency`.

    `prices` are those of the services that are known: a fixed deposit of an override for one of
    them is at most its price. Raises `InvalidInput` with a JSON pointer and a sentence for each
    rule that does not hold, and `InvalidFacts` for what is not of the shape of terms at all.
    """
    try:
        terms = _terms(document)
        mistakes = list(_mistakes(document, currency, prices))
    except (AttributeError, KeyError, TypeError) as error:
        raise InvalidFacts("the terms are not of their shape") from error
    if mistakes:
        raise InvalidInput("Some fields of the terms are not valid.", errors=mistakes)
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
        "reschedule": reschedule_to_dict(terms.reschedule),
    }


def prepayment_to_dict(prepayment: Prepayment) -> dict[str, Any]:
    """Return a prepayment as the contract writes it."""
    document = {
        "type": prepayment.type,
        "required": prepayment.required,
        "percent": prepayment.percent,
        "amount": prepayment.amount_minor,
        "above": prepayment.above_minor,
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


def reschedule_to_dict(reschedule: Reschedule) -> dict[str, Any]:
    """Return who may move a visit, and until when, as the contract writes it."""
    return {"client_until_hours": reschedule.client_until_hours, "fee": reschedule.fee}


def reschedule_from_dict(document: Document) -> Reschedule:
    """Return what `reschedule_to_dict` wrote."""
    return Reschedule(document.get("client_until_hours"), document.get("fee", NO_RESCHEDULE.fee))


def _override_to_dict(override: Override) -> dict[str, Any]:
    scope = {"service_id": override.service_id, "employee_id": override.employee_id}
    named = {name: value for name, value in scope.items() if value is not None}
    return {**named, "prepayment": prepayment_to_dict(override.prepayment)}


def _fee_to_dict(fee: FeeRule) -> dict[str, Any]:
    document = {"type": fee.type, "percent": fee.percent, "amount": fee.amount_minor}
    return {name: value for name, value in document.items() if value is not None}


def _terms(document: Document) -> Terms:
    return Terms(
        prepayment=_prepayment(document["prepayment"]),
        services=_listed(document, "services"),
        employees=_listed(document, "employees"),
        overrides=tuple(
            Override(
                _prepayment(each["prepayment"]), each.get("service_id"), each.get("employee_id")
            )
            for each in document.get("overrides", ())
        ),
        hold_minutes=document.get("hold_minutes", DEFAULT_HOLD_MINUTES),
        cancellation=_cancellation(document.get("cancellation", {})),
        reschedule=reschedule_from_dict(document.get("reschedule", {})),
    )


def _prepayment(document: Document) -> Prepayment:
    return Prepayment(
        document["type"],
        required=document.get("required", True),
        percent=document.get("percent"),
        amount_minor=document.get("amount"),
        above_minor=document.get("above"),
    )


def _cancellation(document: Document) -> Cancellation:
    steps = [
        CancellationStep(each["hours_before"], _fee(each["fee"]))
        for each in document.get("steps", ())
    ]
    no_show = document.get("no_show_fee")
    return Cancellation(
        tuple(sorted(steps, key=lambda step: -step.hours_before)),
        _fee(no_show) if no_show else NO_FEE,
        document.get("charge", "automatic"),
    )


def _fee(document: Document) -> FeeRule:
    return FeeRule(document["type"], document.get("percent"), document.get("amount"))


def _listed(document: Document, name: str) -> tuple[str, ...] | None:
    return tuple(document[name]) if name in document else None


def _mistakes(
    document: Document, currency: str, prices: Mapping[str, Money]
) -> Iterator[dict[str, str]]:
    """Yield the mistakes between fields, in the fields' order."""
    yield from _prepayment_mistakes(document["prepayment"], "/prepayment", currency)
    for name in ("services", "employees"):
        yield from _repeated(
            document.get(name, ()), f"/{name}/{{at}}", "stands in the list already"
        )
    overrides = document.get("overrides", ())
    scopes = [(each.get("service_id"), each.get("employee_id")) for each in overrides]
    for at, override in enumerate(overrides):
        yield from _override_mistakes(override, f"/overrides/{at}", currency, prices)
    yield from _repeated(scopes, "/overrides/{at}", "has the scope of an earlier override")
    cancellation = document.get("cancellation", {})
    steps = cancellation.get("steps", ())
    for at, step in enumerate(steps):
        yield from _fee_mistakes(step["fee"], f"/cancellation/steps/{at}/fee", currency)
    yield from _repeated(
        [step["hours_before"] for step in steps],
        "/cancellation/steps/{at}/hours_before",
        "must not be that of an earlier step",
    )
    if no_show := cancellation.get("no_show_fee"):
        yield from _fee_mistakes(no_show, "/cancellation/no_show_fee", currency)


def _prepayment_mistakes(
    prepayment: Document, pointer: str, currency: str
) -> Iterator[dict[str, str]]:
    sizes = [name for name in ("percent", "amount") if name in prepayment]
    if prepayment["type"] != "deposit":
        for name in sizes:
            yield mistake(f"{pointer}/{name}", "must be left out: it belongs to a deposit only")
    elif len(sizes) != 1:
        yield mistake(pointer, "must have either a percent or an amount, for it is a deposit")
    if prepayment["type"] == "none" and "above" in prepayment:
        yield mistake(f"{pointer}/above", "must be left out where nothing is asked for")
    yield from _amount_mistakes(prepayment, pointer, currency)


def _override_mistakes(
    override: Document, pointer: str, currency: str, prices: Mapping[str, Money]
) -> Iterator[dict[str, str]]:
    prepayment = override["prepayment"]
    yield from _prepayment_mistakes(prepayment, f"{pointer}/prepayment", currency)
    if "service_id" not in override and "employee_id" not in override:
        yield mistake(pointer, "must name a service_id, an employee_id or both")
    price = prices.get(override.get("service_id", ""))
    if price and prepayment.get("amount", 0) > price.amount_minor:
        what = f"must be at most the price, {written(price)}"
        yield mistake(f"{pointer}/prepayment/amount", what)


def _fee_mistakes(fee: Document, pointer: str, currency: str) -> Iterator[dict[str, str]]:
    size = _SIZE_OF_FEE.get(fee["type"])
    if size and size not in fee:
        yield mistake(f"{pointer}/{size}", "is required for a fee of this type")
    for name in ("percent", "amount"):
        if name in fee and name != size:
            yield mistake(f"{pointer}/{name}", "must be left out for a fee of this type")
    yield from _amount_mistakes(fee, pointer, currency)


def _amount_mistakes(sized: Document, pointer: str, currency: str) -> Iterator[dict[str, str]]:
    amount_minor = sized.get("amount", 0)
    most_minor, step_minor = maximum_minor(currency), granularity_minor(currency)
    if amount_minor > most_minor:
        yield mistake(f"{pointer}/amount", f"must be at most {most_minor}")
    elif amount_minor % step_minor:
        what = f"must be a multiple of {step_minor} in {currency.upper()}"
        yield mistake(f"{pointer}/amount", what)


def _repeated(values: Sequence[object], pointer: str, what: str) -> Iterator[dict[str, str]]:
    """Yield a mistake for each repeated value; `{at}` in the pointer is its place."""
    for at, value in enumerate(values):
        if value in values[:at]:
            yield mistake(pointer.format(at=at), what)
