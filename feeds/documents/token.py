"""The short name of a document for buttons and deep links, where a symbol's slash and length do not fit."""

import hashlib
import re
from base64 import b32encode
from collections.abc import Mapping
from functools import cache

from feeds.documents.catalogue import load_catalogue

_TOKEN = re.compile(r"[a-z2-7]{13}")


def document_token(document_id: str) -> str:
    """The token that a document gets with its row; always the same."""
    digest = hashlib.blake2s(document_id.encode(), digest_size=8).digest()
    return b32encode(digest).decode().rstrip("=").lower()


def is_token(text: str) -> bool:
    """Whether it can be one."""
    return _TOKEN.fullmatch(text) is not None


def catalogued_id(token: str) -> str | None:
    """The id of the catalogue's document that has this token."""
    return _catalogued().get(token)


@cache
def _catalogued() -> Mapping[str, str]:
    return {document_token(document.id): document.id for document in load_catalogue().documents}
