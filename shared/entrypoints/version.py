"""The version that `/health` answers; the one of pyproject.toml (a test holds them together)."""

VERSION = "0.1.0"
