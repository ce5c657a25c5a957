"""What is known of the libraries fails the build; that nobody can be asked does not."""

import json
import re
from pathlib import Path
from typing import Any

from infra.audit import is_template, judged

ROOT = Path(__file__).resolve().parents[2]
# As pip-audit 2.10 answers: https://github.com/pypa/pip-audit#usage
WELL = {"name": "jinja2", "version": "3.1.6", "vulns": []}
WEAK = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [{"id": "PYSEC-2014-8", "fix_versions": ["2.7.2"], "aliases": [], "description": ""}],
}
UNKNOWN = {"name": "stripe", "skip_reason": "Dependency not found on PyPI"}


def answer(*libraries: dict[str, Any]) -> str:
    return json.dumps({"dependencies": libraries, "fixes": []})


def test_a_known_weakness_is_said_with_the_version_that_mends_it_and_fails() -> None:
    lines, is_well = judged(answer(WELL, WEAK), "Found 1 known vulnerability in 1 package")
    assert not is_well
    assert lines == [
        "jinja2 2.4.1: PYSEC-2014-8, mended in 2.7.2",
        "2 audited, 1 known weaknesses",
    ]


def test_a_weakness_that_nothing_mends_fails_too() -> None:
    weak = {**WEAK, "vulns": [{"id": "PYSEC-1", "fix_versions": []}]}
    lines, is_well = judged(answer(weak), "")
    assert (lines[0], is_well) == ("jinja2 2.4.1: PYSEC-1, mended in no version yet", False)


def test_nothing_known_is_well() -> None:
    lines, is_well = judged(answer(WELL, UNKNOWN), "")
    assert is_well
    assert lines == [
        "1 audited, no known weaknesses",
        "not known to the advisories: stripe",
    ]


def test_out_of_reach_is_said_and_does_not_fail() -> None:
    for told, failed in (
        ("", "Traceback\n  ...\nConnectionError: Failed to resolve 'pypi.org'"),
        ("", "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed"),
        (answer(UNKNOWN, UNKNOWN), ""),
    ):
        [line], is_well = judged(told, failed)
        assert is_well
        assert line.startswith("not audited, the advisories are out of reach"), told


def test_a_tool_that_fails_is_not_taken_for_a_service_out_of_reach() -> None:
    for told, failed in (("", ""), ("no JSON", ""), ("", "ERROR: a package has two requirements")):
        [line], is_well = judged(told, failed)
        assert not is_well
        assert line.startswith("not audited: "), told


def test_each_check_that_is_left_out_says_why() -> None:
    lines = (ROOT / ".checkov.yaml").read_text().splitlines()
    left_out = [place for place, line in enumerate(lines) if re.fullmatch(r" +- CKV\w+", line)]
    assert len(left_out) > 10
    for place in left_out:
        assert lines[place - 1].startswith(("  #", "  - CKV")), lines[place]
    assert not re.search(r"skip-path|soft-fail|skip-resources", "".join(lines))


def test_templates_are_told_from_other_files() -> None:
    assert is_template(ROOT / "infra/payments.yaml")
    assert not is_template(ROOT / ".checkov.yaml")
