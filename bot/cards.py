"""Buttons of a document's card: `doc:TOKEN` opens one, `doc:TOKEN:VIEW` and `doc:TOKEN:VIEW:TRAIL` turn it in place.

VIEW is what is shown and, after dots, which articles: `1` the second page, `0.y2026.o1a2b3c4d` the first of those of
2026 of an outlet, `src` where the facts come from, `f` what can be chosen, `fy` the years to choose from. TRAIL are the
tokens of the documents that led here, the last one first.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

from bot.keyboards import MAX_LABEL, Rows, Tokens, document_button, fits, follow_button, in_rows
from bot.texts import say
from digests.dossier import PER_PAGE, Dossier
from digests.facets import KINDS, Kind
from digests.messages import COPY, MAX_COPIED, SHARE, Button
from digests.render import report_button
from digests.templates import macros
from feeds.documents import document_name, is_citable, official_citation
from feeds.places import place_label
from feeds.text import shorten

_MAX_RELATED = 6
_MAX_VALUES = 36  # of one kind to choose from; there are 34 provinces
_MAX_TRAIL = 2
_LETTERS: Mapping[str, Kind] = {kind[0]: kind for kind in KINDS}
_VIEW = re.compile(r"(src|f[ypos]?|\d{1,5})((?:\.[ypos][0-9a-f]{1,8}){0,4})")


@dataclass(frozen=True, slots=True)
class CardView:
    """What is shown of a document's card, as its buttons say it.

    `shows` is "" for a page of articles, `src`, `f`, or `f` and the letter of a kind. `chosen` is what the articles
    have in common, years as they are, other values as `value_code`. `trail` are tokens, the last document first.
    """

    token: str
    page: int = 0
    shows: str = ""
    chosen: Mapping[Kind, str] = field(default_factory=dict)
    trail: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind | None:
        """The kind whose values are to choose from."""
        return _LETTERS.get(self.shows[1:]) if self.shows.startswith("f") else None

    @property
    def action(self) -> str:
        """The data of the button that leads here: at most 64 bytes, for which older documents of the trail go."""
        chosen = "".join(f".{kind[0]}{value}" for kind, value in self.chosen.items())
        view = f"doc:{self.token}:{self.shows or self.page}{chosen}"
        trail = self.trail[:_MAX_TRAIL]
        while trail and not fits(f"{view}:{'.'.join(trail)}"):
            trail = trail[:-1]
        return f"{view}:{'.'.join(trail)}" if trail else view

    def at(self, page: int) -> "CardView":
        return replace(self, page=page, shows="")

    def without(self, kind: Kind) -> Mapping[Kind, str]:
        return {other: value for other, value in self.chosen.items() if other != kind}


def read_view(data: str) -> CardView | None:
    """The view that a button's data after `doc:` says; None where it says none, and opens a card anew."""
    token, _, rest = data.partition(":")
    view, _, trail = rest.partition(":")
    match = _VIEW.fullmatch(view)
    if match is None:
        return None
    chosen = {_LETTERS[part[0]]: part[1:] for part in match[2].split(".")[1:]}
    came = tuple(part for part in trail.split(".") if part)[:_MAX_TRAIL]
    if match[1].isdecimal():
        return CardView(token, int(match[1]), "", chosen, came)
    return CardView(token, 0, match[1], chosen, came)


def value_code(kind: Kind, value: str) -> str:
    """A value in a button's data: a year, or of a name eight characters that are the same in every process."""
    return value if kind == "year" else f"{crc32(value.encode()):08x}"


def dossier_documents(dossier: Dossier) -> Sequence[str]:
    """The ids that `dossier_buttons` needs the tokens of: its own first."""
    related = dict.fromkeys(relation.target for relation in dossier.document.relations) if dossier.document else {}
    return [dossier.name, *list(related)[:_MAX_RELATED]]


def dossier_buttons(
    tokens: Tokens,
    dossier: Dossier,
    language: str,
    view: CardView,
    *,
    followed: bool,
    shares: bool = False,
    came_from: str | None = None,
    chosen_key: str | None = None,
) -> Rows:
    """Pages of the articles and which, where the facts come from, the documents this one is related to, to cite it, to
    follow it, and to say what is wrong.

    `shares`: the bot may be asked from other chats. `came_from` is the id of the document that led here, `chosen_key`
    the number by which this chat said to mean this one.
    """
    own, *related = dossier_documents(dossier)
    is_first = not view.page and not view.chosen
    rows: list[tuple[Button, ...]] = [*_turning(dossier, language, view), *_looking(dossier, language, view)]
    if is_first:
        rows += [(_walk(tokens, target, language, view),) for target in related]
        rows.append(_life(tokens[own], language))
        rows += _citing(tokens, dossier, language, shares=shares)
    report = (report_button(language),) if dossier.articles else ()
    rows.append((follow_button(tokens[own], language, followed=followed), *report))
    if chosen_key is not None and is_first and fits(f"unpick:{chosen_key}"):
        rows.append(((say("choose_again", language), f"unpick:{chosen_key}"),))
    if came_from is not None:
        rows.append((_back_to(came_from, language, view),))
    return tuple(rows)


