"""What `sam build` has made is zipped once, and deployed as it is."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.local import sam

TEMPLATE = """Resources:
  Layer:
    Properties:
      ContentUri: SharedLayer
  Function:
    Properties:
      CodeUri: ServePages
      Handler: functions.serve_pages.handler.handler
  Payments:
    Properties:
      TemplateURL: Payments/template.yaml
"""
NESTED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Log:
    Type: AWS::Logs::LogGroup
  Receive:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: Receive
      AutoPublishAlias: live
      Handler: functions.receive.handler.handler
      Runtime: python3.13
      Role: arn:aws:iam::1:role/receive
"""


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The build folder with two packages, and a third in a nested stack."""
    monkeypatch.setattr(sam, "BUILD", tmp_path)
    monkeypatch.setattr(sam, "ZIPPED", tmp_path / "zipped.yaml")
    for package, file in (
        ("SharedLayer", "python/shared/config.py"),
        ("ServePages", "pages.py"),
        ("Payments/Receive", "receive.py"),
    ):
        (tmp_path / package / file).parent.mkdir(parents=True)
        (tmp_path / package / file).write_text(f"# {package}")
    write_templates(tmp_path)
    sam._zip_packages()
    return tmp_path


def write_templates(folder: Path) -> None:
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "Payments" / "template.yaml").write_text(NESTED)


def named_in(template: str, kind: str) -> str:
    found = re.search(rf"{kind}Uri: (\S+)", template)
    assert found
    return found[1]


def test_the_template_that_is_deployed_names_a_zip_of_each_package(built: Path) -> None:
    deployed = (built / "zipped.yaml").read_text()
    assert deployed.splitlines()[-3:] == TEMPLATE.splitlines()[-3:], "nothing else is changed"
    for package, kind, file in (
        ("SharedLayer", "Content", "python/shared/config.py"), ("ServePages", "Code", "pages.py")
    ):  # fmt: skip
        name = named_in(deployed, kind)
        assert re.fullmatch(rf"{package}-[0-9a-f]{{12}}\.zip", name)
        with zipfile.ZipFile(built / name) as zipped:
            assert zipped.read(file).decode() == f"# {package}"


def test_another_package_has_another_name_by_which_a_version_is_published(built: Path) -> None:
    """The alias leads to what is published: under the same name it would stay at the former."""
    before = version_in(built)
    write_templates(built)
    (built / "Payments" / "Receive" / "receive.py").write_text("# another release")
    sam._zip_packages()
    assert version_in(built) != before


def version_in(built: Path) -> str:
    made = json.loads((built / "Payments" / "template.yaml").read_text())
    resources: dict[str, dict[str, Any]] = made["Resources"]
    [version] = [name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Version"]
    alias = resources["ReceiveAliaslive"]["Properties"]
    assert alias["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
    return version


def test_a_nested_stack_is_translated_and_keeps_its_package(built: Path) -> None:
    """The emulator translates the outermost template alone."""
    resources = json.loads((built / "Payments" / "template.yaml").read_text())["Resources"]
    assert resources["Receive"]["Type"] == "AWS::Lambda::Function"
    with zipfile.ZipFile(built / "Payments" / resources["Receive"]["Properties"]["Code"]) as zipped:
        assert zipped.namelist() == ["receive.py"]
