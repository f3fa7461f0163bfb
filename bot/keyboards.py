"""Buttons. Each action is callback data of at most 64 bytes that says everything, so it works after a restart."""

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlsplit

from bot.texts import say
from digests.answer import Answer, Near
from digests.messages import Button
from digests.naming import checked
from feeds.documents import Document, document_name, load_catalogue
from feeds.models import Feed
from feeds.text import shorten

Tokens = Mapping[str, str]
"""The short name of each document that buttons lead to; see `feeds.store.document_tokens`."""
Rows = tuple[tuple[Button, ...], ...]

LATEST_FIRST = ("previous", "next")
"""Words of `page_row` where the first page is the newest."""
MAX_BYTES = 64
MAX_LABEL = 60
_MAX_OFFERED = 8
_MAX_CITED = 4
_MAX_FEEDS = 20


def answer_documents(found: Answer) -> Sequence[str]:
    """The ids that `answer_buttons` needs the tokens of: candidates first, then the numbers that articles cite."""
    return [*_offered(found), *(f"{key}#?" for key in _cited(found))]


def answer_buttons(tokens: Tokens, found: Answer, language: str, *, picks: bool = False) -> Rows:
    """Candidates of an open number and the articles that cite it, or the nearest known numbers of an unknown.

    `picks`: which candidate is opened is remembered.
    """
    documents = [document_button(tokens, document_id, language) for document_id in _offered(found)]
    if picks and found.is_choice:
        documents = [(label, _pick(action, found.keys[0])) for label, action in documents]
    cited = [
        (say("cited_articles", language, count, document_name(key, language)), _open(tokens, f"{key}#?"))
        for key, count in _cited(found).items()
    ]
    near = [(_near(near, language), f"try:{near.key}") for near in found.nearest]
    return in_rows(documents + cited + [(label, action) for label, action in near if fits(action)], 1)


def follow_button(token: str, language: str, *, followed: bool) -> Button:
    """To follow the document, or to stop that."""
    return (
        (say("unfollow", language), f"unfollow:{token}") if followed else (say("follow", language), f"follow:{token}")
    )


def asked_buttons(named: Sequence[str], tokens: Tokens, followed: Collection[str], language: str) -> Rows:
    """The documents found in something, each with the button to follow it where it is known which it is."""
    rows: list[tuple[Button, ...]] = []
    for document_id in dict.fromkeys(named):
        opens = name_button(tokens, document_id, language)
        is_open = document_id.endswith("#?")
        follow = follow_button(tokens[document_id], language, followed=document_id in followed)
        rows.append((opens,) if is_open else (opens, follow))
    return tuple(rows)


def item_buttons(items: Mapping[int, int], language: str) -> Rows:
    """The numbers of a message's items, each with its article's id, and the way out."""
    numbers = [(str(number), f"report:{article_id}") for number, article_id in sorted(items.items())]
    return (*in_rows(numbers, 5), _nothing(language))


def title_buttons(titles: Mapping[int, str], language: str) -> Rows:
    """The headlines of items, by their article's id, and the way out."""
    titled = [(shorten(title, MAX_LABEL), f"report:{article_id}") for article_id, title in titles.items()]
    return (*in_rows(titled, 1), _nothing(language))


def why_buttons(items: Mapping[int, int]) -> Rows:
    """The numbers of a digest's items, each with its article's id, to ask what became of it."""
    return in_rows([(str(number), f"why:{article_id}") for number, article_id in sorted(items.items())], 5)


def feeds_buttons(feeds: Sequence[Feed], language: str, page: int, pages: int) -> Rows:
    """The numbers of a page's feeds, the other pages, the list as a file."""
    numbers = [(str(number), f"feed:{feed.id}:{page}") for number, feed in enumerate(feeds, start=1)]
    turn = page_row(language, page, pages, "feeds", here=say("refresh", language, page + 1, pages))
    return (*in_rows(numbers, 4), turn, ((say("opml", language), "feeds:opml"),))


def feed_buttons(feed: Feed, language: str, page: int, *, asked: bool) -> Rows:
    """What can be done with a feed, and the way back to its page of the list."""
    own = f"feed:{feed.id}:{page}"
    back: tuple[Button, ...] = ((say("feeds_back", language), f"feeds:{page}"),)
    if not feed.enabled:
        return (((say("follow_again", language), f"{own}:again"),), back)
    if asked:
        return (((say("remove_yes", language), f"{own}:drop"), (say("keep", language), own)),)
    pause = ("resume_feed", "resume") if feed.paused else ("pause_feed", "pause")
    check: tuple[Button, ...] = () if feed.paused else ((say("check_now", language), f"{own}:check"),)
    return (
        ((say(pause[0], language), f"{own}:{pause[1]}"), *check),
        ((say("remove_feed", language), f"{own}:remove"),),
        back,
    )


