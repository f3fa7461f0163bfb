"""JSON Feed (https://jsonfeed.org, versions 1 and 1.1), which feedparser 6 does not read; pure."""

import json
from typing import Any

from feeds.entries import MAX_ENTRIES, RawEntry, RawFeed


def read_json_feed(text: str) -> RawFeed | None:
    """The feed in `text`, or None where it is no JSON Feed."""
    text = text.lstrip("\ufeff \t\r\n")
    if not text.startswith("{"):
        return None
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not _string(feed, "version").startswith("https://jsonfeed.org/"):
        return None
    items = feed.get("items")
    items = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return RawFeed.bounded(
        _string(feed, "title"), map(_raw_entry, items[:MAX_ENTRIES]), max(0, len(items) - MAX_ENTRIES)
    )


def _raw_entry(item: dict[str, Any]) -> RawEntry:
    content = _string(item, "content_html") or _string(item, "content_text")
    return RawEntry.bounded(
        guid=_string(item, "id"),
        link=_string(item, "url") or _string(item, "external_url"),
        title=_string(item, "title"),
        summary=_string(item, "summary") or content,
        contents=[content],
        published=_string(item, "date_published") or _string(item, "date_modified"),
    )


def _string(values: dict[str, Any], key: str) -> str:
    value = values.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # ids are numbers in some feeds
    return value.strip() if isinstance(value, str) else ""
