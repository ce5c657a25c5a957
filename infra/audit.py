"""Somebody else's look at what ships: known weaknesses of libraries, and of the templates.

    python -m infra.audit          the libraries that ship, as `make check` does
    python -m infra.audit --all    those of all locks, and the templates, as `make audit` does

Of the libraries PyPI's own advisories are asked. Where they are out of reach, that is said, and is
no failure: a build without a network is still a build.
https://github.com/pypa/pip-audit
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from infra.translate import translated

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".local" / "tools"
LOCKS = ROOT / "infra" / "locks"
MOST_S = 300
# A service that does not answer is not waited for.
CALL_S = 5
# What pip-audit and the library below it say then.
NO_ANSWER = re.compile(r"Could not connect|Connection ?Error|Timeout|timed out|Failed to resolve")


def audit_libraries(lock: Path) -> bool:
    """Say what is known of a lock's libraries; return whether that is nothing bad."""
    command = [
        *(str(TOOLS / "audit" / "bin" / "pip-audit"), "--format", "json", "--disable-pip"),
        *("--require-hashes", "--progress-spinner", "off", "--timeout", str(CALL_S)),
        *("--requirement", str(lock)),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=MOST_S)
    lines, is_well = judged(done.stdout, done.stderr)
    print("\n".join(f"{lock.stem}: {line}" for line in lines))
    return is_well


def judged(told: str, failed: str) -> tuple[list[str], bool]:
    """Return what to say of pip-audit's answer, and whether nothing bad is known."""
    try:
        libraries: list[dict[str, Any]] = json.loads(told)["dependencies"]
    except (ValueError, LookupError, TypeError):
        [*_, reason] = failed.strip().splitlines() or ["no answer"]
        if NO_ANSWER.search(failed):
            return [f"not audited, the advisories are out of reach ({reason[:200]})"], True
        return [f"not audited: {reason[:200]}"], False
    looked_at = [each for each in libraries if "vulns" in each]
    unknown = sorted({str(each["name"]) for each in libraries if "vulns" not in each})
    if not looked_at:
        return ["not audited, the advisories are out of reach: they know none of these"], True
    lines = [
        f"{each['name']} {each['version']}: {found['id']}, "
        f"mended in {', '.join(found['fix_versions']) or 'no version yet'}"
        for each in looked_at
        for found in each["vulns"]
    ]
    is_well = not lines
    lines.append(f"{len(looked_at)} audited, {len(lines) or 'no'} known weaknesses")
    if unknown:
        lines.append(f"not known to the advisories: {', '.join(unknown)}")
    return lines, is_well


def audit_templates() -> bool:
    """Have checkov look at the templates as CloudFormation makes them, and say what it says.

    .checkov.yaml has what it is not asked, and why.
    """
    templates = [ROOT / "template.yaml", *sorted((ROOT / "infra").glob("*.yaml"))]
    with tempfile.TemporaryDirectory() as place:
        for path, template in translated(each for each in templates if is_template(each)).items():
            (Path(place) / f"{path.stem}.json").write_text(json.dumps(template, indent=1))
        command = [
            *(str(TOOLS / "checkov" / "bin" / "checkov"), "--directory", place),
            *("--config-file", str(ROOT / ".checkov.yaml")),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=MOST_S)
    if done.returncode:
        print(done.stdout or done.stderr)
    else:
        print("templates: nothing that .checkov.yaml does not explain")
    return done.returncode == 0


def is_template(path: Path) -> bool:
    """Whether a file is one of CloudFormation's templates."""
    return path.read_text().startswith("AWSTemplateFormatVersion")


def main() -> int:
    """Return 1 where something bad is known, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true")
    if not parser.parse_args().all:
        return int(not audit_libraries(LOCKS / "runtime.txt"))
    found = [*map(audit_libraries, sorted(LOCKS.glob("*.txt"))), audit_templates()]
    return int(not all(found))


if __name__ == "__main__":
    sys.exit(main())
