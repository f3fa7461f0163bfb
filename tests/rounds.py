"""Rounds of the bot, as its ticks go (fold, wake, claim, compose, deliver, record), on a real database, under trouble.

Only Telegram's side of the `Sender` is played. Beside it runs a model of what readers were promised.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from conftest import NOW
from digests.claim import claim_due
from digests.cluster import fold_waiting
from digests.deliver import deliver
from digests.follows import follow
from digests.messages import Message
from digests.models import Chat, Digest, DigestPart, StoryArticle, Subscription
from digests.posting import post_more
from digests.sending import (
    ChatMoved,
    ChatUnreachable,
    Flooded,
    NoAnswer,
    NotNow,
    Rejected,
    Sender,
    SendError,
    TopicUnavailable,
)
from digests.subscribers import (
    add_subscription,
    change_subscription,
    choose_quiet_hours,
    find_reader,
    forget,
    pause_subscription,
    remove_subscription,
    subscribe,
    unsubscribe,
    welcome,
)
from digests.waking import wake_followers
from feeds.database import Database
from newsroom import stored
from numbered import article_of, is_of_followed, mark_of
from promised import DAY, HOUR, News, Promise, Request

FOLLOWED = "09-CT/TW#XI"
TOPIC, OWNER = 7, 2  # what is posted in a forum's topic was set up by this reader
MOST_NEWS = 32  # to read one takes a fifth of a second
MOST = {1: 25, 2: 4, 3: 8}  # stories in a digest of each reader's first subscription
WORDS = ("ma túy", "vũ khí", "không gian mạng", "căn cước")


class Killed(BaseException):
    """The process is gone."""


@dataclass(frozen=True)
class Step:
    """The clock goes on, something happens, and the bot does a round; `kill`: after so many commits and sends."""

    minutes: int
    events: Sequence[tuple[str, int, int]] = ()
    faults: Sequence[str] = ()
    kill: int | None = None


@dataclass
class Attempt:
    """One send: whether it arrived, and whether the bot learned what became of it."""

    reader: int
    html: str
    silent: bool
    round: int
    arrived: bool = False
    answer: int | SendError | None = None
    known: bool = False
    is_wanted: bool = True


class Telegram:
    """The other side of the `Sender`: `faults` befall the next sends, one each; with an `inner` one it passes them on.

    What befalls a send before Telegram has it has a name that ends in "before".
    """

    def __init__(self, world: "World") -> None:
        self.world = world
        self.attempts: list[Attempt] = []
        self.faults: list[str] = []
        self.moved: set[int] = set()
        self.inner: Sender | None = None

    async def send(self, chat_id: int, message: Message, *, silent: bool = False, thread_id: int | None = None) -> int:
        await asyncio.sleep(0)
        if self.world.is_dead:
            raise Killed
        attempt = Attempt(chat_id % 10, message.html, silent, self.world.rounds)
        attempt.is_wanted = message.html in self.world.stopped.get(attempt.reader, {message.html})
        self.attempts.append(attempt)
        try:
            if self.inner is not None:
                attempt.answer = await self.inner.send(chat_id, message, silent=silent, thread_id=thread_id)
                attempt.arrived = True
            else:
                attempt.answer = await self._answer(attempt, chat_id, thread_id)
        except SendError as error:
            attempt.answer = error
            raise
        self.world.burn()
        return attempt.answer

    async def _answer(self, attempt: Attempt, chat_id: int, thread_id: int | None) -> int:
        """The message's id, or what a fault makes of it."""
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "moved":
            self.moved.add(chat_id)
        if chat_id in self.moved:
            raise ChatMoved(chat_id + 10)
        match fault:
            case "429":
                raise NotNow("slow down", timedelta(seconds=40))
            case "flood":
                raise Flooded("slow down", timedelta(seconds=40))
            case "400":
                raise Rejected("can't parse entities")
            case "403":
                raise ChatUnreachable("blocked")
            case "topic" if thread_id is not None:
                raise TopicUnavailable("topic_closed")
            case "stops" if attempt.reader != 1:
                await asyncio.to_thread(self.world.stop, attempt.reader)
        attempt.arrived = not fault.endswith("before")
        if fault.startswith("500"):
            raise NoAnswer(fault)
        if fault.startswith("breaks"):
            raise RuntimeError(fault)
        if fault.startswith("kill"):
            self.world.is_dead = True
            raise Killed
        return len(self.attempts)


