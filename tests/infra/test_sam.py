"""What `sam build` has made is zipped once, and deployed as it is."""

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
  Tables:
    Properties:
      TemplateURL: Tables/template.yaml
"""


def test_the_template_that_is_deployed_names_a_zip_of_each_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sam, "BUILD", tmp_path)
    monkeypatch.setattr(sam, "ZIPPED", tmp_path / "zipped.yaml")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    for package, file in (("SharedLayer", "python/shared/config.py"), ("ServePages", "pages.py")):
        (tmp_path / package / file).parent.mkdir(parents=True)
        (tmp_path / package / file).write_text(f"# {package}")
    sam._zip_packages()
    deployed = (tmp_path / "zipped.yaml").read_text()
    expected = TEMPLATE.replace("SharedLayer", "SharedLayer.zip")
    assert deployed == expected.replace("CodeUri: ServePages", "CodeUri: ServePages.zip")
    with zipfile.ZipFile(tmp_path / "SharedLayer.zip") as zipped:
        assert zipped.read("python/shared/config.py") == b"# SharedLayer"
    with zipfile.ZipFile(tmp_path / "ServePages.zip") as zipped:
        assert zipped.read("pages.py") == b"# ServePages"
