"""Who is reported implementing a document, and who is not seen: provinces of today and central bodies by stage.

That somebody is not seen says something of our sources only, never that nothing was done. Former provinces and
ministries are folded into those of today and stay named, so that one can look for them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy.orm import Session

from digests.bodies import bodies
from digests.happenings import PLACED_STAGES, Event, first_events
from digests.implementer import Kind
from digests.templates import macros
from feeds.places import place_label, present_province, province_names, provinces


@dataclass(frozen=True, slots=True)
class Seen:
    """The first report that somebody was seen at a stage. `named`: how the article calls it, perhaps a former name.

    `date_known`: the report is dated, else it was first seen on that day; a dated one comes before all others.
    `outlets` is how many outlets tell of that event, `events` how many events of this stage are told of.
    """

    on: date
    title: str
    url: str | None
    outlet: str
    quote: str
    article_id: int
    named: str
    outlets: int
    events: int
    date_known: bool = True


@dataclass(frozen=True, slots=True)
class MapRow:
    """A province (`group` "province", `code` its name) or a central body (a group of digests.bodies, its code).

    `former` are the names that are folded into it. A stage that is not in `seen` is not seen in the sources.
    """

    group: str
    code: str
    vi: str
    en: str
    former: tuple[str, ...]
    seen: Mapping[str, Seen]

    @property
    def first(self) -> Seen | None:
        """The first report of all stages."""
        return min(self.seen.values(), key=lambda seen: (not seen.date_known, seen.on), default=None)


@dataclass(frozen=True, slots=True)
class ImplementationMap:
    """All rows, provinces first, then bodies by group; `placeless` events do not say who implements the document."""

    document_id: str
    rows: tuple[MapRow, ...]
    placeless: int = 0

    @property
    def seen(self) -> tuple[MapRow, ...]:
        return tuple(row for row in self.rows if row.seen)

    @property
    def not_seen(self) -> tuple[MapRow, ...]:
        return tuple(row for row in self.rows if not row.seen)


def implementation_map(session: Session, document_id: str) -> ImplementationMap:
    """The map of a document, every province and body in it, seen or not."""
    return map_of(document_id, first_events(session, document_id))


def map_of(document_id: str, firsts: Iterable[tuple[Event, int]]) -> ImplementationMap:
    """The map that the first event of each stage and implementer makes, and how many there are."""
    told: dict[tuple[str, str], dict[str, Seen]] = {}
    placeless = 0
    for event, number in firsts:
        if event.who is None:
            placeless += number
        else:
            told.setdefault((event.who.kind, event.who.name), {})[event.stage] = _seen(event, number)

    def seen(kind: Kind, code: str) -> Mapping[str, Seen]:
        stages = told.get((kind, code), {})
        return {stage: stages[stage] for stage in PLACED_STAGES if stage in stages}

    rows = [
        MapRow("province", name, place_label(name), place_label(name, "en"), _former(name), seen("province", name))
        for name in provinces()
    ]
    rows += [MapRow(b.group, b.code, b.vi, b.en, b.former, seen("body", b.code)) for b in bodies()]
    return ImplementationMap(document_id, tuple(rows), placeless)


def table_of(view: ImplementationMap, language: str) -> Sequence[Sequence[str]]:
    """The map as a table, its header first: group, name, former names, and of each stage the first date and link."""
    words, stages = macros("life_words.html", language), macros("words.html", language)
    header = [str(words.group_column()), str(words.name_column()), str(words.former_column())]
    for stage in PLACED_STAGES:
        header += [str(stages.stage(stage, None)), f"{stages.stage(stage, None)}: {words.link_column()}"]
    table = [header]
    for row in view.rows:
        name = row.vi if language == "vi" else row.en
        cells = [str(words.group(row.group)), name, ", ".join(row.former)]
        for stage in PLACED_STAGES:
            seen = row.seen.get(stage)
            on = seen.on.isoformat() if seen else str(words.not_seen())
            unsure = f" ({stages.first_seen()})" if seen and not seen.date_known else ""
            cells += [on + unsure, (seen.url or seen.outlet) if seen else ""]
        table.append(cells)
    return table


def _seen(first: Event, number: int) -> Seen:
    return Seen(
        on=first.on,
        title=first.title,
        url=first.url,
        outlet=first.outlet,
        quote=first.quote,
        article_id=first.article_id,
        named=first.who.named if first.who else "",
        outlets=first.outlets,
        events=number,
        date_known=first.date_known,
    )


@cache
def _former(province: str) -> tuple[str, ...]:
    """The names of the former provinces that a province of today is made of, besides its own."""
    return tuple(name for name in province_names() if present_province(name) == province and name != province)
