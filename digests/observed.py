"""What articles say of a document that no catalogue knows; pure.

Each statement is shown with the outlets that make it. Outlets agree independently when their sentences differ: one
sentence in five papers is one agency's, and counts once. Where they contradict each other, all versions are shown.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from feeds.text import fold

FIELDS = ("title", "issuer", "date", "term")


@dataclass(frozen=True, slots=True)
class ObservedFact:
    """One statement: `field` is one of `FIELDS`, `date` values are ISO. `agreed`: by two independent sentences."""

    field: str
    value: str
    outlets: tuple[str, ...]
    agreed: bool
    contradicted: bool


def observed_facts(citing: Iterable[Row[Any]]) -> tuple[ObservedFact, ...]:
    """The statements of `citing`, mentions with the outlets of their articles; in the order of `FIELDS`, those of most
    outlets first."""
    versions: dict[str, dict[str, list[tuple[str, str, str]]]] = {field: {} for field in FIELDS}
    for mention in citing:
        for field, value in _stated(mention):
            key = fold(value).strip(" .,;“”\"'")
            versions[field].setdefault(key, []).append((value, mention.outlet, fold(mention.quote)))
    return tuple(
        ObservedFact(
            field=field,
            value=max((value for value, _, _ in stated), key=len),
            outlets=tuple(dict.fromkeys(outlet for _, outlet, _ in stated if outlet)),
            agreed=len({outlet for _, outlet, _ in stated}) > 1 and len({quote for _, _, quote in stated}) > 1,
            contradicted=len(found) > 1,
        )
        for field, found in versions.items()
        for stated in sorted(found.values(), key=lambda stated: -len({outlet for _, outlet, _ in stated}))
    )


def _stated(mention: Row[Any]) -> Iterator[tuple[str, str]]:
    date = mention.issued_on.isoformat() if mention.issued_on else None
    for field, value in zip(FIELDS, (mention.title, mention.issuing_body, date, mention.term), strict=True):
        if value:
            yield field, value
