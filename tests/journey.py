"""A person, their group, channel and the bot's admin go through all that the chat can do, in one language.

Each step is an act and what its answer has to say: words, buttons. Written down are all messages that came of it, and
how long it took; tests ask only that each answer comes and means what it should, `benchmarks/journey.py` reports times.
"""

import copy
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.demo.play import jump
from bot.sandbox import SandboxGroup, SandboxUser
from bot.texts import say
from digests.models import Chat, Subscription
from papers import docx
from test_bot import World

Json = dict[str, Any]
Place = SandboxUser | SandboxGroup

TEXT = (
    "Sáng 20/11, Công an tỉnh Hà Tĩnh sơ kết 10 năm thực hiện Chỉ thị số 09-CT/TW ngày 01/12/2011 của Ban Bí thư về "
    "phong trào toàn dân bảo vệ an ninh Tổ quốc.\nHội nghị quán triệt Chỉ thị 05-CT/TW và Nghị định 13/2023/NĐ-CP về "
    "bảo vệ dữ liệu cá nhân, an ninh mạng."
)


@dataclass(frozen=True, slots=True)
class Step:
    """An act, where, what came of it (the API's messages), and the milliseconds until it did."""

    kind: str
    where: str
    said: str
    answers: Sequence[Json]
    toast: str
    wall: float
    cpu: float


