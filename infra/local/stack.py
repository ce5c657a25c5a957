"""The whole system on this machine: the emulator, the simulator, the front door, the mail folder.

`up` builds and deploys the same template.yaml that goes to AWS; nothing between the front door and
the table is made for this. It is safe to repeat: what runs and has not changed is left alone.
"""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import httpx
import yaml
from botocore.config import Config

from infra.local.processes import Process
from infra.local.progress import StackError, step
from infra.local.sam import ZIPPED, build, deploy, digest_of_sources
from infra.local.seed import seed
from infra.local.settings import (
    ACCESS_KEY_ID,
    CURRENCY,
    LOCATION_ID,
    MAIL_FROM,
    REGION,
    ROOT,
    SECRET_ACCESS_KEY,
    TOOLS,
    Settings,
)

STACK_NAME = "bookpay"
OF_ANOTHER_ACCOUNT = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
NO_KEYS = {"secret_key": "", "publishable_key": ""}
# What is called by its alias, more than once at a time: two workers of the version that it leads to
# stand ready. For a further one the first to need it waits, as on AWS.
PUBLISHED = {
    *("receive_stripe_webhook", "record_stripe_event", "create_checkout", "serve_staff_api"),
}
STARTED_AT_ONCE = 4
WORKERS_STAY_S = 6 * 3600
START_S = 240


def up(settings: Settings) -> dict[str, Any]:
    """Bring the stack up and return what `stack.json` says; `StackError` tells what failed."""
    os.environ.update(aws_environment(settings))
    for name in OF_ANOTHER_ACCOUNT:
        # A profile or session of the shell's would be looked for, or sent, with our own keys.
        os.environ.pop(name, None)
    if not all(process.is_running() for process in _processes(settings, NO_KEYS).values()):
        # The emulator and the simulator forget everything when they end, and know of each other.
        down(settings)
    keys = _stripe_keys(settings)
    processes = _processes(settings, keys)
    digest = digest_of_sources()
    if _is_up(settings, processes, digest):
        print("  ✓ Everything is up already")
        return _read_stack(settings)
    settings.stack_file.unlink(missing_ok=True)
    settings.mail_folder.mkdir(parents=True, exist_ok=True)
    settings.unpacked_folder.mkdir(parents=True, exist_ok=True)
    with step("Starting the AWS emulator, the Stripe simulator, the front door and the mailbox"):
        for process in processes.values():
            process.start()
    with step("Building the functions' packages"):
        build(digest)
    with step("Waiting for the emulator and the simulator"):
        processes["emulator"].wait_for(f"{settings.aws_url}/_ministack/health", START_S)
        processes["simulator"].wait_for(f"{settings.stripe_url}/_sim/health", START_S)
        processes["mailbox"].wait_for_port(START_S)
        processes["front-door"].wait_for_port(START_S)
    with step("Deploying template.yaml to the emulator"):
        # Mails are taken from a verified address alone, as on AWS.
        boto3.client("ses").verify_email_identity(EmailAddress=MAIL_FROM)
        deploy(settings)
    outputs = _outputs() | _archives()
    with step("Connecting the location and its staff"):
        seeded = _read_seeded(settings) or seed(settings, outputs, keys)
        _seeded_file(settings).write_text(json.dumps(seeded))
    with step("Waiting until every function answers"):
        _start_functions()
        processes["front-door"].wait_for(f"{settings.api_url}/health", START_S)
    stack = _describe(settings, outputs, keys, seeded)
    (settings.run_folder / "deployed").write_text(digest)
    settings.stack_file.write_text(json.dumps(stack, indent=2) + "\n")
    return stack


def down(settings: Settings) -> None:
    """End what `up` started; what is not running is no error."""
    for process in _processes(settings, NO_KEYS).values():
        if process.stop():
            print(f"  ✓ {process.name} ended")
    settings.stack_file.unlink(missing_ok=True)
    if settings.unpacked_folder.exists():
        with step("Deleting what the emulator has unpacked"):
            shutil.rmtree(settings.unpacked_folder)
    for name in ("deployed", "seeded.json", "keys.json"):
        (settings.run_folder / name).unlink(missing_ok=True)


def _processes(settings: Settings, keys: Mapping[str, str]) -> dict[str, Process]:
    ports = settings.ports
    python = sys.executable
    # `-P`: our modules beside it are not the emulator's.
    emulator = [str(TOOLS / "emulator" / "bin" / "python"), "-P"]
    emulator_environment = {
        **aws_environment(settings),
        "AUTH": "true",  # signatures are verified and IAM policies enforced, as on AWS
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(ports.aws),
        "MINISTACK_REGION": REGION,
        "SMTP_HOST": f"127.0.0.1:{ports.smtp}",
        "IOT_MTLS_ENABLED": "false",
        "SFTP_ENABLED": "false",
        "LAMBDA_WARM_TTL_SECONDS": str(WORKERS_STAY_S),
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(settings.unpacked_folder),
        # Its worker pool finds `python3.13` here, and byte code is as packaged.
        "PATH": f"{TOOLS / 'emulator' / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    commands: dict[str, tuple[list[str], str, int, Mapping[str, str]]] = {
        "emulator": (
            [*emulator, str(ROOT / "infra" / "local" / "emulator.py")],
            "aws",
            ports.aws,
            emulator_environment,
        ),
        "simulator": (
            [
                *(python, "-m", "infra.local.stripe_simulator", "--port", str(ports.stripe)),
                *("--secret-key", keys["secret_key"]),
                *("--publishable-key", keys["publishable_key"]),
            ],
            "stripe",
            ports.stripe,
            {},
        ),
        "front-door": (
            [
                *(python, "-m", "infra.local.front_door", "--port", str(ports.api)),
                *("--aws-url", settings.aws_url),
            ],
            "api",
            ports.api,
            {},
        ),
        "mailbox": (
            [
                *(python, "-m", "infra.local.mail_sink", "--port", str(ports.smtp)),
                *("--folder", str(settings.mail_folder)),
            ],
            "smtp",
            ports.smtp,
            {},
        ),
    }
    return {
        name: Process(name, command, port_name, port, settings.run_folder, environment)
        for name, (command, port_name, port, environment) in commands.items()
    }


