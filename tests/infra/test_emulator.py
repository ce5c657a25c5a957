"""A package is unpacked once for all workers, and IAM is told what our policies ask for."""

import json
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.local.emulator import PACKAGES, UnpackedOnce, keep_attributes, tell_conditions


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def unpack(worker: Path, text: str) -> Path:
    """Do as the emulator does for one worker; returns the folder that its code is in."""
    code = worker / "code"
    code.mkdir(parents=True)
    with zipfile.ZipFile(worker / "code.zip", "w") as made:
        made.writestr("functions/x/handler.py", text)
    with UnpackedOnce(str(worker / "code.zip")) as archive:
        assert archive.namelist() == []
        archive.extractall(str(code))
    return code


def test_workers_of_one_package_share_its_files(temporary: Path) -> None:
    with ThreadPoolExecutor(8) as at_once:
        folders = list(at_once.map(lambda n: unpack(temporary / f"worker-{n}", "A = 1"), range(8)))
    for folder in folders:
        assert (folder / "functions/x/handler.py").read_text() == "A = 1"
        assert folder.resolve() == folders[0].resolve()
        assert list(folder.parent.iterdir()) == [folder], "its zip is not kept"
    assert len(list((temporary / PACKAGES).iterdir())) == 1


def test_a_package_that_has_changed_is_unpacked_anew(temporary: Path) -> None:
    before, after = (unpack(temporary / text, text) for text in ("before", "after"))
    assert (before / "functions/x/handler.py").read_text() == "before"
    assert (after / "functions/x/handler.py").read_text() == "after"


def test_what_a_broken_unpacking_left_is_not_taken_for_a_package(temporary: Path) -> None:
    worker = temporary / "worker"
    with pytest.raises(zipfile.BadZipFile):
        unpack_broken(worker)
    assert unpack(temporary / "other", "A = 1").is_dir()
    assert len(list((temporary / PACKAGES).iterdir())) == 1


def unpack_broken(worker: Path) -> None:
    (worker / "code").mkdir(parents=True)
    (worker / "code.zip").write_bytes(b"not a zip")
    with UnpackedOnce(str(worker / "code.zip")) as archive:
        archive.extractall(str(worker / "code"))


def test_what_has_not_changed_keeps_its_attributes_when_its_nested_stack_is_deployed_again() -> (
    None
):
    """Bug: `make up` over a running stack failed at the first log group that a role names."""

    def update(kind: str, physical_id: str, old: Any, new: Any, *rest: Any) -> Any:
        assert kind == "AWS::Logs::LogGroup"
        attributes = rest[2]
        return physical_id, (attributes or {}) if old == new else {"Arn": "arn:new"}

    provisioners = SimpleNamespace(_update_resource=update)
    stacks = {"bookpay-Payments": {"_resources": {"Log": {"Attributes": {"Arn": "arn:log"}}}}}
    keep_attributes(provisioners, stacks)
    call, same = provisioners._update_resource, {"LogGroupName": "/a"}
    nested = ("AWS::Logs::LogGroup", "/a", same, dict(same), "bookpay-Payments")
    assert call(*nested, "Log") == ("/a", {"Arn": "arn:log"})
    assert call(*nested, "Log", {"Arn": "arn:given"}) == ("/a", {"Arn": "arn:given"})
    assert call(*nested, "Another") == ("/a", {})
    changed = (*nested[:3], {"LogGroupName": "/b"}, nested[4])
    assert call(*changed, "Log") == ("/a", {"Arn": "arn:new"})


# ------------------------------------------------------------------ conditions


@pytest.fixture
def iam_actions() -> SimpleNamespace:
    """The emulator's module, which tells something of its own already."""
    told = SimpleNamespace(
        dynamodb_service_context=lambda _body: {"dynamodb:Select": "ALL_ATTRIBUTES"},
        request_tag_context=lambda *_: {"aws:TagKeys": []},
    )
    tell_conditions(told)
    return told


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ({"TableName": "t", "Key": {"pk": {"S": "api#demo"}}}, ["api#demo"]),
        ({"TableName": "t", "Item": {"pk": {"S": "api#demo"}, "a": {"N": "1"}}}, ["api#demo"]),
        ({"TableName": "t"}, None),
        ({"TableName": "t", "Key": {"id": {"S": "another table's"}}}, None),
        ({"TableName": "t", "Key": "no key"}, None),
    ],
)
def test_the_partition_key_of_a_request_is_told(
    iam_actions: SimpleNamespace, sent: Any, keys: list[str] | None
) -> None:
    told = iam_actions.dynamodb_service_context(json.dumps(sent).encode())
    assert told.get("dynamodb:LeadingKeys") == keys
    assert told["dynamodb:Select"] == "ALL_ATTRIBUTES"


def test_the_encryption_context_of_a_request_to_kms_is_told_and_no_other_services(
    iam_actions: SimpleNamespace,
) -> None:
    body = json.dumps({"EncryptionContext": {"location": "demo", "purpose": "api"}}).encode()
    assert iam_actions.request_tag_context("kms", "kms:Decrypt", body, {}) == {
        "aws:TagKeys": [],
        "kms:EncryptionContext:location": "demo",
        "kms:EncryptionContext:purpose": "api",
    }
    for service, sent in (("ssm", body), ("kms", b"{}"), ("kms", b"no JSON"), ("kms", b"")):
        assert iam_actions.request_tag_context(service, "x", sent, {}) == {"aws:TagKeys": []}
