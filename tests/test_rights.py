"""Who may do what: a forged button or command changes nothing, for every button and command there is.

All are taken from the application itself. One that has no example here fails, so do two of one name.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from telegram.ext import CallbackQueryHandler, CommandHandler, MessageHandler, TypeHandler

from bot.application import Role, build_application
from bot.context import Services
from bot.handlers.routes import Press, Route, Typed, Who
from bot.pace import Pace
from bot.sandbox import SandboxGroup, SandboxUser
from bot.sandbox.inbox import answer_of
from bot.settings import Settings
from conftest import NOW
from digests.bans import ban
from digests.dossier_models import Choice, Draft
from digests.follows import follow
from digests.models import Admitted, Ban, Broadcast, Digest, Feedback, Follow, Saved, StoryArticle, Subscription, Undo
from digests.remembered import remember_choice
from digests.split import other_reports
from digests.subscribers import add_subscription, change_subscription, subscribe, welcome
from digests.undo import drop_for_a_day, remember
from feeds.database import Database
from feeds.models import Base, Feed, Mention
from feeds.store import document_tokens, ensure_documents
from test_bot import World, world

DOCUMENT = "09-CT/TW#XI"
FOLLOWED = "05-CT/TW#XII"
DRAFT = "aaaabbbbccccd"
BANNED, ADMITTED = 777, 778
# What is no chat's: names that documents are given when they are shown, and what is charted of them before it is read.
_UPKEEP = {"document", "document_article", "document_event", "document_day", "document_total"}
_GARBAGE = (
    *("", ":", ":0", ":x", ":-1", ":999999999", ":1:2:3:4:5", ":" + "9" * 50),
    *(":'; DROP TABLE chat;--", ":١٢", ":\u202e7"),
)


@dataclass(frozen=True, slots=True)
class Rows:
    """The ids of what a chat has."""

    chat: int
    subscription: int
    digest: int
    article: int
    twin: int
    follow: int
    dropped: int
    report: int
    feed: int
    broadcast: int
    token: str
    followed: str


@dataclass(frozen=True, slots=True)
class Example:
    """The data of a button that means something to its owner, and whether the press changes what is stored."""

    data: Callable[[Rows], str]
    changes: bool = True


def shows(data: Callable[[Rows], str]) -> Example:
    return Example(data, changes=False)


EXAMPLES: Mapping[str, Example] = {
    "again": Example(lambda rows: f"again:{rows.dropped}"),
    "broadcast": Example(lambda rows: f"broadcast:{rows.broadcast}:drop"),
    "calendar": shows(lambda rows: "calendar:2026-11"),
    "channels": shows(lambda rows: "channels"),
    "disallow": Example(lambda rows: f"disallow:{ADMITTED}"),
    "doc": shows(lambda rows: f"doc:{rows.token}"),
    "drawlife": shows(lambda rows: f"drawlife:{rows.token}"),
    "drawmap": shows(lambda rows: f"drawmap:{rows.token}"),
    "drawtrend": shows(lambda rows: f"drawtrend:{rows.token}"),
    "drawtrends": shows(lambda rows: "drawtrends:topic"),
    "draft": shows(lambda rows: f"draft:{DRAFT}"),
    "drop": Example(lambda rows: f"drop:{rows.subscription}"),
    "enough": Example(lambda rows: f"enough:{rows.follow}"),
    "erase": Example(lambda rows: "erase:yes"),
    "export": shows(lambda rows: f"export:text:{rows.digest}"),
    "feed": Example(lambda rows: f"feed:{rows.feed}:0:pause"),
    "feeds": shows(lambda rows: "feeds:0"),
    "find": shows(lambda rows: "find:0:1"),
    "first": Example(lambda rows: "first"),
    "fold": Example(lambda rows: f"fold:{rows.twin}"),
    "follow": Example(lambda rows: f"follow:{rows.token}"),
    "followed": Example(lambda rows: f"followed:{rows.follow}:stop"),
    "following": shows(lambda rows: "following:0"),
    "forms": shows(lambda rows: f"forms:{rows.digest}"),
    "hour": Example(lambda rows: "hour:5"),
    "hours": Example(lambda rows: f"hours:{rows.subscription}:300.360"),
    "instead": shows(lambda rows: "instead:0"),
    "lang": Example(lambda rows: "lang:en:set"),
    "less": Example(lambda rows: f"less:{rows.digest}"),
    "life": shows(lambda rows: f"life:{rows.token}"),
    "log": shows(lambda rows: "log:0"),
    "map": shows(lambda rows: f"map:{rows.token}"),
    "mapfile": shows(lambda rows: f"mapfile:csv:{rows.token}"),
    "more": Example(lambda rows: f"more:{rows.digest}"),
    "new": Example(lambda rows: "new:weekly"),
    "newfeed": shows(lambda rows: "newfeed:no"),
    "number": Example(lambda rows: f"number:no:{DRAFT}:{rows.token}"),
    "off": Example(lambda rows: f"off:{rows.article}"),
    "opml": shows(lambda rows: "opml:no"),
    "pause": Example(lambda rows: f"pause:{rows.subscription}:7"),
    "pick": Example(lambda rows: f"pick:{rows.followed}:05-CT/TW"),
    "preview": shows(lambda rows: f"preview:{rows.subscription}"),
    "put": Example(lambda rows: f"put:{rows.subscription}:minute:+300"),
    "quiet": Example(lambda rows: "quiet:1200:300"),
    "remind": Example(lambda rows: "remind:off"),
    "report": shows(lambda rows: f"report:{rows.article}"),
    "resume": Example(lambda rows: "resume"),
    "review": Example(lambda rows: f"review:yes:{rows.report}:i:0"),
    "save": Example(lambda rows: f"save:{rows.article}"),
    "saved": shows(lambda rows: "saved:0"),
    "set": shows(lambda rows: "set"),
    "start": shows(lambda rows: "start:hours"),
    "stop": Example(lambda rows: "stop"),
    "sub": shows(lambda rows: f"sub:{rows.subscription}"),
    "take": Example(lambda rows: "take:digest:place:Hà Nội"),
    "today": shows(lambda rows: "today"),
    "trend": shows(lambda rows: f"trend:{rows.token}"),
    "trends": shows(lambda rows: "trends:topic"),
    "try": shows(lambda rows: "try:09-CT/TW"),
    "typed": shows(lambda rows: f"typed:{rows.subscription}:name"),
    "unban": Example(lambda rows: f"unban:{BANNED}"),
    "undo": Example(lambda rows: f"undo:{rows.subscription}"),
    "unfollow": Example(lambda rows: f"unfollow:{rows.followed}"),
    "unpick": Example(lambda rows: "unpick:05-CT/TW"),
    "unreport": shows(lambda rows: "unreport"),
    "unsave": Example(lambda rows: f"unsave:{rows.twin}:0"),
    "watch": shows(lambda rows: "watch"),
    "why": shows(lambda rows: f"why:{rows.article}"),
    "wish": shows(lambda rows: "wish:place:Hà Nội"),
    "wrong": Example(lambda rows: f"wrong:{rows.article}:{rows.token}"),
    "zone": Example(lambda rows: "zone:Asia/Tokyo"),
}


def handlers() -> Sequence[Any]:
    """All that answers, of the application as it runs."""
    settings = Settings(_env_file=None, telegram_token=SecretStr("1:abc"))
    application = build_application(Services(settings, Database("sqlite://"), lambda: NOW), Pace())
    return [handler for group in application.handlers.values() for handler in group]


def test_every_button_is_known_here_and_has_one_handler() -> None:
    names = Counter(handler.name for handler in handlers() if isinstance(handler, Press))
    assert set(names) == set(EXAMPLES)
    assert [name for name, count in names.items() if count > 1] == []


def test_buttons_and_commands_are_routed_only_where_rights_are_asked() -> None:
    bare = [h for h in handlers() if isinstance(h, CallbackQueryHandler) and not isinstance(h, Press)]
    assert len(bare) == 1, "what no button says: it is out of date"
    assert [h for h in handlers() if isinstance(h, CommandHandler) and not isinstance(h, Route)] == []
    assert [type(h) for h in handlers() if isinstance(h, TypeHandler)] == [TypeHandler], "the gate"
    commands = {h.name: h.who for h in handlers() if isinstance(h, Route)}
    typed = {h.name: h.who for h in handlers() if isinstance(h, Typed)}
    assert typed == {name: commands.get(name, Who.MANAGER) for name in typed}, "an answer to a command's question"


def test_what_hears_messages_without_a_route_is_known_to_change_no_groups_choices() -> None:
    """Each of these is for private chats, only looks up, or keeps books of what Telegram says became of a chat."""
    routed = (Typed, Route)
    bare = {h.callback.__name__ for h in handlers() if isinstance(h, MessageHandler) and not isinstance(h, routed)}
    in_private = {"ask", "ask_attached", "chosen", "plain_text", "receive_opml", "not_text"}
    assert bare - in_private == {"group_text", "unknown_command", "topic_closed", "topic_reopened", "moved"}


def furnish(session: Session, chat_id: int, owner_id: int, now: datetime) -> Rows:
    """A chat with one of each that a button can be about."""
    for table in (Subscription, Digest, Follow, Saved, Feedback, Undo, Choice):
        session.execute(delete(table).where(table.chat_id == chat_id))
    session.execute(delete(Draft))
    words = {"type": "CT", "issuer": "TW", "place": "", "body": "Ban Bí thư", "title": "An ninh", "plain_title": ""}
    session.add(Draft(token=DRAFT, document_id=DOCUMENT, joined_at=now, first_at=now, last_at=now, **words))
    session.merge(Ban(id=BANNED, at=now, admin_id=1))
    session.merge(Admitted(id=ADMITTED, at=now, admin_id=1))
    chat = welcome(session, chat_id, now, language="vi", timezone="Asia/Ho_Chi_Minh")
    chat.kind, chat.owner_id = ("private", None) if chat_id > 0 else ("supergroup", owner_id)
    subscription = subscribe(session, chat_id, now, owner_id=owner_id)
    remember(session, subscription, now)
    change_subscription(session, chat_id, subscription.id, now, minutes=[480])
    add_subscription(session, chat_id, now, minutes=[600]).enabled = False
    told = session.scalars(select(StoryArticle).order_by(StoryArticle.article_id)).all()
    folded = next(one for one in told if other_reports(session, one.article_id))
    digest = Digest(
        subscription_id=subscription.id,
        chat_id=chat_id,
        due_at=now,
        window_start=now - timedelta(days=1),
        window_end=now,
        held_back=[folded.story_id],
        state="done",
    )
    report = Feedback(chat_id=chat_id, article_id=folded.article_id, kind="irrelevant", at=now)
    broadcast = Broadcast(at=now, admin_id=owner_id, html="Chào")
    session.add_all([digest, report, broadcast, Saved(chat_id=chat_id, article_id=folded.article_id, at=now)])
    ensure_documents(session, [DOCUMENT, FOLLOWED])
    follow(session, chat_id, "Nghệ An", now, kind="place")
    dropped = session.scalars(select(Follow.id).where(Follow.chat_id == chat_id)).one()
    drop_for_a_day(session, chat_id, dropped, now)
    follow(session, chat_id, FOLLOWED, now)
    remember_choice(session, chat_id, "05-CT/TW", "05-CT/TW#X", now)
    session.flush()
    tokens = document_tokens(session, [DOCUMENT, FOLLOWED])
    return Rows(
        chat=chat_id,
        subscription=subscription.id,
        digest=digest.id,
        article=session.scalars(select(Mention.article_id).where(Mention.document_id == DOCUMENT)).first() or 0,
        twin=folded.article_id,
        follow=session.scalars(select(Follow.id).where(Follow.chat_id == chat_id)).one(),
        dropped=dropped,
        report=report.id,
        feed=session.scalars(select(Feed.id)).first() or 0,
        broadcast=broadcast.id,
        token=tokens[DOCUMENT],
        followed=tokens[FOLLOWED],
    )


Snapshot = Mapping[str, frozenset[str]]


def snapshot(here: World, without: int | None = None) -> Snapshot:
    """All that is stored, but of one chat."""
    found: dict[str, frozenset[str]] = {}
    with here.bot.services.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in _UPKEEP:
                continue
            query = select(*(column for column in table.c if column.name != "charted"))
            own = table.c.id if table.name == "chat" else table.c.get("chat_id")
            if own is not None and without is not None:
                query = query.where(own != without)
            found[table.name] = frozenset(repr(tuple(row)) for row in session.execute(query))
    return found


def changed(before: Snapshot, after: Snapshot) -> list[str]:
    return [name for name in before if before[name] != after[name]]


class Forger:
    """Presses what no message offers: any data, under a message of the bot."""

    def __init__(self, here: World) -> None:
        self._here = here

    async def press(self, chat_id: int, user: SandboxUser, datas: Sequence[str]) -> None:
        sandbox_world = self._here.sandbox.world
        chat = sandbox_world.chats[chat_id]
        message_id = min(chat.own)
        for data in datas:
            callback = sandbox_world.press(chat, message_id, data, user.account)
            await answer_of(callback, 30)

    def furnish(self, chat_id: int, owner: SandboxUser) -> Rows:
        with self._here.bot.services.database.session() as session:
            return furnish(session, chat_id, owner.chat_id, self._here.bot.services.clock())


@dataclass(frozen=True, slots=True)
class Stage:
    """The bot in a group of `boss` with a `member`, in a channel of `boss`; a `victim` and a `forger` alone with it."""

    here: World
    boss: SandboxUser
    member: SandboxUser
    victim: SandboxUser
    group: SandboxGroup
    channel: SandboxGroup


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """Nothing works but what answers: whatever is stored, somebody's update stored it."""
    (folder / "read").mkdir()
    async with world(folder / "read"):
        pass  # the sample news is read
    async with world(folder, roles=(Role.SERVE,)) as here:
        boss, member, victim = here.user(), here.user(), here.user()
        for user in (boss, member, victim):
            await user.say("/trogiup")
            await user.wait_for("/vanban")
        group = here.sandbox.group("Nhóm", owner=boss)
        group.add(member)
        await group.say(boss, "/caidat")
        await group.wait_for("Cài đặt")
        channel = here.sandbox.channel("Kênh", owner=boss, bot="administrator")
        yield Stage(here, boss, member, victim, group, channel)