def sources_buttons(language: str, view: CardView) -> Rows:
    """The way back to the card."""
    return (((say("back", language), view.at(0).action),),)


def filter_buttons(
    language: str, view: CardView, names: Mapping[Kind, str], values: Mapping[str, int] | None = None
) -> Rows:
    """What the articles can be chosen by, with what is chosen (`names`); of a kind its values, with the number of
    articles of each."""
    if view.kind is None or values is None:
        kinds = [(_kind_label(kind, names.get(kind), language), replace(view, shows=f"f{kind[0]}")) for kind in KINDS]
        none = replace(view, chosen={}).at(0)
        drop: Rows = (((say("drop_filters", language), none.action),),) if view.chosen else ()
        chosen = in_rows([(label, one.action) for label, one in kinds], 2)
        return (*chosen, *drop, ((say("back", language), view.at(0).action),))
    kind = view.kind
    offered: list[Button] = []
    for value, count in list(values.items())[:_MAX_VALUES]:
        label = f"{shorten(_value_label(kind, value, language), MAX_LABEL - 10)} ({count})"
        offered.append((label, replace(view, chosen={**view.chosen, kind: value_code(kind, value)}).at(0).action))
    everything = (say("all_of_kind", language), replace(view, chosen=view.without(kind)).at(0).action)
    return (*in_rows(offered, 2), (everything, (say("back", language), replace(view, shows="f").action)))


def _turning(dossier: Dossier, language: str, view: CardView) -> Rows:
    pages = max(1, -(-dossier.count // PER_PAGE))
    page = dossier.first // PER_PAGE
    if pages == 1:
        return ()
    turn: list[Button] = []
    if page > 0:
        turn.append((say("previous", language), view.at(page - 1).action))
    turn.append((f"{page + 1}/{pages}", view.at(page).action))
    if page + 1 < pages:
        turn.append((say("next", language), view.at(page + 1).action))
    return (tuple(turn),)


def _looking(dossier: Dossier, language: str, view: CardView) -> Rows:
    """What the articles are chosen by, where there are more than one page of them; where the facts come from."""
    row: list[Button] = []
    if dossier.total > PER_PAGE or view.chosen:
        row.append((say("filter", language), replace(view, page=0, shows="f").action))
    if view.page or view.chosen:
        row.append((say("whole_card", language), replace(view, chosen={}).at(0).action))
    elif dossier.document:
        row.append((say("sources", language), replace(view, page=0, shows="src").action))
    return (tuple(row),) if row else ()


def _walk(tokens: Tokens, target: str, language: str, view: CardView) -> Button:
    """To a related document in place, from where this one is one step back."""
    token = tokens[target]
    trail = (view.token, *view.trail)
    if token in view.trail:  # back where one was
        trail = view.trail[view.trail.index(token) + 1 :]
    return (document_button(tokens, target, language)[0], CardView(token, trail=trail).action)


def _back_to(document_id: str, language: str, view: CardView) -> Button:
    label = shorten(say("back_to", language, document_name(document_id, language)), MAX_LABEL)
    return (label, CardView(view.trail[0], trail=view.trail[1:]).action)


def _life(token: str, language: str) -> tuple[Button, ...]:
    """Its timeline, its map and its months in the news."""
    names = (("life", "life"), ("map_short", "map"), ("trend", "drawtrend"))
    return tuple((say(key, language), f"{action}:{token}") for key, action in names)


def _citing(tokens: Tokens, dossier: Dossier, language: str, *, shares: bool) -> Rows:
    row: list[Button] = []
    if dossier.document and is_citable(dossier.document):
        citation = official_citation(dossier.document, language, MAX_COPIED)
        row.append((say("copy_citation", language), f"{COPY}{citation}"))
    if shares and dossier.document_id:
        row.append((say("share", language), f"{SHARE}d_{tokens[dossier.name]}"))
    return (tuple(row),) if row else ()


def _kind_label(kind: Kind, value: str | None, language: str) -> str:
    name = str(macros("card_words.html", language).filter_name(kind))
    return f"{name}: {shorten(_value_label(kind, value, language), 30) if value else say('all_of_them', language)}"


def _value_label(kind: Kind, value: str, language: str) -> str:
    if kind == "stage":
        return str(macros("words.html", language).stage(value, None))
    return place_label(value, language) if kind == "place" else value
