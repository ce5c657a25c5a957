"""How tests are shared out between the workers of a run with `--numprocesses`."""

from xdist.scheduler import LoadScopeScheduling


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Each file goes to one worker; all that need the one running system go to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """Return what is run by one worker, in its order: `stack`, or a file by itself."""
    file = nodeid.partition("::")[0]
    return "stack" if file.startswith("tests/stack/") or "_on_the_stack" in file else file