def names() -> Mapping[str, Who]:
    return {handler.name: handler.who for handler in handlers() if isinstance(handler, Press)}


async def test_forged_buttons_change_nothing(tmp_path: Path) -> None:
    """Of a group by who does not manage it, of other chats by anybody, of the bot by who is no admin."""
    async with stage(tmp_path) as at:
        forger = Forger(at.here)
        owned = [(at.victim.chat_id, at.victim), (at.group.chat_id, at.boss), (at.channel.chat_id, at.boss)]
        rows = [forger.furnish(chat_id, owner) for chat_id, owner in owned]
        by_member: dict[str, list[str]] = {}
        by_stranger: dict[str, list[str]] = {}
        for name, example in EXAMPLES.items():
            forged = [name + garbage for garbage in _GARBAGE] + [example.data(one) for one in rows]
            forged += [f"{data}@{one.chat}" for data in [*forged[-3:], name] for one in rows[1:]]
            fitting = [data for data in forged if len(data.encode()) <= 64]
            before = snapshot(at.here)
            await forger.press(at.group.chat_id, at.member, fitting)
            if wrong := changed(before, snapshot(at.here)):
                by_member[name] = wrong
            before = snapshot(at.here, without=at.member.chat_id)
            await forger.press(at.member.chat_id, at.member, fitting)
            if wrong := changed(before, snapshot(at.here, without=at.member.chat_id)):
                by_stranger[name] = wrong
        assert by_member == {}
        assert by_stranger == {}


