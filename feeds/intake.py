"""From the entries of a feed to articles: which are new or edited, and what they say.

::

    RawEntry --identity--> known, with the same hash? --yes--> nothing to do
                               |no
                               +--> clean text --> analyse by the first reader --> (NewArticle, Analysis)
                               +--> no address and no guid, no words: refused, with the reason
"""

import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

import structlog

from feeds.analyse import Analysis, analyse
from feeds.classify import first_reading
from feeds.database import Database
from feeds.dates import parse_date
from feeds.entries import Entry, RawEntry, RawFeed, entry_of, link_of
from feeds.extract import ExtractError, extract_page, join_lead
from feeds.identity import article_identity
from feeds.models import Feed
from feeds.store import KnownArticle, NewArticle, known_articles, published_on, stored_text
from feeds.text import modern_tones, sentences, shorten
from feeds.versions import is_edit

log = structlog.get_logger()

# A lead less likely than this to be policy does not cost its outlet a request for the page: nine in ten do not.
PAGE_SCORE = 0.01
# A text shorter than this is a lead, whatever the feed calls it (characters).
FULL_TEXT = 1200
# An item without a headline is called by its first sentence, cut to this (characters).
OUR_TITLE = 120
# Clocks err; an item from further ahead than this has no believable date.
FUTURE = timedelta(hours=1)
MAX_REASON = 200
# Characters of link, guid and the feed's address; longer ones are not remembered, else one feed might fill the memory.
_USUAL = 500
# Full texts of a feed are taken apart for so long; those behind get theirs from their pages.
_SECONDS = 10.0


@dataclass(slots=True)
class Intake:
    """What one reading of a feed brings.

    `found` are the articles to store, `edited` the identities of those that are known already; `hashes` are the new
    hashes of entries whose words did not change; `refused` are (identity, title, reason) of what makes no article.
    `entries` counts all that the feed shows, `dates` are theirs. `left` are identities that another feed of the round
    is bringing; where it fails to, this one must be read again. One that `is_broken` may have been cut off: it is asked
    for all it has.
    """

    entries: int
    is_broken: bool

    found: list[tuple[NewArticle, Analysis]] = field(default_factory=list)
    edited: set[str] = field(default_factory=set)
    hashes: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    dates: list[datetime] = field(default_factory=list)
    left: set[str] = field(default_factory=set)


def take_in(database: Database, feed: Feed, raw: RawFeed, base: str, now: datetime, in_hand: set[str]) -> Intake:
    """Reads the entries of `raw`, fetched from `base`, that are new or whose words were edited.

    Feeds of one outlet write some headlines differently: only the feed that brought an article edits it. The new
    ones join `in_hand`; those that are there already some other feed is bringing.
    """
    intake = Intake(
        entries=len(raw.entries),
        is_broken=raw.is_broken,
        refused=[(f"{feed.url} {reason}"[:MAX_REASON], "", reason) for reason in dict.fromkeys(raw.skipped)],
    )
    deadline = time.monotonic() + _SECONDS
    entries: dict[str, RawEntry] = {}
    for raw_entry in raw.entries:
        try:
            entries.setdefault(entry_identity(raw_entry.link, raw_entry.guid, base), raw_entry)
        except ValueError:
            intake.refused.append((raw_entry.digest, raw_entry.title[:MAX_REASON], "neither link nor guid"))
    with database.reading() as session:
        known = known_articles(session, entries)
        changed = {
            identity: stored_text(session, identity)
            for identity, was in known.items()
            if was.feed_id in (None, feed.id) and was.entry_hash != entries[identity].digest
        }
    for identity, raw_entry in entries.items():
        if identity in known:
            if identity not in changed:
                continue
        elif identity in in_hand:
            intake.left.add(identity)
            continue
        else:
            in_hand.add(identity)
        try:
            if time.monotonic() > deadline:
                raw_entry = replace(raw_entry, content="")
            taken = _take(feed, identity, raw_entry, base, now, known.get(identity), changed.get(identity))
        except ValueError as error:
            intake.refused.append((identity, raw_entry.title[:MAX_REASON], str(error)[:MAX_REASON]))
        except Exception as error:  # one broken entry must not take the others with it
            log.exception("an entry failed unexpectedly", feed=feed.outlet, identity=identity)
            intake.refused.append((identity, raw_entry.title[:MAX_REASON], f"internal: {type(error).__name__}"))
        else:
            if taken is None:
                intake.hashes[identity] = raw_entry.digest
            else:
                intake.found.append(taken)
                intake.edited |= {identity} & known.keys()
    # Where nothing is new to us, the feed's own dates tell whether something is new in it.
    dates = [new.published for new, _ in intake.found] or [parse_date(entry.published) for entry in raw.entries]
    intake.dates = [date for date in dates if date and date <= now + FUTURE]
    return intake