class World:
    """A database, its readers and what they were promised. Reader 1 never stops, and wants everything."""

    def __init__(self, database: Database) -> None:
        self.database, self.now = database, NOW
        self.telegram = Telegram(self)
        self.chats = {reader: reader for reader in (1, 2, 3)}  # a chat that moves gets an id that is ten more
        self.quiet = dict.fromkeys(self.chats, (21 * 60 + 30, 6 * 60 + 30))
        self.since = dict.fromkeys(self.chats, 0)  # the attempts before count no more: all was forgotten
        self.stopped: dict[int, set[str]] = {}  # readers who want nothing, and what was under way to them
        self.promises: dict[int, Promise] = {}
        self.news: list[News] = []
        self.requests: list[Request] = []
        self.rounds = 0
        self.fuse: int | None = None
        self.is_dead = False
        event.listen(database.engine, "commit", lambda _connection: self.burn())
        for reader in self.chats:
            self._meet(reader)

    def burn(self) -> None:
        """One more commit, or send, of the round; a kill comes just before a commit, so what that did never was."""
        if self.fuse is not None:
            self.fuse -= 1
            self.is_dead |= self.fuse < 0
        if self.is_dead:
            raise Killed

    def go(self, step: Step) -> bool:
        """One step, and its round; False where that was killed."""
        self.now += timedelta(minutes=step.minutes)
        if step.minutes < 0:
            for promise in self.promises.values():
                promise.floor = min(promise.floor, self.now)
        for name, which, value in step.events:
            reader = which % len(self.chats) + 1
            with self.database.session() as session:
                self._happen(session, name, reader, which // 3, value)
        return self.round(step.faults, step.kill)

    def round(self, faults: Sequence[str] = (), kill: int | None = None) -> bool:
        """What the bot does at a tick; False where it was killed."""
        start, self.telegram.faults, self.fuse = len(self.telegram.attempts), list(faults), kill
        self.rounds += 1
        alive = True
        try:
            asyncio.run(self.ticks())
        except (Killed, BaseExceptionGroup) as error:
            if isinstance(error, BaseExceptionGroup) and (others := error.split(Killed)[1]) is not None:
                raise others from None
            alive = False
        finally:
            self.telegram.faults, self.fuse, self.is_dead = [], None, False
        with self.database.reading() as session:
            recorded = set(session.scalars(select(DigestPart.message_id).where(DigestPart.message_id.is_not(None))))
            self._learn_moves(session)
        for attempt in self.telegram.attempts[start:]:
            is_error = isinstance(attempt.answer, SendError) and not isinstance(attempt.answer, NoAnswer)
            attempt.known = is_error or attempt.answer in recorded
        return alive

    async def ticks(self) -> None:
        fold_waiting(self.database)
        wake_followers(self.database, self.now)
        while True:
            with self.database.session() as session:
                claimed = claim_due(session, self.now)
            sent = await deliver(self.database, self.telegram, lambda: self.now, asyncio.Event())
            if not claimed and not sent:
                return

    # What happens in the world

    def stop(self, reader: int) -> None:
        """Within a round: the reader stops everything."""
        with self.database.session() as session:
            self._learn_moves(session)
            self._stop(session, reader)

    def _learn_moves(self, session: Session) -> None:
        self.chats |= {chat_id % 10: chat_id for chat_id in session.scalars(select(Chat.id).order_by(Chat.id))}

    def _happen(self, session: Session, name: str, reader: int, which: int, value: int) -> None:
        chat_id = self.chats[reader]
        own = [promise for promise in self.promises.values() if promise.reader == reader]
        one = own[which % len(own)] if own else None
        steady = own[0] if reader == 1 else None  # whose wishes stay as they are
        match name:
            case "news" | "news held up" | "old news":
                for _ in range(min(1 + value % 9, MOST_NEWS - len(self.news))):
                    self._publish(session, name, minutes=1 + (value * 37 + which) % 360)
            case "more":
                self._ask_for_more(session, reader, which)
            case "unknown language" if value % 2:
                session.get_one(Chat, chat_id).language = "zz"  # as from a newer version: its digests are not composed
            case "unknown language" | "known language":
                session.get_one(Chat, chat_id).language = "vi"
            case "quiet":
                # What waited for the end of other quiet hours is not counted on.
                self.quiet[reader] = (value % 48 * 30, value * 7 % 48 * 30)
                for promise in own:
                    promise.anew(self.now, keeps=True)
                    promise.maybe, promise.owed = promise.maybe or promise.owed is not None, None
                choose_quiet_hours(session, chat_id, *self.quiet[reader], bool(value % 2), self.now)
            case "hour" | "cadence" if one and one.cadence != "instant":
                one.anew(self.now, keeps=True)
                one.minutes = tuple(sorted({value % 48 * 30, *((value * 5 % 48 * 30,) if value % 3 == 0 else ())}))
                if name == "cadence":
                    one.cadence = ("daily", "weekdays", "weekly")[value % (2 if one is steady else 3)]
                    one.weekday = value % 7
                    one.news.clear()  # the windows of the one are shorter than those of the other
                change_subscription(
                    session, chat_id, one.id, self.now,
                    minutes=one.minutes, cadence=one.cadence, weekdays=[one.weekday],
                )  # fmt: skip
            case "most" if one:
                change_subscription(session, chat_id, one.id, self.now, most=(3, 25)[value % 2])
            case "wishes" if one and one is not steady:
                one.news.clear()
                one.words, one.wants_all = WORDS[value % 5 : value % 5 + 2], value % 4 != 0
                one.tells_empty &= value % 3 != 0
                change_subscription(
                    session, chat_id, one.id, self.now, any_words=one.words, tells_empty=value % 3 != 0,
                    topics=() if one.wants_all else ("drugs",), volume=0 if one.wants_all else -1,
                )  # fmt: skip
            case "pause" if one and one is not steady and one.enabled:
                one.anew(self.now, keeps=False)
                one.news.clear()
                one.covered, one.digests, one.paused_until = None, 0, self.now + (1 + value % 3) * DAY
                pause_subscription(session, chat_id, one.id, one.paused_until, self.now)
            case "add" if len(own) < 3 and reader not in self.stopped:
                self._add(session, reader, value)
            case "remove" if one and one is not steady:
                self._under_way(session, reader, [one])
                del self.promises[one.id]
                remove_subscription(session, chat_id, one.id)
            case "stop" if reader != 1:
                self._stop(session, reader)
            case "return" if reader in self.stopped or not own:
                self._return(session, reader)
            case "forget" if reader == 3:
                forget(session, chat_id)
                for promise in own:
                    del self.promises[promise.id]
                self.since[reader] = len(self.telegram.attempts)
                self._meet(reader, session)

    def _meet(self, reader: int, session: Session | None = None) -> None:
        if session is None:
            with self.database.session() as session:
                self._meet(reader, session)
            return
        welcome(session, self.chats[reader], self.now, language="vi", timezone="Asia/Ho_Chi_Minh")
        self.quiet[reader] = (21 * 60 + 30, 6 * 60 + 30)
        self.stopped.pop(reader, None)
        first = subscribe(session, self.chats[reader], self.now)
        change_subscription(session, self.chats[reader], first.id, self.now, most=MOST[reader])
        self.promises[first.id] = Promise(first.id, reader, self.now)
        follow(session, self.chats[reader], FOLLOWED, self.now)

    def _add(self, session: Session, reader: int, value: int) -> None:
        chat_id, minutes = self.chats[reader], [value % 48 * 30]
        if value % 4 == 0:
            added = add_subscription(session, chat_id, self.now, cadence="instant")
            self.promises[added.id] = Promise(added.id, reader, self.now, "instant", covered=self.now)
            return
        where = {"thread_id": TOPIC, "owner_id": self.chats[OWNER]} if value % 4 == 1 and reader == 3 else {}
        added = add_subscription(session, chat_id, self.now, minutes=minutes, most=6, **where)  # type: ignore[arg-type]
        self.promises[added.id] = Promise(added.id, reader, self.now, minutes=tuple(minutes))

    def _under_way(self, session: Session, reader: int, ending: Sequence[Promise]) -> None:
        """Where nothing is wanted any more, what is under way at this moment may still come."""
        own = [promise for promise in self.promises.values() if promise.reader == reader and promise.enabled]
        if all(promise in ending for promise in own):
            sending = select(DigestPart.html).where(
                DigestPart.chat_id == self.chats[reader], DigestPart.state == "sending"
            )
            self.stopped.setdefault(reader, set(session.scalars(sending)))

    def _stop(self, session: Session, reader: int) -> None:
        own = [promise for promise in self.promises.values() if promise.reader == reader]
        self._under_way(session, reader, own)
        for promise in own:
            self.end(promise)
        unsubscribe(session, self.chats[reader])

    def end(self, promise: Promise) -> None:
        """Nothing more is owed; what was told stays told."""
        promise.enabled = False
        promise.covered, promise.digests, promise.ends = None, 0, promise.ends + 1
        promise.anew(self.now, keeps=False)
        promise.news.clear()

    def _return(self, session: Session, reader: int) -> None:
        row = subscribe(session, self.chats[reader], self.now)
        self.stopped.pop(reader, None)
        promise = self.promises.setdefault(row.id, Promise(row.id, reader, self.now))
        promise.anew(self.now, keeps=False)
        promise.enabled, promise.paused_until = True, None

    def _ask_for_more(self, session: Session, reader: int, which: int) -> None:
        """Of one of the last digests, whatever became of it."""
        chat_id = self.chats[reader]
        digests = session.scalars(select(Digest).where(Digest.chat_id == chat_id).order_by(Digest.id.desc()).limit(3))
        last, known = digests.all(), find_reader(session, chat_id)
        some = [digest for digest in last if digest.held_back] or last
        digest = some[which % len(some)] if some else None
        if digest is None or known is None or digest.subscription_id not in self.promises:
            return
        held = set(digest.held_back)
        before = session.scalar(select(func.max(DigestPart.id))) or 0
        if post_more(session, known, digest.id, self.now) != "posted":
            return
        html = session.scalars(select(DigestPart.html).where(DigestPart.id > before)).all()
        asked = [news for news in self.news if any(news.mark in one for one in html)]
        story_of = select(StoryArticle.story_id).where(StoryArticle.article_id.in_([news.article_id for news in asked]))
        assert asked, "more was posted, and tells nothing"
        assert held.issuperset(session.scalars(story_of)), "more brought what was not held back"
        promise = self.promises[digest.subscription_id]
        self.requests.append(Request(promise, promise.ends, tuple(news.mark for news in asked)))
        promise.news += [replace(news, seen=self.now, last_digest=digest.id) for news in asked if promise.enabled]
        if reader in self.stopped:
            self.stopped[reader] |= set(html)

    def _publish(self, session: Session, what: str, *, minutes: int) -> None:
        number = len(self.news)
        new, analysis = article_of(number)
        seen = self.now - 26 * HOUR if what == "news held up" else self.now
        age = timedelta(minutes=minutes) + (20 * DAY if what == "old news" else timedelta())
        article = stored(session, replace(new, published=seen - age), analysis, seen)
        last = session.scalar(select(func.max(Digest.id))) or 0
        news = News(article.id, mark_of(number), new.title, self.now, last, is_of_followed(number), what == "old news")
        self.news.append(news)
        for promise in self.promises.values():
            waits = promise.paused_until and promise.paused_until > self.now
            is_news = not news.is_old and (seen == self.now or promise.digests > 1)
            if not waits and is_news and promise.wants(news.title, follows=news.follows):
                promise.news.append(news)

    def rows(self) -> tuple[list[Digest], list[DigestPart], dict[int, int], dict[int, bool]]:
        """Digests, parts, the story of each article, and whether each subscription is enabled."""
        with self.database.reading() as session:
            digests = list(session.scalars(select(Digest).order_by(Digest.id)))
            parts = list(session.scalars(select(DigestPart).order_by(DigestPart.id)))
            rows = session.execute(select(StoryArticle.article_id, StoryArticle.story_id))
            stories = {row[0]: row[1] for row in rows}
            enabled = {row[0]: row[1] for row in session.execute(select(Subscription.id, Subscription.enabled))}
        return digests, parts, stories, enabled