def feed_choice(feeds: Sequence[Feed]) -> Rows:
    """Which of these feeds shall go."""
    named = [(shorten(f"{feed.outlet}: {feed.section or urlsplit(feed.url).path}", MAX_LABEL), feed) for feed in feeds]
    return in_rows([(label, f"feed:{feed.id}:0:remove") for label, feed in named[:_MAX_FEEDS]], 1)


def found_buttons(count: int, language: str) -> Rows:
    """The numbers of the feeds that were found."""
    numbers = [(str(number + 1), f"newfeed:{number}") for number in range(count)]
    return (*in_rows(numbers, 5), ((say("cancel", language), "newfeed:no"),))


def wrong_buttons(article_id: int, tokens: Tokens, others: Mapping[int, str], language: str) -> Rows:
    """What may be wrong with an article that is said to cite the documents of `tokens`, in one story with `others`:
    article -> outlet."""
    documents: list[Button] = [
        (
            say("wrong_document", language, shorten(document_name(i, language), MAX_LABEL)),
            f"wrong:{article_id}:{token}",
        )
        for i, token in list(tokens.items())[:_MAX_OFFERED]
    ]
    folds: list[Button] = [
        (say("wrong_fold", language, shorten(outlet, MAX_LABEL)), f"fold:{other_id}")
        for other_id, outlet in list(others.items())[:_MAX_OFFERED]
    ]
    return (*in_rows([(say("irrelevant", language), f"off:{article_id}"), *documents, *folds], 1), _nothing(language))


def fits(action: str) -> bool:
    """Whether Telegram takes it as callback data."""
    return len(action.encode()) <= MAX_BYTES


def page_at(page: int, count: int, per_page: int) -> tuple[int, int]:
    """(the page, or the last one where it is past the end; how many there are, at least one), from 0."""
    pages = max(1, -(-count // per_page))
    return min(page, pages - 1), pages


def page_row(
    language: str,
    page: int,
    pages: int,
    action: str,
    *,
    here: str = "",
    words: tuple[str, str] = ("page_before", "page_after"),
) -> tuple[Button, ...]:
    """The pages before and after `page` (from 0), between them `here` for this one; the buttons are `ACTION:PAGE`."""
    labels = ((page - 1, say(words[0], language)), (page, here), (page + 1, say(words[1], language)))
    return tuple((label, f"{action}:{number}") for number, label in labels if label and 0 <= number < pages)


def in_rows(buttons: Sequence[Button], width: int) -> Rows:
    """The buttons, `width` in each row."""
    return tuple(tuple(buttons[i : i + width]) for i in range(0, len(buttons), width))


def _offered(found: Answer) -> Sequence[str]:
    return [document.id for document in (found.documents or found.namesakes)[:_MAX_OFFERED]]


def _cited(found: Answer) -> Mapping[str, int]:
    return dict(list(found.cited.items())[:_MAX_CITED])


def document_button(tokens: Tokens, document_id: str, language: str) -> Button:
    """Opens the card of a document, named with a short title."""
    document = load_catalogue().get(document_id)
    label = _titled(document_name(document_id, language), document, document.title if document else None)
    return (label, _open(tokens, document_id))


def name_button(tokens: Tokens, document_id: str, language: str, action: str = "doc") -> Button:
    """A document by its name alone; opens its card, or the screen of `action`."""
    return (shorten(document_name(document_id, language), MAX_LABEL), f"{action}:{tokens[document_id]}")


def _pick(action: str, key: str) -> str:
    """Of a button that opens a document's card: to mean that document by the number from then on."""
    picks = f"pick:{action.removeprefix('doc:')}:{key}"
    return picks if fits(picks) else action


def _near(near: Near, language: str) -> str:
    name = document_name(near.key, language)
    if len(near.documents) > 1:
        return say("documents", language, name, len(near.documents))
    return _titled(name, near.document, near.title)


def _titled(name: str, document: Document | None, title: str | None) -> str:
    """`name` with a short title to choose by; "(?)" where we saw no source of it, as with an article's."""
    if not title:
        return name
    mark = "" if document and checked(document, "number", "term", "title") else " (?)"
    return shorten(f"{name}: {title}", MAX_LABEL) + mark


def _open(tokens: Tokens, document_id: str) -> str:
    return f"doc:{tokens[document_id]}"


def _nothing(language: str) -> tuple[Button, ...]:
    return ((say("cancel", language), "unreport"),)