async def test_the_examples_do_something_for_those_who_may(tmp_path: Path) -> None:
    """Otherwise that forged ones do nothing would show nothing."""
    async with stage(tmp_path) as at:
        forger, services = Forger(at.here), at.here.bot.services
        services.settings = services.settings.model_copy(update={"admin_ids": (at.victim.chat_id,)})
        idle = []
        for name, who in names().items():
            is_admins = who is Who.ADMIN
            chat_id, user = (at.victim.chat_id, at.victim) if is_admins else (at.group.chat_id, at.boss)
            rows, example = forger.furnish(chat_id, user), EXAMPLES[name]
            before = snapshot(at.here)
            await forger.press(chat_id, user, [example.data(rows)])
            if bool(changed(before, snapshot(at.here))) != example.changes:
                idle.append(name)
            if name == "erase":
                await at.group.say(at.boss, "/caidat")
                await at.group.wait_for("Cài đặt")
        assert idle == []


async def test_buttons_under_a_channels_posts_change_nothing_for_its_readers(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        forger = Forger(at.here)
        rows = forger.furnish(at.channel.chat_id, at.boss)
        at.here.sandbox.world.add_message(
            at.here.sandbox.world.chats[at.channel.chat_id], {"text": "Bản tin"}, own=True
        )
        before, posts = snapshot(at.here), len(at.channel.messages)
        await forger.press(at.channel.chat_id, at.member, [example.data(rows) for example in EXAMPLES.values()])
        assert changed(before, snapshot(at.here)) == []
        assert len(at.channel.messages) == posts, "nothing is said to all because one pressed"


async def test_a_banned_person_gets_no_answer(tmp_path: Path) -> None:
    """But to what erases all that is stored of them: see tests/test_bot_admins.py."""
    async with stage(tmp_path) as at:
        forger = Forger(at.here)
        rows = forger.furnish(at.member.chat_id, at.member)
        with at.here.bot.services.database.session() as session:
            ban(session, at.member.chat_id, 1, NOW)
        before, calls = snapshot(at.here), len(at.member.messages)
        sandbox_world = at.here.sandbox.world
        chats = [sandbox_world.chats[chat_id] for chat_id in (at.member.chat_id, at.group.chat_id)]
        pressed = [
            sandbox_world.press(chat, min(chat.own), example.data(rows), at.member.account)
            for name, example in EXAMPLES.items()
            if name != "erase"
            for chat in chats
        ]
        commands = [route.name for route in handlers() if isinstance(route, Route) and route.name != "forgetme"]
        for name in commands:
            await at.member.say(f"/{name} 7")
        await at.member.say("09-CT/TW")
        said = len(at.group.messages) + 1
        await at.group.say(at.member, "/trogiup")
        for _ in range(3):  # whatever came before has been looked at
            await at.boss.say("/trogiup")
            await at.boss.wait_for("/vanban")
        assert [callback.data for callback in pressed if callback.answer.done()] == []
        assert len(at.member.messages) == calls + len(commands) + 1
        assert len(at.group.messages) == said
        assert changed(before, snapshot(at.here)) == []


async def test_commands_of_those_who_may_not_change_nothing(tmp_path: Path) -> None:
    """Every command, in a group by who does not manage it, and alone with the bot those of its admins."""
    async with stage(tmp_path) as at:
        Forger(at.here).furnish(at.group.chat_id, at.boss)
        routes = [handler for handler in handlers() if isinstance(handler, Route)]
        by_member: dict[str, list[str]] = {}
        for route in routes:
            for words in ("", " 7:30", " 09-CT/TW", " ma túy -bóng đá", f" {at.victim.chat_id} vì thế"):
                before = snapshot(at.here)
                await at.group.say(at.member, f"/{route.name}{words}")
                await at.group.say(at.member, "/gioithieu")
                await at.group.wait_for("Điểm Tin", timeout=60)
                if wrong := changed(before, snapshot(at.here)):
                    by_member[route.name + words] = wrong
        assert by_member == {}
        before = snapshot(at.here, without=at.member.chat_id)
        for route in routes:
            if route.who is Who.ADMIN:
                await at.member.say(f"/{route.name} {at.victim.chat_id} vì thế")
                await at.member.wait_for("lệnh", timeout=60)
        assert changed(before, snapshot(at.here, without=at.member.chat_id)) == []
