"""How tests are shared out between the workers of a run with `--numprocesses`."""

from xdist.scheduler import LoadScopeScheduling

# Their tests take long and need nothing of each other.
SPREAD = ("tests/simulation/test_simulation.py", "tests/truth/test_truth.py")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Each file goes to one worker; all that need the one running system go to the same one.

    What takes long and stands by itself is shared out test by test.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """Return what is run by one worker, in its order: `stack`, a file by itself, or one test."""
    file = nodeid.partition("::")[0]
    if file in SPREAD:
        return nodeid
    return "stack" if file.startswith("tests/stack/") or "_on_the_stack" in file else file


def order_of(nodeid: str) -> int:
    """Return when a test is given out: the long ones first, so that none is left to the end."""
    scope = scope_of(nodeid)
    return 0 if scope == "stack" else 1 if scope == nodeid else 2