def entry_identity(link: str, guid: str | None, base: str) -> str:
    """The key of the article that an entry of the feed at `base` is. Raises ValueError without address and guid."""
    is_usual = len(link) + len(guid or "") + len(base) <= _USUAL
    return (_known_identity if is_usual else _identity)(link, guid, base)


def _identity(link: str, guid: str | None, base: str) -> str:
    return article_identity(link_of(link, base) or "", guid, base=base)


_known_identity = lru_cache(maxsize=32_768)(_identity)  # a feed shows the same entries at most of its looks


def _take(
    feed: Feed,
    identity: str,
    raw_entry: RawEntry,
    base: str,
    now: datetime,
    was: KnownArticle | None,
    had: tuple[str, str] | None,
) -> tuple[NewArticle, Analysis] | None:
    """The article that an entry makes, None where it is known and says what it said: addresses of pictures change by
    themselves. Raises ValueError where it makes none."""
    entry = entry_of(raw_entry, base, wordless=feed.kind != "feed")
    new = _new_article(feed, identity, entry, now, had or ("", ""), raw_entry.digest)
    if was and had and not is_edit((was.title, *had), (entry.title or was.title, new.lead, new.text)):
        return None
    return _understood(replace(new, takes_over=was is not None))


def _new_article(
    feed: Feed, identity: str, entry: Entry, now: datetime, had: tuple[str, str], entry_hash: str
) -> NewArticle:
    """An entry as an article; of an edited one, what it had is kept until its page is read again."""
    published = entry.published
    if published and published > now + FUTURE:
        published = None
    lead, text = _parts_of(entry)
    wants_page = bool(entry.url) and len(text) < FULL_TEXT
    if len(text) < FULL_TEXT and any(had):
        lead, text = had if _stands_in(lead, had) else (lead, had[1] or text)
    return NewArticle(
        identity=identity,
        url=entry.url,
        outlet=feed.outlet,
        title=entry.title or _first_sentence(lead),
        lead=lead,
        text=text,
        published=published,
        title_is_ours=not entry.title,
        feed_id=feed.id,
        level=feed.level,
        province=feed.province,
        language=feed.language,
        entry_hash=entry_hash,
        wants_page=wants_page,
    )


def _stands_in(lead: str, had: tuple[str, str]) -> bool:
    return modern_tones(lead).lower() in modern_tones("\n".join(had)).lower()


def _parts_of(entry: Entry) -> tuple[str, str]:
    """(lead, text) as the feed gives them."""
    if not entry.content:
        return entry.summary, ""
    try:
        return join_lead(entry.summary, extract_page(entry.content, url=entry.url))
    except ExtractError:
        return entry.summary, ""


def _first_sentence(lead: str) -> str:
    return next((shorten(lead[start:end], OUR_TITLE) for start, end in sentences(lead)), "")


def _understood(new: NewArticle) -> tuple[NewArticle, Analysis]:
    """Keeps the wish for the page where the article may be policy, cites a document, or has no words at all."""
    analysis = analyse(
        new.title,
        new.lead,
        new.text,
        published=published_on(new.published),
        home_province=new.province,
        judge=first_reading,
    )
    verdict = analysis.verdict
    may_matter = verdict.is_open or verdict.score >= PAGE_SCORE or bool(analysis.citations) or not analysis.text
    return replace(new, wants_page=new.wants_page and may_matter), analysis