@dataclass(slots=True)
class Journey:
    """The people and places of one language, and what was done so far."""

    here: World
    language: str
    patience: float = 30  # seconds
    steps: list[Step] = field(default_factory=list)
    commands: set[str] = field(default_factory=set)
    me: SandboxUser = field(init=False)

    def __post_init__(self) -> None:
        self.me = self.here.sandbox.user(first_name="An", language_code=self.language)

    def t(self, vietnamese: str, english: str) -> str:
        return english if self.language == "en" else vietnamese

    # -- acts

    async def send(
        self, typed: str, *wanted: str, to: Place | None = None, by: SandboxUser | None = None, **more: Any
    ) -> Json:
        """Writes a text, in a private chat or a group, and waits for the answer with all these words and buttons."""
        place = to or self.me
        if match := re.match(r"/(\w+)", typed):
            self.commands.add(match[1])

        async def act() -> None:
            if isinstance(place, SandboxGroup):
                await place.say(by or self.me, typed, **more)
            else:
                await place.say(typed, **more)

        kind = "command" if typed.startswith("/") else "text"
        return await self.do(kind, place, typed, act, wanted, by)

    async def tap(
        self,
        button: str,
        *wanted: str,
        on: Json | None = None,
        to: Place | None = None,
        by: SandboxUser | None = None,
        toast: str = "",
    ) -> Json:
        """Presses a button; `toast`: what shows over it. Without `wanted` that is all the answer."""
        place = to or self.me

        async def act() -> str:
            if isinstance(place, SandboxGroup):
                answer = await place.press(by or self.me, button, message=on)
            else:
                answer = await place.press(button, message=on)
            assert toast in (answer["text"] or ""), answer
            return answer["text"] or ""

        return await self.do("press", place, f"[{button}]", act, wanted, by)

    async def do(
        self,
        kind: str,
        place: Place,
        said: str,
        act: Callable[[], Awaitable[Any]],
        wanted: Sequence[str],
        by: SandboxUser | None = None,
    ) -> Json:
        """An act of any kind in a place, as a step; returns the message that was waited for."""
        chat = self.here.sandbox.world.chats[place.chat_id]
        came: dict[int, Json] = {}

        def listen(event: Json) -> None:
            if event["type"] in ("message", "edited") and event["message"]["message_id"] in chat.own:
                came[event["message"]["message_id"]] = copy.deepcopy(event["message"])

        chat.listeners.append(listen)
        cpu, wall = time.process_time(), time.perf_counter()
        try:
            toast = await act() or ""
            found = await place.wait_for(lambda message: means(message, wanted), self.patience) if wanted else {}
        except (TimeoutError, LookupError, AssertionError) as error:
            raise AssertionError(f"step {len(self.steps) + 1}, {said!r}, should bring {wanted}: {error}") from error
        finally:
            chat.listeners.remove(listen)
        times = (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000
        where = self.title(place) + (f" ({by.account['first_name']})" if by and by is not self.me else "")
        self.steps.append(Step(kind, where, said, list(came.values()), str(toast), *times))
        return found

    def title(self, place: Place) -> str:
        if isinstance(place, SandboxUser):
            return self.t("Riêng với bot: ", "Alone with the bot: ") + str(place.account["first_name"])
        return str(place.as_json["title"])

    def label(self, key: str, *values: object) -> str:
        return say(key, self.language, *values)


def due_again(session: Session, chat_id: int, now: datetime) -> None:
    """What is told at once is due, for all of the last days, whatever time of day it is."""
    session.get_one(Chat, chat_id).quiet_from = session.get_one(Chat, chat_id).quiet_until
    own = Subscription.chat_id == chat_id, Subscription.cadence == "instant"
    for one in session.scalars(select(Subscription).where(*own)):
        one.next_due_at, one.covered_until = now, now - timedelta(days=2)


def means(message: Json, wanted: Sequence[str]) -> bool:
    """Whether all these words stand in the message, its caption, its buttons or the name of its file."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    words = [message.get("text", ""), message.get("caption", ""), *(b["text"] for row in rows for b in row)]
    words.append(message.get("document", {}).get("file_name", ""))
    return all(any(want.lower() in one.lower() for one in words) for want in wanted)


async def travel(journey: Journey) -> None:
    """All of it, one part after the other."""
    await _starts(journey)
    await _looks_up(journey)
    await _searches(journey)
    await _follows(journey)
    await _chooses(journey)
    await _asks(journey)
    await _cites(journey)
    await _gathers(journey)
    await _broadcasts_in_a_channel(journey)
    await _administers(journey)
    await _leaves(journey)


async def _starts(j: Journey) -> None:
    """Three taps to the first digest, and what may be done with it."""
    t, label = j.t, j.label
    await j.send(t("/batdau", "/start"), t("Bạn muốn nhận bản tin lúc mấy giờ?", "At what hour"), label("other_hour"))
    await j.tap(label("other_hour"), "06:00", "21:00")
    await j.tap("07:00", t("Đã đăng ký.", "Subscribed."), label("first_now"), toast=label("saved"))
    digest = await j.tap(label("first_now"), t("Điểm tin an ninh", "Security"), toast=label("first_coming"))
    assert any(entity["type"] == "text_link" for entity in digest["entities"]), "items have links"
    await j.send(t("/homnay", "/today"), t("Điểm tin an ninh", "Security policy briefing"))
    await j.send(t("/xemtruoc", "/preview"), t("không có gì được ghi lại", "nothing is recorded"))
    await j.send(t("lưu 1", "keep 1"), label("kept"), reply_to=digest)
    kept = await j.send(t("/daluu", "/saved"), t("Bạn đã lưu 1 bài", "You keep 1 article"), label("drop_kept", 1))
    await j.tap(label("drop_kept", 1), t("chưa lưu", "no article"), label("undo"), on=kept)
    await j.tap(label("undo"), t("Bạn đã lưu 1 bài", "You keep 1 article"), on=kept)
    link = next(entity["url"] for entity in digest["entities"] if entity["type"] == "text_link")
    await j.send(t(f"/visao {link}", f"/why {link}"), t("là chính sách an ninh", "it is security policy"))
    await j.send(t("/xuat", "/export"), "Word", ".json")
    await j.tap("Word (.docx)", ".docx")


async def _looks_up(j: Journey) -> None:
    """Documents by their number, however it is typed."""
    t, label = j.t, j.label
    card = await j.send(t("/vanban 09-CT/TW", "/directive 09-CT/TW"), "09-CT/TW", "01/12/2011", label("follow"))
    await j.tap(label("next"), "09-CT/TW", label("previous"), on=card)
    await j.send("09 ct tw", "09-CT/TW", label("copy_citation"), label("share"))
    await j.send("05-CT/TW", t("Bạn cần văn bản nào?", "Which one do you mean?"), t("khóa X)", "term X)"))
    await j.send("99-CT/TW", t("Chưa biết văn bản 99-CT/TW", "Unknown document 99-CT/TW"))
    asked = await j.send(t("/vanban", "/directive"), t("Gửi số hiệu", "number"))
    await j.send("44 kl tw", "44-KL/TW", reply_to=asked)
    await j.send(t("/dongthoigian 09-CT/TW", "/timeline 09-CT/TW"), t("Dòng thời gian", "Timeline"), "09-CT/TW")
    await j.send(t("/bando 09-CT/TW", "/map 09-CT/TW"), t("Nơi thực hiện", "implement"), "09-CT/TW")
    await j.send(t("/lich 12/2026", "/calendar 12/2026"), "12/2026")
    await j.send(t("/xuhuong", "/trends"), t("Chủ đề trong tuần", "week"))


async def _searches(j: Journey) -> None:
    """Words, filters, accents, spelling; a search that is kept."""
    t, label = j.t, j.label
    await j.send(t("/timkiem an ninh", "/search an ninh"), t("Tìm an ninh", "Search an ninh"), t("bài", "article"), "›")
    await j.tap("›", "6. ", "‹")
    await j.send(t("/timkiem cong an", "/search cong an"), t("bài", "article"))
    await j.send(
        t('/timkiem "công an" địa:"Hà Nội" -bóng đá', '/search "công an" place:"Hà Nội" -bóng đá'),
        "Hà Nội", t("trừ", "without"),
    )  # fmt: skip
    await j.send(
        t("/timkiem công an từ:2031-01-01", "/search công an since:2031-01-01"), t("Không có bài", "No article")
    )
    asked = await j.send(t("/timkiem", "/search"), t("ma túy", "ma túy"))
    found = await j.send(
        "an ninh mạng", t("Tìm an ninh mạng", "Search an ninh mạng"), label("watch_search"), reply_to=asked
    )
    await j.tap(label("watch_search"), on=found, toast=t("Đã theo dõi", "Followed"))


async def _follows(j: Journey) -> None:
    """Documents, places, issuers, words and numbers: their volume first, a note, undo, an alert that says why."""
    t, label = j.t, j.label
    offer = await j.send(t("/theodoi Nghệ An", "/follow Nghệ An"), "Nghệ An", t("7 ngày qua", "Last 7 days"))
    page = await j.tap(label("in_digest"), t("Đang theo dõi", "You follow"), on=offer, toast=label("followed"))
    asked = await j.tap(label("write_note"), t("ghi chú", "note"), on=page)
    await j.send(
        t("cho báo cáo quý", "for the report"), t("Ghi chú: cho báo cáo quý", "Note: for the report"), reply_to=asked
    )
    offer = await j.send(t("/theodoi Chính phủ", "/follow Chính phủ"), t("Văn bản của Chính phủ", "Documents of"))
    await j.tap(label("tell_at_once"), t("Đang theo dõi", "You follow"), on=offer)
    offer = await j.send(t("/theodoi 99-CT/TW", "/follow 99-CT/TW"), label("waits_for_it"))
    await j.tap(label("waits_for_it"), t("Đang theo dõi", "You follow"), on=offer)
    offer = await j.send(t("/theodoi ma túy -bóng đá", "/follow ma túy -bóng đá"), t("trừ", "without"))
    await j.tap(label("cancel"), t("Không theo dõi", "Nothing"), on=offer)
    listed = await j.send(
        t("/dangtheodoi", "/following"), t("Bạn đang theo dõi 4 mục", "You follow 4 items"), "99-CT/TW"
    )
    await j.tap("99-CT/TW", t("Đang theo dõi", "You follow"), label("unfollow"), on=listed)
    await j.tap(label("unfollow"), t("Đã thôi theo dõi", "No longer"), label("undo"), on=listed)
    await j.tap(label("undo"), t("Đang theo dõi", "You follow"), on=listed)
    await _is_told(j)


async def _is_told(j: Journey) -> None:
    """What is told at once says why, and is stopped where it stands; then the clock goes on to the next digest."""
    t, label, services = j.t, j.label, j.here.bot.services

    other = j.here.sandbox.user(first_name=t("Chi", "Carol"), language_code=j.language)  # had no digest yet
    offer = await j.send(t("/theodoi Chính phủ", "/follow Chính phủ"), t("Văn bản của", "Documents of"), to=other)
    await j.tap(label("tell_at_once"), t("Đang theo dõi", "You follow"), on=offer, to=other)

    async def comes() -> None:
        await services.write(due_again, other.chat_id, j.here.clock())
        await j.here.bot.deliver_now()

    followed = t("Chính phủ", "Government")
    why = t("Vì bạn theo dõi ", "Because you follow ") + followed
    alert = await j.do("alert", other, t("(một bài mới)", "(a new article)"), comes, (why,))
    assert any(entity["type"] == "blockquote" for entity in alert["entities"]), "the sentence that cites"
    stop, again = label("stop_following", followed), label("follow_again_named", followed)
    await j.tap(stop, again, on=alert, to=other, toast=label("unfollowed"))
    await j.tap(again, stop, on=alert, to=other, toast=label("followed"))
    await _goes_on(j, j.me)


async def _goes_on(j: Journey, place: Place, thread: int | None = None) -> None:
    """To the next digest there."""

    def digests() -> int:
        wanted = [message for message in place.messages if message.get("message_thread_id") == thread]
        return sum(means(message, (title,)) for message in wanted)

    async def jumps() -> None:
        before = digests()
        for _ in range(4):
            await jump(j.here.bot, j.here.clock)
            if digests() > before:
                return

    title = j.t("Điểm tin an ninh", "Security policy briefing")
    await j.do("clock", place, j.t("(tới bản tin kế tiếp)", "(on to the next briefing)"), jumps, (title,))


async def _chooses(j: Journey) -> None:
    """Settings in one message that edits itself."""
    t, label = j.t, j.label
    screen = await j.send(t("/caidat", "/settings"), t("Cài đặt", "Settings"), label("add_subscription"))
    await j.tap("07:00", label("remove_subscription"), on=screen)
    await j.tap(label("topics", label("all_of_them")), label("all_on"), on=screen)
    await j.tap(t("Phòng chống ma túy", "Drugs"), label("all_on"), on=screen)
    await j.tap(label("all_on"), label("undo"), on=screen)
    await j.tap(label("undo"), label("topics", 11), on=screen)
    await j.tap(label("remove_subscription"), label("keep"), on=screen)
    await j.tap(label("keep"), label("remove_subscription"), on=screen)
    await j.tap(label("pause"), label("pause_week"), on=screen)
    await j.send(
        t("/loc ma túy, cần sa -bóng đá", "/filter ma túy, cần sa -bóng đá"), t("bản tin nào", "which briefing")
    )
    await j.tap("07:00", "bóng đá", "cần sa")
    await j.send(t("/ten Bản tin sáng", "/name Morning"), t("bản tin nào", "which briefing"))
    await j.tap("07:00", t("Bản tin sáng", "Morning"))
    await j.send(t("/dangky 6:30", "/subscribe 6:30"), "07:00", "06:30", t("Đã đổi", "Changed"))
    screen = await j.send(t("/caidat", "/settings"), t("Cài đặt", "Settings"))
    await j.tap(label("quiet", "21:30–06:30"), label("quiet_off"), on=screen)
    await j.tap(label("quiet_off"), label("quiet_on", "21:30", "06:30"), on=screen)
    await j.tap(label("quiet_on", "21:30", "06:30"), label("quiet_off"), on=screen)
    await j.tap(label("back"), label("add_subscription"), on=screen)
    await j.tap(label("zone", "Asia/Ho_Chi_Minh"), t("múi giờ", "time zone"), on=screen)
    await j.tap("Asia/Tokyo", label("zone", "Asia/Tokyo"), on=screen)
    other = "en" if j.language == "vi" else "vi"
    asked = await j.send(t("/ngonngu", "/language"), "English", "Tiếng Việt")
    await j.tap({"en": "English", "vi": "Tiếng Việt"}[other], on=asked)
    await j.send("/language", "English", "Tiếng Việt")
    await j.tap({"en": "English", "vi": "Tiếng Việt"}[j.language])
    await j.send(t("/trangthai", "/status"), t("nguồn", "sources"))
    await j.send(t("/gioithieu", "/about"), "Điểm Tin")
    await j.send(t("/trogiup", "/help"), t("/vanban", "/directive"), t("/theodoi", "/follow"))
    await j.send("/setings", "/settings")


async def _asks(j: Journey) -> None:
    """A text, a link, a file: the documents in it, and whether it is security policy."""
    t = j.t

    async def forwards() -> None:
        await j.me.forward(TEXT, sender=t("Người lạ", "Somebody"))

    policy, found = t("Là chính sách an ninh", "It is security policy"), t("3 văn bản trong đó", "3 documents in it")
    answer = await j.do("forward", j.me, TEXT, forwards, (policy, found, "13/2023/NĐ-CP"))
    await j.tap("09-CT/TW", "09-CT/TW", "01/12/2011", on=answer)

    async def sends() -> None:
        await j.me.send_file("bao-cao.docx", docx(TEXT.split("\n")))

    await j.do("file", j.me, "bao-cao.docx", sends, (policy, "09-CT/TW"))

    async def sends_text() -> None:
        await j.me.send_file("tin.txt", TEXT.encode())

    await j.do("file", j.me, "tin.txt", sends_text, (found,))
    await j.send("http://127.0.0.1:1/tin", t("địa chỉ nội bộ", "address"))


async def _cites(j: Journey) -> None:
    """@bot in other chats, and links into the bot."""
    t = j.t
    place = j.here.sandbox.group(t("Nhóm bạn", "Friends"), owner=j.me, bot="left")
    asked: list[Json] = []

    async def inline() -> str:
        asked.append(await j.me.inline("09 ct tw"))
        return " · ".join(result["title"] for result in asked[0]["results"])

    await j.do("inline", j.me, "@bot 09 ct tw", inline, ())
    (result,) = asked[0]["results"]
    assert asked[0]["is_personal"]
    assert "09-CT/TW" in result["title"]
    inserted = await j.me.choose(result, group=place)
    assert "09-CT/TW" in inserted["text"]
    assert "01/12/2011" in inserted["text"]
    token = re.search(r"start=(d_\w+)", str(result))
    assert token is not None, "a button into the bot"

    async def opens() -> None:
        await j.me.open_start(token[1])

    await j.do("link", j.me, f"?start={token[1]}", opens, ("09-CT/TW", "01/12/2011"))


async def _gathers(j: Journey) -> None:
    """A group and its topics: set up by its administrators, used by all."""
    t, label, sandbox = j.t, j.label, j.here.sandbox
    member = sandbox.user(first_name=t("Bình", "Ben"), language_code=j.language)
    name = sandbox.world.bot["username"]
    group = sandbox.group(t("Tổ tin", "News desk"), owner=j.me, bot="left", forum=True)
    group.add(member)

    async def adds() -> None:
        group.add_bot()

    greeted = await j.do(
        "group", group, t("(thêm bot)", "(adds the bot)"), adds, (t("/dangky", "/subscribe"), label("settings"))
    )
    await j.send(t("/dangky 7:30", "/subscribe 7:30"), label("managers_only"), to=group, by=member)
    await j.tap(label("settings"), to=group, by=member, on=greeted, toast=label("managers_only"))
    topic = group.create_topic(t("Công an", "Police"))
    answer = await j.send(t("/dangky 7:30", "/subscribe 7:30"), t("Đã đăng ký", "Subscribed"), to=group, thread=topic)
    assert answer["message_thread_id"] == topic
    await _goes_on(j, group, topic)
    await j.send(f"@{name} 09-CT/TW", "09-CT/TW", "01/12/2011", to=group, by=member)
    await j.send(t("/timkiem an ninh", "/search an ninh"), t("bài", "article"), to=group, by=member)
    await j.send(
        t("/caidat", "/settings"), t("Cài đặt: Tổ tin", "Settings: News desk"), label("in_topic", topic), to=group
    )

    async def closes() -> None:
        group.close_topic(topic)

    await j.do(
        "group",
        j.me,
        t("(đóng chủ đề)", "(closes the topic)"),
        closes,
        (t("Tổ tin", "News desk"), t("đã đóng", "was closed")),
    )

    async def reopens() -> None:
        group.reopen_topic(topic)

    await j.do("group", j.me, t("(mở lại)", "(opens it again)"), reopens, (t("Tổ tin", "News desk"),))

    async def removes() -> None:
        group.remove_bot()

    await j.do("group", j.me, t("(đưa bot ra)", "(removes the bot)"), removes, (t("Tổ tin", "News desk"),))


async def _broadcasts_in_a_channel(j: Journey) -> None:
    """A channel, managed from the private chat."""
    t, label = j.t, j.label
    channel = j.here.sandbox.channel(t("Kênh nội bộ", "Staff channel"), owner=j.me, username=f"staff_{j.language}")
    await j.send(t("/kenh", "/channels"), t("kênh", "channel"))

    async def adds() -> None:
        channel.add_bot(as_admin=True)

    title = t("Kênh nội bộ", "Staff channel")
    await j.do("channel", j.me, t("(thêm bot vào kênh)", "(adds the bot)"), adds, (title, label("settings")))
    screen = await j.send(
        t(f"/kenh @staff_{j.language}", f"/channels @staff_{j.language}"), title, label("add_subscription")
    )
    await j.tap(label("add_subscription"), label("daily"), on=screen)
    await j.tap(label("daily"), "07:00", on=screen)

    await _goes_on(j, channel)


async def _administers(j: Journey) -> None:
    """What only the bot's admins see."""
    t, label, services = j.t, j.label, j.here.bot.services
    services.settings = services.settings.model_copy(update={"admin_ids": (j.me.chat_id,)})
    await j.send(t("/thongke", "/stats"), t("Người nhận", "Readers"), t("Nguồn", "Feeds"))
    picture = await j.me.wait_for(t("ngày qua", "days"), j.patience)
    assert picture["photo"], "a chart follows"
    feeds = await j.send(t("/nguon", "/feeds"), t("nguồn", "feeds"), label("opml"))
    await j.tap(label("opml"), ".opml", on=feeds)
    await j.send(t("/themnguon ftp://x.example", "/addfeed ftp://x.example"), "http")
    await j.send(t("/bonguon https://x.example/rss", "/removefeed https://x.example/rss"), t("nguồn", "feed"))
    await j.send(t("/xemlai", "/review"), t("xem lại", "review"))
    shown = await j.send(
        t("/thongbao Mai bot nghỉ một giờ.", "/broadcast The bot rests for an hour tomorrow."), label("broadcast_send")
    )
    await j.tap(label("broadcast_send"), t("gửi", "sent"), on=shown)
    await j.send(t("/cam 4242 quảng cáo", "/ban 4242 advertising"), "4242", t("Đã cấm", "Banned"))
    await j.send(t("/bocam 4242", "/unban 4242"), "4242")
    await j.send(t("/chophep 4242", "/allow 4242"), "4242")
    await j.send(t("/thoichophep 4242", "/disallow 4242"), "4242")
    await j.send(t("/nhatky", "/log"), "4242", t("cấm", "banned"))


async def _leaves(j: Journey) -> None:
    """All that is stored is shown and erased."""
    t, label = j.t, j.label
    await j.send(
        t("/riengtu", "/privacy"), t("Quyền riêng tư", "Privacy"), "/mydata" if j.language == "en" else "/dulieu"
    )
    await j.send(t("/dulieu", "/mydata"), ".json")
    stopped = await j.send(t("/huy", "/unsubscribe"), label("resume"))
    await j.tap(label("resume"), t("Bản tin kế tiếp", "next briefing"), on=stopped)
    asked = await j.send(t("/xoadulieu", "/forgetme"), label("erase_yes"))
    await j.tap(label("erase_yes"), t("Đã xóa", "Erased"), on=asked)

    async def presses() -> str:
        return str((await j.me.forge("sub:1:when", asked))["text"])

    await j.do("press", j.me, t("[một nút cũ]", "[an old button]"), presses, ())
    assert j.steps[-1].toast == label("stale_button")
