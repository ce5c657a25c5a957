"""What ships is listed with its licence, and its licence ships with it."""

import importlib.metadata
import shutil
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from infra.licences import LOCK, WRITTEN, licence_of, licence_texts, locked_versions, page
from infra.package import LAYERS, NOT_PACKED, layer_libraries, package_libraries
from infra.trim import trim
from tests.test_packages import FUNCTIONS

SHIPPED = sorted(set(locked_versions(LOCK.read_text())) - NOT_PACKED)


def test_every_library_that_ships_is_listed_with_the_licence_that_it_names() -> None:
    """Fails after `make lock`: `make licences` writes the list anew."""
    assert WRITTEN.read_text() == page(LOCK.read_text())


def test_the_lock_holds_what_the_packages_hold_and_no_more() -> None:
    brought = set().union(
        *(package_libraries(folder.name) for folder in FUNCTIONS),
        *(layer_libraries(file.stem) for file in LAYERS.glob("*.txt")),
    )
    assert brought == set(map(canonicalize_name, SHIPPED))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_librarys_licence_is_in_the_package_with_it(name: str, tmp_path: Path) -> None:
    texts = licence_texts(name)
    assert texts
    for text in texts:
        (tmp_path / text).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(importlib.metadata.distribution(name).locate_file(text)), tmp_path / text)
    trim(tmp_path)
    assert all((tmp_path / text).is_file() for text in texts)


def test_copyleft_is_known_and_is_replaceable_python() -> None:
    strict = {name for name in SHIPPED if "GPL" in licence_of(name) or "Lesser" in licence_of(name)}
    assert strict == {"fpdf2", "pygal"}
    for name in strict:
        files = importlib.metadata.files(name) or []
        assert not [each for each in files if each.suffix in {".so", ".pyd", ".dll"}]
