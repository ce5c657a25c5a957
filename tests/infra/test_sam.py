"""What `sam build` has made is zipped once, and deployed as it is."""

import json
import zipfile
from pathlib import Path

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
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "Payments" / "template.yaml").write_text(NESTED)
    sam._zip_packages()
    return tmp_path


def test_the_template_that_is_deployed_names_a_zip_of_each_package(built: Path) -> None:
    deployed = (built / "zipped.yaml").read_text()
    expected = TEMPLATE.replace("SharedLayer", "SharedLayer.zip")
    assert deployed == expected.replace("CodeUri: ServePages", "CodeUri: ServePages.zip")
    for package, file in (("SharedLayer", "python/shared/config.py"), ("ServePages", "pages.py")):
        with zipfile.ZipFile(built / f"{package}.zip") as zipped:
            assert zipped.read(file).decode() == f"# {package}"


def test_a_nested_stack_is_translated_and_keeps_its_package(built: Path) -> None:
    """The emulator translates the outermost template alone."""
    resources = json.loads((built / "Payments" / "template.yaml").read_text())["Resources"]
    assert resources["Receive"]["Type"] == "AWS::Lambda::Function"
    assert resources["Receive"]["Properties"]["Code"] == "Receive.zip"
    with zipfile.ZipFile(built / "Payments" / "Receive.zip") as zipped:
        assert zipped.namelist() == ["receive.py"]
