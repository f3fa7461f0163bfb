"""What a site of the demo answers to one request, before HTTP: a value, so that sites stay pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole 200 response: the bytes, their MIME type and since when they are so (aware; None: not known)."""

    body: bytes
    content_type: str
    changed_at: datetime | None = None
