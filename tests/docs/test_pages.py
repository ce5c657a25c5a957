"""What the documents name is there: links, files, commands, alarms, parameters, log messages."""

import re
import tomllib
from collections.abc import Iterator

import botocore.session
import pytest
import yaml
from botocore import xform_name

from infra.problem_codes import CONTRACT, WRITTEN
from infra.problem_codes import page as problem_page
from tests.docs.pages import ROOT, Page, page, pages
from tests.template.conftest import Template

ALL = [pytest.param(each, id=str(each)) for each in pages()]
OPERATING, DEPLOYING = page("docs/operating.md"), page("docs/deploying.md")
FOLDERS = ("docs", "functions", "infra", "shared", "tests", ".local")
SOURCES = ("functions", "infra", "shared", "tests")
TEXTS = {".py", ".js", ".yaml", ".html", ".css", ".toml", ""}
# Made as the system runs, or by its user.
NOT_TRACKED = (".local",)


def sources() -> Iterator[tuple[str, str]]:
    """Give each of the product's own files that is text, and what is in it."""
    files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [ROOT / "template.yaml", ROOT / "Makefile", ROOT / "pyproject.toml"]
    for path in files:
        if path.suffix in TEXTS and "locks" not in path.parts and "__pycache__" not in path.parts:
            yield str(path.relative_to(ROOT)), path.read_text()


@pytest.mark.parametrize("here", ALL)
def test_every_link_leads_somewhere(here: Page) -> None:
    for link in here.links():
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        there = (here.path.parent / name).resolve() if name else here.path
        assert there.exists(), link
        if anchor:
            assert anchor in Page(there).anchors(), link


@pytest.mark.parametrize("here", ALL)
def test_every_file_that_is_named_is_there(here: Page) -> None:
    for code in here.code():
        for name in re.findall(rf"(?<![\w./<-])(?:{'|'.join(FOLDERS)})/[\w./-]+", code):
            if not name.startswith(NOT_TRACKED):
                assert (ROOT / name.rstrip(".")).exists(), name


def test_every_document_that_the_code_names_is_there() -> None:
    for file, text in sources():
        if file.startswith("tests/docs/"):
            continue
        for name in re.findall(r"(?<![\w./-])docs/[\w./-]+\.(?:md|yaml|png)", text):
            assert (ROOT / name).is_file(), f"{file}: {name}"
        assert "(README" not in text, f"{file}: what it means is in docs/"


@pytest.mark.parametrize("here", ALL)
def test_every_make_target_that_is_named_exists(here: Page) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for code in here.code():
        for names in re.findall(r"(?:^|[\s;`])make((?: [a-z-]+)+)", code, re.MULTILINE):
            assert set(names.split()) <= targets, names


def test_every_command_of_make_is_in_the_contributors_page() -> None:
    shown = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    text = "\n".join(page("docs/contributing.md").code())
    assert {name for name in shown if f"make {name}" not in text} == {"help"}


# ------------------------------------------------------------------ the runbook


def test_every_alarm_is_in_the_runbook_and_no_other() -> None:
    section = OPERATING.text.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    template = Template()
    of_all = {name: names_of_alarms(template, name) for name in template.nested}
    queues = {f"{queue}: dead letters" for queue in template.queues()}
    queues |= {f"Any queue: {name}" for name in of_all.pop("order_queue") - {"DeadLetters"}}
    functions = {f"Any function: {name}" for name in of_all.pop("watched_function")}
    alarms = of_all.pop("alarms")
    # Payments waits for alarms.yaml, whose alarms take back a gradual deployment of its functions.
    alarms |= of_all.pop("payments")
    assert not any(of_all.values()), "an alarm is nobody's: not a queue's, nor in alarms.yaml"
    told = re.findall(r"^### (.+)$", section, re.MULTILINE)
    assert set(told) == alarms | queues | functions
    assert len(told) == len(set(told))


def names_of_alarms(template: Template, name: str) -> set[str]:
    resources = template.nested[name]["Resources"].items()
    return {each for each, made in resources if made["Type"] == "AWS::CloudWatch::Alarm"}


def test_every_queue_can_be_redriven_by_its_names_among_the_outputs() -> None:
    outputs = Template().main["Outputs"]
    for queue in Template().queues():
        assert {f"{queue}QueueUrl", f"{queue}DeadQueueUrl"} <= outputs.keys()
        assert f"`{queue}DeadQueueUrl`" in OPERATING.text or f"out {queue}Dead" in OPERATING.text


def test_every_output_that_a_command_names_is_one_of_the_stacks() -> None:
    outputs = Template().main["Outputs"].keys()
    named = set(re.findall(r"\b(?:out|arn) (\w+)\)", "\n".join(OPERATING.code())))
    named |= set(re.findall(r"OutputKey=='(\w+)'", "\n".join(DEPLOYING.code())))
    named |= {code for code in OPERATING.code() if re.fullmatch(r"\w+QueueUrl", code)}
    assert len(named) > 10
    assert named <= outputs


