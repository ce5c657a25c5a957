"""`python -m infra.local up | down | demo`: what the Makefile calls."""

import sys

from infra.local import demo, stack
from infra.local.progress import StackError
from infra.local.settings import read_settings


def main(arguments: list[str]) -> int:
    """Do what is asked; a failure is told in words and is exit code 1."""
    commands = {"up": _up, "down": _down, "demo": _demo}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"Say one of: {', '.join(commands)}")
        return 2
    try:
        commands[arguments[0]]()
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _up() -> None:
    print("Bookpay on this machine")
    described = stack.up(read_settings())
    demo.show_addresses(described)


def _down() -> None:
    stack.down(read_settings())


def _demo() -> None:
    print("Bookpay on this machine")
    demo.run(stack.up(read_settings()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