def _is_up(settings: Settings, processes: Mapping[str, Process], digest: str) -> bool:
    deployed = settings.run_folder / "deployed"
    if not settings.stack_file.exists() or not all(p.is_running() for p in processes.values()):
        return False
    if not deployed.exists() or deployed.read_text() != digest:
        return False
    try:
        return httpx.get(f"{settings.api_url}/health", timeout=10).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _start_functions() -> None:
    """Call every function with an empty event, so that the first requests meet none cold.

    What they answer does not matter, only that the emulator can run them.
    """
    functions = boto3.client(
        "lambda", config=Config(read_timeout=START_S, retries={"total_max_attempts": 1})
    )
    calls: list[str] = []
    for page in functions.get_paginator("list_functions").paginate():
        for each in page["Functions"]:
            is_published = each["Handler"].split(".")[1] in PUBLISHED
            name = each["FunctionName"]
            calls += 2 * [f"{name}:live"] if is_published else [name]

    def start(name: str) -> None:
        answer = functions.invoke(FunctionName=name, Payload=json.dumps({"Records": []}))
        said = answer["Payload"].read().decode()
        if "ImportModuleError" in said or "No module named" in said:
            raise StackError(f"{name} cannot be started: {said[:500]}")

    with ThreadPoolExecutor(STARTED_AT_ONCE) as at_once:
        for _ in at_once.map(start, calls):
            pass


def _outputs() -> dict[str, str]:
    described = boto3.client("cloudformation").describe_stacks(StackName=STACK_NAME)
    outputs = described["Stacks"][0].get("Outputs", [])
    return {each["OutputKey"]: each["OutputValue"] for each in outputs}


def _archives() -> dict[str, str]:
    """Make the archives that template.yaml makes on AWS, and return what its outputs say there.

    The emulator has archives and replays; only its CloudFormation does not know them.
    """
    events = boto3.client("events")
    bus = events.describe_event_bus(Name=STACK_NAME)["Arn"]
    found = {each["ArchiveName"] for each in events.list_archives()["Archives"]}
    outputs = {}
    for name, resource in yaml.safe_load(ZIPPED.read_text())["Resources"].items():
        if resource["Type"] != "AWS::Events::Archive":
            continue
        if name not in found:
            pattern = json.dumps(resource["Properties"]["EventPattern"])
            events.create_archive(ArchiveName=name, EventSourceArn=bus, EventPattern=pattern)
        outputs[f"{name}Arn"] = events.describe_archive(ArchiveName=name)["ArchiveArn"]
    return outputs


def _describe(
    settings: Settings,
    outputs: Mapping[str, str],
    keys: Mapping[str, str],
    seeded: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "api_url": settings.api_url,
        "aws": {
            "endpoint_url": settings.aws_url,
            "region": REGION,
            "access_key_id": ACCESS_KEY_ID,
            "secret_access_key": SECRET_ACCESS_KEY,
        },
        "stripe": {"api_base": settings.stripe_url, **keys},
        "location_id": LOCATION_ID,
        "currency": CURRENCY,
        "webhook_secret": seeded["webhook_secret"],
        "user_pool_id": outputs["UserPoolId"],
        "user_pool_client_id": outputs["UserPoolClientId"],
        "staff": seeded["staff"],
        "mail_dir": os.path.relpath(settings.mail_folder, ROOT),
        "outputs": dict(outputs),
    }


def aws_environment(settings: Settings) -> dict[str, str]:
    """Return the variables by which AWS's libraries find the emulator, and nothing else."""
    return {
        "AWS_ENDPOINT_URL": settings.aws_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _stripe_keys(settings: Settings) -> dict[str, str]:
    """Return the simulator's keys: made once for each life of the stack."""
    file = settings.run_folder / "keys.json"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        made = {name: secrets.token_hex(24) for name in ("publishable", "secret")}
        keys = {
            "publishable_key": f"pk_test_{made['publishable']}",
            "secret_key": f"sk_test_{made['secret']}",
        }
        file.write_text(json.dumps(keys))
    return dict(json.loads(file.read_text()))


def _seeded_file(settings: Settings) -> Path:
    return settings.run_folder / "seeded.json"


def _read_seeded(settings: Settings) -> dict[str, Any] | None:
    file = _seeded_file(settings)
    return dict(json.loads(file.read_text())) if file.exists() else None


def _read_stack(settings: Settings) -> dict[str, Any]:
    return dict(json.loads(settings.stack_file.read_text()))
