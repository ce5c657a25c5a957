"""What is wrong with one field of a request: where, and a sentence that says so. Pure."""

import re

_PLACE_IN_A_LIST = re.compile(r"[0-9]{1,4}")


def mistake(pointer: str, what: str) -> dict[str, str]:
    """Return a mistake as a problem's `errors` have it.

    `pointer` is a JSON pointer into the body, or `/query/{name}` or `/path/{name}`; `what` is the
    rest of a sentence whose subject is the field, such as "is required". The sentence reads well
    beside the field and far from it: `Description is required.`
    """
    return {"pointer": pointer, "detail": f"{_subject(pointer)} {what}."}


def pointer_to(*steps: str | int) -> str:
    """Return the pointer to a field by its steps (https://www.rfc-editor.org/rfc/rfc6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def _subject(pointer: str) -> str:
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    if not steps:
        return "The body"
    *above, last = steps
    if above and _PLACE_IN_A_LIST.fullmatch(last):
        return f"Entry {int(last) + 1} of {_words(above[-1])}"
    return _words(last)[:1].upper() + _words(last)[1:]


def _words(name: str) -> str:
    return name.replace("_", " ")
