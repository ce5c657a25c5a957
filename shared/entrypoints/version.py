"""The version that `/health` answers, the same as in pyproject.toml (a test compares them)."""

VERSION = "1.1.0"
