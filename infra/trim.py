"""What is left out of the libraries that are packed, because no function of ours uses it.

Named folder by folder, so that whatever a new version of a library adds is packed. What stays must
not import at its start what is left out: tests/infra/test_trim.py reads every module for that.
"""

import ast
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What botocore needs to make a client of each service that our code makes one of.
BOTOCORE_SERVICES = {"dynamodb", "s3", "ses", "sesv2"}
# From the folder that holds the libraries. The licence and the version of each stay.
LEFT_OUT = (
    # Of any library: sources of machine code, types for checkers, scripts, an installer's notes.
    *("**/*.c", "**/*.h", "**/*.pyx", "**/*.pxd", "**/*.pyi", "**/py.typed", "bin", "share"),
    *(".lock", "*.dist-info/RECORD", "*.dist-info/WHEEL", "*.dist-info/INSTALLER"),
    *("*.dist-info/REQUESTED", "*.dist-info/top_level.txt", "*.dist-info/zip-safe"),
    *("*.dist-info/direct_url.json", "*.dist-info/uv_cache.json", "*.dist-info/sboms"),
    # Handlers of events and stores of settings that are not ours; a page for contracts (2 MB).
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.[cj]s*",
    "aws_lambda_powertools/metrics/provider/datadog",
    *(
        f"aws_lambda_powertools/utilities/{name}"
        for name in (
            *("auth_alpha", "batch", "circuit_breaker", "data_masking", "feature_flags"),
            *("idempotency", "kafka", "metadata", "parameters", "parser", "streaming"),
        )
    ),
    # Catalogues of an application's own texts.
    "babel/messages",
    # Descriptions of its resources: our code makes clients alone.
    *("boto3/data", "boto3/examples"),
    *("botocore/data/*/*/examples-1.json*", "botocore/data/*/*/waiters-2.json"),
    # Formats and tools that a font on its way into a PDF does not meet, and machine code beside
    # equal Python.
    *(f"fontTools/{name}" for name in ("cu2qu", "diff", "merge", "mtiLib", "qu2cu", "t1Lib")),
    *("fontTools/ufoLib", "fontTools/voltLib", "fontTools/fontBuilder.py", "fontTools/**/*.so"),
    *("fontTools/feaLib/__main__.py", "fontTools/feaLib/builder.py", "fontTools/feaLib/lexer.py"),
    *("fontTools/feaLib/parser.py", "fontTools/pens/*u2*uPen.py", "fontTools/pens/moments*"),
    *("fontTools/pens/statisticsPen.py", "fontTools/varLib/avar*"),
    *("fontTools/varLib/interpolat*.py", "fontTools/varLib/mutator.py", "fontTools/varLib/plot.py"),
    *("fontTools/ttx.py", "fontTools/help.py", "fontTools/afmLib.py", "fontTools/tfmLib.py"),
    *("fontTools/ttLib/woff2.py", "fontTools/ttLib/removeOverlaps.py", "fontTools/misc/psLib.py"),
    *(f"fontTools/pens/{name}Pen.py" for name in ("cairo", "cocoa", "freetype", "qt", "quartz")),
    *("fontTools/pens/reportLabPen.py", "fontTools/pens/wxPen.py"),
    # A second copy of time zones: tzdata's is read.
    "dateutil/zoneinfo",
    # Other weights than the three that PDFs are set in, other ways to write, and sets of the same.
    *(f"fontpkg_*/files/*-{weight}*.ttf" for weight in ("Black", "Extra", "Light", "Medium")),
    *("fontpkg_*/files/*-SemiBold*.ttf", "fontpkg_*/files/*-Thin*.ttf"),
    *("fontpkg_*/files/*-BoldItalic.ttf", "fontpkg_amiri/files/*-[BI]*.ttf"),
    *("fontpkg_sarabun/files/*-[BI]*.ttf", "pylopdf_fonts_*/NotoSerif*.otf"),
    *("manimgx_fonts/NotoSans[[]*.ttf", "manimgx_fonts/NotoSans-Italic*.ttf"),
    *("manimgx_fonts/NotoSansArabic*.ttf", "manimgx_fonts/NotoSansThai*.ttf"),
    "uharfbuzz/_harfbuzz_test*.so",
    # Its first version, whole, and what it tells mypy.
    *("pydantic/mypy.py", "pydantic/v1"),
    # Types of parameters, half of the library; the second API and its events, which nobody asks.
    *("stripe/params", "stripe/events", "stripe/test_helpers", "stripe/v2/billing"),
    *("stripe/v2/commerce", "stripe/v2/money_management", "stripe/v2/test_helpers"),
    *("stripe/v2/core/_account*", "stripe/v2/core/_event_*", "stripe/v2/core/_vault*"),
    *("stripe/v2/core/accounts", "stripe/v2/core/vault"),
)


def trim(target: Path) -> None:
    """Leave out of the libraries in `target` what no function uses."""
    for path in left_out(target):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def left_out(target: Path) -> list[Path]:
    """Return the files and folders among the libraries in `target` that are left out."""
    found = [path for pattern in LEFT_OUT for path in target.glob(pattern)]
    data = target / "botocore" / "data"
    found += [each for each in data.glob("*/") if each.name not in BOTOCORE_SERVICES]
    return found + _unspoken(target)


def _unspoken(target: Path) -> list[Path]:
    """Return the formats of languages that Checkout does not speak, two thirds of 30 MB.

    Of those that it speaks every region stays: they are small and build on the language.
    """
    listed = ast.parse((ROOT / "shared" / "domain" / "locales.py").read_text())
    [spoken] = [
        ast.literal_eval(node.value.args[0])
        for node in listed.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.targets[0]) == "LOCALES"
    ]
    # What every locale and what Norwegian Bokmål build on.
    kept = {locale.partition("-")[0] for locale in spoken} | {"root", "no"}
    files = (target / "babel" / "locale-data").glob("*.dat")
    return [file for file in files if file.stem.partition("_")[0] not in kept]
