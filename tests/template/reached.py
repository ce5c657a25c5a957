"""What a function's handler reaches of our own code, name by name.

A module is loaded with the first of its names; what of it is used, the names say: a handler that
takes one class from a module is not taken to use its neighbour.
"""

import ast
from functools import cache
from pathlib import Path

from tests.test_packages import ROOT, source_of

type Name = tuple[str, str]
CONFIG = "shared.config"


@cache
def _module(name: str) -> tuple[dict[str, list[ast.AST]], dict[str, Name]]:
    """Return a module's own names with what defines them, and the names that it imports.

    What runs when the module is loaded stands under "".
    """
    path = source_of(name)
    assert path, name
    own: dict[str, list[ast.AST]] = {"": []}
    imported: dict[str, Name] = {}
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                is_module = source_of(f"{node.module}.{alias.name}") is not None
                target = (f"{node.module}.{alias.name}", "") if is_module else None
                imported[alias.asname or alias.name] = target or (node.module, alias.name)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            own.setdefault(node.name, []).append(node)
            if any(_registers(each) for each in node.decorator_list):
                own[""].append(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [each.id for each in targets if isinstance(each, ast.Name)]
            for name_of_value in names or [""]:
                own.setdefault(name_of_value, []).append(node)
        else:
            own[""].append(node)
    return own, imported


def _registers(decorator: ast.expr) -> bool:
    """Whether a decorator such as `@router.get("/v1/...")` makes a function of use by itself."""
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)


def _used_in(module: str, name: str) -> set[Name]:
    own, imported = _module(module)
    found: set[Name] = {(module, "")}
    if not name:
        # What is imported is loaded with it.
        found |= {(target, "") for target, _ in imported.values()}
    for defining in own.get(name, []):
        for node in ast.walk(defining):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                target = imported.get(node.value.id)
                if target and not target[1]:
                    found.add((target[0], node.attr))
            if isinstance(node, ast.Name):
                found.add((module, node.id) if node.id in own else imported.get(node.id, ("", "")))
    return found


def reached(handler: Path) -> set[Name]:
    """Return every (module, name) of ours that all of a handler's module leads to."""
    start = ".".join(handler.relative_to(ROOT).with_suffix("").parts)
    waiting = {(start, name) for name in _module(start)[0]}
    seen: set[Name] = set()
    while waiting:
        module, name = waiting.pop()
        if (module, name) in seen or source_of(module) is None:
            continue
        seen.add((module, name))
        own, imported = _module(module)
        waiting |= _used_in(module, name) if name in own else {imported.get(name, ("", ""))}
    return seen


def called(handler: Path) -> set[str]:
    """Return everything that is called in what a handler reaches, as it is written there."""
    return {
        ast.unparse(node.func)
        for module, name in reached(handler)
        for defining in _module(module)[0].get(name, [])
        for node in ast.walk(defining)
        if isinstance(node, ast.Call)
    }


def settings_read(handler: Path, fields: set[str]) -> set[str]:
    """Return those of the configuration's fields that a handler reads, or what it reaches does."""
    found = set()
    for module, name in reached(handler):
        if module == CONFIG:
            continue
        for defining in _module(module)[0].get(name, []):
            for node in ast.walk(defining):
                if isinstance(node, ast.Attribute) and node.attr in fields:
                    owner = ast.unparse(node.value)
                    if owner.endswith("config") or owner == "load_config()":
                        found.add(node.attr)
    return found
