"""The real clock. Everything below gets it, or the demo's, as an argument and never asks by itself."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
