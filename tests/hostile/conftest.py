"""The pages as they are made with their function's package."""

from tests.surroundings.fixtures import _made_pages, made_pages

__all__ = ["_made_pages", "made_pages"]