def test_every_function_whose_log_is_named_exists() -> None:
    named = set(re.findall(r"/\$stack/([a-z-]+)", OPERATING.text))
    named |= {code for code in OPERATING.code() if re.fullmatch(r"[a-z]+(-[a-z]+)+", code)}
    assert len(named) > 8
    for name in named - {"needs-action"}:
        assert (ROOT / "functions" / name.replace("-", "_") / "handler.py").is_file(), name


def test_every_log_message_that_the_runbook_quotes_is_logged() -> None:
    quoted = {code for code in OPERATING.code() if re.fullmatch(r"[a-z]+( [a-z]+)+", code)}
    quoted -= {code for code in quoted if code.startswith(("make ", "sam "))}
    logged = "\n".join(text for file, text in sources() if file.startswith(("functions", "shared")))
    assert len(quoted) > 5
    assert {message for message in quoted if f'"{message}"' not in logged} == set()


# ------------------------------------------------------------------ parameters and variables


def test_every_parameter_of_the_stack_is_explained_and_no_other() -> None:
    section = DEPLOYING.text.partition("\n## Parameters\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == Template().main["Parameters"].keys()


def test_every_variable_of_the_shell_is_explained_and_no_other() -> None:
    named = {
        name
        for here in pages()
        for code in here.code()
        for name in re.findall(r"\bBOOKPAY_[A-Z_]+", code)
    }
    read = {
        name
        for file, text in sources()
        if file.endswith(".py")
        for name in re.findall(r'"(BOOKPAY_[A-Z_]+)"', text)
    }
    assert len(named) > 10
    assert named == read


# ------------------------------------------------------------------ errors and decisions


def test_the_page_of_problem_codes_is_the_contracts() -> None:
    """Fails after the contract has changed: `make errors` writes the page anew."""
    assert WRITTEN.read_text() == problem_page(yaml.safe_load(CONTRACT.read_text()))


def test_every_decision_is_in_the_index_with_its_title_and_date() -> None:
    folder = ROOT / "docs" / "decisions"
    rows = re.findall(
        r"^\| \[(\d+)\]\((\d{4}-[\w-]+\.md)\) \| ([\d-]+) \| (.+) \|$",
        (folder / "README.md").read_text(),
        re.MULTILINE,
    )
    assert [int(number) for number, *_ in rows] == list(range(1, len(rows) + 1))
    files = {path.name: path.read_text() for path in folder.glob("[0-9]*.md")}
    assert [name for _, name, *_ in rows] == sorted(files)
    for number, name, day, title in rows:
        head = f"# {number}. {title}\n\n{day}\n\n## Decision\n\n"
        assert files[name].startswith(head), name
        assert "\n## Why\n" in files[name], name


# ------------------------------------------------------------------ rooms


def test_the_rooms_of_the_domain_are_those_of_the_import_rules_in_their_order() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [layers] = [each["layers"] for each in rules["contracts"] if each["id"] == "rooms"]
    folders = {path.name for path in (ROOT / "shared" / "domain").iterdir() if path.is_dir()}
    rooms = [name for layer in layers for name in layer.split(" | ") if name in folders]
    section = page("docs/architecture.md").text.partition("\nThe rooms of the domain")[2]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section.partition("\n## ")[0], re.MULTILINE)
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == rooms


def test_every_template_is_in_the_overview() -> None:
    named = set(page("docs/architecture.md").code())
    assert {f"infra/{name}.yaml" for name in Template().nested} - named == set()


# ------------------------------------------------------------------ commands of the AWS CLI

# What the CLI has besides AWS's operations, and its options for every operation.
OF_THE_CLI = {
    ("logs", "tail"): {"since", "filter-pattern"},
    ("cloudformation", "deploy"): {"stack-name", "template-file", "parameter-overrides"},
}
OF_EVERY_COMMAND = {"query", "output", "region"}


def aws_commands() -> Iterator[tuple[str, str, set[str]]]:
    """Give each command that a document shows: service, operation, and options."""
    for here in pages():
        for code in here.code():
            joined = re.sub(r"\s*\\\n\s*", " ", code)
            for found in re.finditer(r"\baws ([a-z0-9-]+) ([a-z-]+)([^\n]*)", joined):
                options = re.split(r"\baws [a-z0-9-]+ [a-z-]+", found[3])[0]
                yield found[1], found[2], set(re.findall(r"--([a-z-]+)", options))


def test_every_aws_command_and_its_options_exist() -> None:
    session, shown = botocore.session.get_session(), set()
    for service, operation, options in aws_commands():
        shown.add((service, operation))
        known = OF_THE_CLI.get((service, operation))
        if known is None:
            model = session.get_service_model(service)
            names = {xform_name(name, "-"): name for name in model.operation_names}
            shape = model.operation_model(names[operation]).input_shape
            known = {xform_name(name, "-") for name in shape.members} if shape else set()
        # The CLI's way of saying false.
        named = {option.removeprefix("no-") for option in options}
        assert named <= known | OF_EVERY_COMMAND, (service, operation)
    assert len(shown) > 10
