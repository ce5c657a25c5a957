"""What CloudFormation makes of templates with AWS::Serverless resources, by AWS's own translator.

AWS translates nested stacks as it translates the outermost one. The emulator does so with the
outermost alone, so that the local stack hands it the others translated; and tests look there for
what the translator adds. It comes with sam, in an environment of its own.
"""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

SAM = Path(__file__).resolve().parent.parent / ".local" / "tools" / "sam" / "bin" / "python"
# The translator takes packages that are at S3 alone: those that are not yet stand under this name.
BUCKET = "not-uploaded"
_LOCAL_URI = re.compile(r"^( +(?:Code|Content)Uri: )(?!s3:)(\S+)$", re.MULTILINE)


def translated(
    paths: Iterable[Path], parameters: Mapping[str, str] = MappingProxyType({})
) -> dict[Path, dict[str, Any]]:
    """Return each template as the translator leaves it, with its packages' own paths.

    `parameters` are those that the translator itself looks at; their defaults count without.
    """
    done = subprocess.run(
        [str(SAM), __file__, *map(str, paths)],
        env={**os.environ, "AWS_DEFAULT_REGION": "eu-central-1", "SAM_CLI_TELEMETRY": "0"},
        input=json.dumps(dict(parameters)).encode(),
        check=True,
        stdout=subprocess.PIPE,
    )
    return {Path(name): template for name, template in json.loads(done.stdout).items()}


def _translate(text: str, parameters: dict[str, str]) -> dict[str, Any]:
    # They are in sam's environment alone.
    from samcli.yamlhelper import yaml_parse  # type: ignore[import-not-found]  # noqa: PLC0415
    from samtranslator.translator.transform import (  # type: ignore[import-not-found]  # noqa: PLC0415
        transform,
    )

    # It counts its own use, and asks for switches of AWS's own, for nobody here.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    no_managed_policies = SimpleNamespace(load=dict)
    template = yaml_parse(_LOCAL_URI.sub(rf"\1s3://{BUCKET}/\2", text))
    made: dict[str, Any] = transform(template, dict(parameters), no_managed_policies)
    for resource in made["Resources"].values():
        for place in ("Code", "Content"):
            package = resource.get("Properties", {}).get(place)
            if isinstance(package, dict) and package.get("S3Bucket") == BUCKET:
                resource["Properties"][place] = package["S3Key"]
    return made


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps({name: _translate(Path(name).read_text(), given) for name in sys.argv[1:]}))
