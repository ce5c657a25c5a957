"""Write docs/errors.md: every problem code of the API, from the catalogue in docs/openapi.yaml.

`tests/contract/test_document.py` holds that catalogue against the code, in both directions.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "docs" / "openapi.yaml"
WRITTEN = ROOT / "docs" / "errors.md"
HEAD = """# Problem codes

Written by `make errors` from `x-problem-codes` in [openapi.yaml](openapi.yaml). An error is a
problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457), `application/problem+json`):

```json
{"type": "about:blank", "title": "The request is not valid", "status": 422,
 "code": "invalid_input",
 "errors": [{"pointer": "/amount", "detail": "Amount must be a whole number."}]}
```

Branch on `code`: it is stable. `title` and `detail` are sentences for people and may change.
`errors` names each mistake by its JSON pointer (`/query/...` for a query parameter). A 409 about a
price, a fee or terms carries the present figures beside the code, and a 429 the header
`retry-after`. A 5xx never shows a stack trace, and can be sent again with the same
`Idempotency-Key`.

What API Gateway answers by itself has no code but `{"message": ...}`: 401 without a valid token,
404 without a route, 413 over 10 MB, 429 over the rate of a route, 500 and 503 where a function
failed.
"""
ALWAYS = (
    "\nBesides the codes that an operation names, these can come on every path below a prefix:\n\n"
)


def page(document: Mapping[str, Any]) -> str:
    """Return the page for a contract."""
    return "".join((HEAD, *_by_status(document["x-problem-codes"]), *_everywhere(document)))


def _by_status(catalogue: Mapping[str, Any]) -> Iterator[str]:
    for status in sorted({each for told in catalogue.values() for each in told["status"]}):
        yield f"\n## {status}\n\n| code | what happened | what to do |\n|---|---|---|\n"
        for code, told in catalogue.items():
            if status in told["status"]:
                yield f"| `{code}` | {told['meaning']} | {told['caller']} |\n"


def _everywhere(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n## On every path\n{ALWAYS}| prefix | codes |\n|---|---|\n"
    for prefix, codes in document["x-problem-codes-everywhere"].items():
        yield f"| `{prefix}` | {', '.join(f'`{code}`' for code in codes)} |\n"


if __name__ == "__main__":
    WRITTEN.write_text(page(yaml.safe_load(CONTRACT.read_text())))
