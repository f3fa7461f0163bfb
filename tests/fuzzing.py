"""Updates as nobody's app makes them: drawn from a seed, some that mean something and all that is wrong with others.

Those who send them are few, so that what they store is told from what others do; who somebody is, and in which chat,
is what Telegram vouches for: nobody but a person writes in their name.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

Json = dict[str, Any]

WORDS = (
    "09-CT/TW",
    "09 ct tw khóa XI",
    "ma túy -bóng đá",
    "/vanban 99-CT/TW",
    "lưu 2",
    "Lưu",
    "7h30",
    "Nghệ An",
    "topic:drugs since:30d place:",
    "issuer: type: until:2026-13-45 since:99999999999d",
    "'; DROP TABLE chat; --",
    '" OR 1=1; NEAR(a b, 99) AND NOT * ^ {x}:',
    "<b>&lt;script&gt;alert(1)</script></b><a href='javascript:1'>",
    "</b></blockquote>&#0;&amp;&nbsp",
    "{{ 7*7 }} {% for %} {0} %s %n ${jndi:ldap://x}",
    "\u202e\u202dCT-90\u200b/\u200bWT\u2066\ufeff",
    "مرحبا 09-CT/TW שלום",
    "\x00\x01\x1b[31m\r\n\t\x7f",
    "\ud83d",
    "a\udfff\ud800b 09-CT/TW",
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿" * 20,
    "Z" + "\u0301" * 3000,
    "٠٩-CT/TW ０９－ＣＴ／ＴＷ ½ ²",
    "https://127.0.0.1:1/ http://[::1]/ file:///etc/passwd",
    "https://127.0.0.1:9/x",
    "http://" + "a" * 300 + ".invalid/%00?q=" + "%" * 50,
    "1" * 4000,
    "/" * 500,
    "-" * 300 + " +" * 300 + '"' * 99,
    "",
    " ",
)
LONG = (
    "Ban Bí thư ban hành Chỉ thị 09-CT/TW về an ninh. " * 2000,
    "09-CT/TW, " * 9000,
    "<" * 100_000,
    "a" * 100_000,
    "ế" * 100_000,
)
# By the type of what stands there: Telegram leaves out what it has not, and adds what is new.
_GARBAGE: Mapping[type, Sequence[Any]] = {
    bool: (True, False, None),
    int: (0, -1, 2**53 + 1, 2**63, -(2**70), 10**30, None),
    str: ("", " ", "x", "/", "\ud800", "\x00", "9" * 5000, None),
    list: ([], None),
    dict: ({}, None),
}
_ENTITIES = (
    "bot_command", "mention", "text_link", "url", "text_mention", "custom_emoji", "pre", "blockquote", "nonsense",
)  # fmt: skip
_PARTS = (":", ":0", ":x", ":-1", ":9999999999", ":1:2:3", ":'--", ":\ud800")
_PLACES = ("private", "sender", "group", "supergroup", "channel", "nowhere", None)
MOVED_TO = (-(2**40), -1)  # the second also by what is spoiled
_STATUSES = ("member", "left", "kicked", "administrator", "creator", "restricted", "nonsense")


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, who writes there, and messages of the bot that stand in it (of which buttons may be pressed)."""

    chat: Json
    user: Json
    own: Sequence[Json]
    mine: bool = True
    """Whether the writer may change what it gets."""


@dataclass(slots=True)
class Draw:
    """All that there is to draw from. `commands` and `data` are what means something to the bot; `strange` are ids of
    chats and people that have no part in it."""

    random: Random
    places: Sequence[Place]
    commands: Sequence[str]
    data: Sequence[str]
    files: Sequence[str]
    bot: Json
    strange: Sequence[int]
    last_message: int = 5_000_000
    last_query: int = 77_000_000
    kinds: Mapping[str, Callable[[], Json]] = field(init=False)

    def __post_init__(self) -> None:
        self.kinds = {
            "message": lambda: {"message": self._message()},
            "callback": self._callback,
            "inline": self._inline,
            "membership": self._membership,
            "other": self._other,
        }

    def updates(self, count: int) -> Sequence[Json]:
        weights = (8, 8, 2, 1, 2)
        drawn = self.random.choices(list(self.kinds.values()), weights, k=count)
        return [self._spoiled(make()) if self.random.random() < 0.35 else make() for make in drawn]

    def _place(self) -> Place:
        return self.random.choice(self.places)

    def _mine(self) -> Place:
        """For what happens to a chat: that it did, Telegram says."""
        return self.random.choice([one for one in self.places if one.mine])

    def _one(self, *some: Any) -> Any:
        return self.random.choice(some)

    def _text(self) -> str:
        draw = self.random
        if draw.random() < 0.02:
            return draw.choice(LONG)
        words = " ".join(draw.choice(WORDS) for _ in range(draw.choice((1, 1, 1, 2, 4))))
        if draw.random() < 0.5:
            own = draw.choice(("", "", f"@{self.bot['username']}", "@other_bot", "@"))
            return f"/{draw.choice(self.commands)}{own} {words}"
        return words

    def _entities(self, text: str) -> list[Json]:
        draw, found = self.random, []
        if text.startswith("/"):
            found.append({"type": "bot_command", "offset": 0, "length": len(text.split()[0])})
        for _ in range(draw.choice((0, 0, 1, 3))):
            numbers = (0, 1, 2, 3, 7, len(text), len(text) + 9, 10**9, -1, -(10**9))
            entity = {"type": draw.choice(_ENTITIES), "offset": draw.choice(numbers), "length": draw.choice(numbers)}
            extra = ({}, {"url": draw.choice(WORDS)}, {"user": self._place().user}, {"custom_emoji_id": "1"})
            found.append(entity | draw.choice(extra))
        return found

    def _message(self, place: Place | None = None) -> Json:
        draw, place = self.random, place or self._place()
        self.last_message += 1
        message: Json = {
            "message_id": self.last_message,
            "date": draw.choice((0, 1_790_000_000, 2**31 - 1)),
            "chat": place.chat,
            "from": place.user,
        }
        text = self._text()
        entities = self._entities(text)
        match draw.randrange(12):
            case 0:
                message |= {"document": self._file(), "caption": text, "caption_entities": entities}
            case 1:
                message |= {"document": self._file()}
            case 2:
                message |= self._strange_content()
            case 3 if place.mine:
                message |= self._event()
            case _:
                message |= {"text": text, "entities": entities}
        if draw.random() < 0.25:
            message["reply_to_message"] = draw.choice((*place.own, self._stranger(place)))
        if draw.random() < 0.2:
            message["forward_origin"] = self._origin()
        if draw.random() < 0.1:
            message |= {"message_thread_id": draw.choice((0, 1, 7, 2**40)), "is_topic_message": draw.random() < 0.5}
        if draw.random() < 0.05 and place.chat["type"] != "private":
            message["sender_chat"] = {"id": draw.choice(self.strange), "type": "channel", "title": "K"}
        if draw.random() < 0.05:
            message["via_bot"] = self.bot
        return message

    def _stranger(self, place: Place) -> Json:
        """A message of a bot that is none of ours, or not known any more."""
        return {
            "message_id": self.random.choice((1, self.last_message + 9, 0, 2**40)),
            "date": 0,
            "chat": place.chat,
            "from": self._one(self.bot, place.user),
            "text": self._text()[:9000],
        }

    def _file(self) -> Json:
        draw = self.random
        sizes = (0, 1, 10**6, 6 * 10**6, 10**12, None)
        names = ("a.pdf", "a.docx", "tin.txt", "x.html", "feeds.opml", "a.exe", "../../etc/passwd", "\ud800.pdf", None)
        return {
            "file_id": draw.choice((*self.files, "nosuch", "")),
            "file_unique_id": "u",
            "file_name": draw.choice(names),
            "mime_type": draw.choice(("application/pdf", "text/plain", "", None)),
            "file_size": draw.choice(sizes),
        }

    def _origin(self) -> Json:
        channel = {"id": self.random.choice(self.strange), "type": "channel", "title": "Kênh <b>"}
        return self._one(
            {"type": "hidden_user", "date": 0, "sender_user_name": self.random.choice(WORDS)},
            {"type": "user", "date": 0, "sender_user": self._place().user},
            {"type": "channel", "date": 0, "chat": channel, "message_id": 1},
            {"type": "chat", "date": 0, "sender_chat": channel},
            {"type": "nonsense", "date": 0},
        )

    def _strange_content(self) -> Json:
        strange = self.random.choice(self.strange)
        file = {"file_id": "nosuch", "file_unique_id": "u"}
        return self._one(
            {"chat_shared": {"request_id": self._one(1, 2, 99), "chat_id": strange}},
            {"users_shared": {"request_id": 1, "users": [{"user_id": strange}]}},
            {"photo": [file | {"width": 1, "height": 1}]},
            {"photo": []},
            {"sticker": file | {"type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}},
            {"voice": file | {"duration": 1}},
            {"location": {"latitude": 91, "longitude": -999}},
            {"contact": {"phone_number": "1", "first_name": "\u202e"}},
            {"dice": {"emoji": "🎲", "value": 7}},
            {"web_app_data": {"data": "x", "button_text": "y"}},
            {},
        )

    def _event(self) -> Json:
        return self._one(
            {"new_chat_members": [self.bot]},
            {"left_chat_member": self.bot},
            {"new_chat_title": "T" * 5000},
            {"forum_topic_closed": {}},
            {"forum_topic_reopened": {}},
            {"general_forum_topic_hidden": {}},
            {"group_chat_created": True},
            {"pinned_message": {"message_id": 1, "date": 0, "chat": self._place().chat}},
        )

    def _callback(self) -> Json:
        draw, place = self.random, self._place()
        self.last_query += 1
        data = draw.choice(self.data)
        if draw.random() < 0.4:
            data = data.partition(":")[0] + draw.choice(_PARTS)
        if draw.random() < 0.2:
            data += f"@{draw.choice(self.strange)}"
        if draw.random() < 0.05:
            data = self._text()
        gone = {"chat": place.chat, "message_id": draw.choice((1, 2**31)), "date": 0}
        message = draw.choice((*place.own, gone, self._stranger(place), self._message(place)))
        query: Json = {"id": str(self.last_query), "from": place.user, "chat_instance": "1", "data": data}
        query |= draw.choice(({"message": message},) * 8 + ({"inline_message_id": "BAAA1"}, {}))
        return {"callback_query": query}

    def _inline(self) -> Json:
        self.last_query += 1
        query = {"id": str(self.last_query), "from": self._place().user, "query": self._text()[:5000]}
        offset = self.random.choice(("", "5", "-1", "x", "9" * 40, "١"))
        return {"inline_query": query | {"offset": offset, "chat_type": self.random.choice(_PLACES)}}

    def _membership(self) -> Json:
        draw = self.random
        place = self._mine()
        change: Json = {"chat": place.chat, "from": place.user, "date": 0}
        for name in ("old_chat_member", "new_chat_member"):
            status = draw.choice(_STATUSES)
            member: Json = {"user": self.bot, "status": status, "until_date": 0, "is_member": True}
            rights = ("is_anonymous", "can_be_edited", "can_manage_chat", "can_send_messages", "can_post_messages")
            change[name] = member | {right: draw.random() < 0.5 for right in rights}
        return {draw.choice(("my_chat_member", "chat_member")): change}

    def _other(self) -> Json:
        strange = self.random.choice(self.strange)
        return self._one(
            {"edited_message": self._message() | {"edit_date": 1}},
            {"channel_post": self._message()},
            {"edited_channel_post": self._message() | {"edit_date": 1}},
            {"poll": {"id": "1", "question": "?", "options": []}},
            {"shipping_query": {"id": "1", "from": self._place().user}},
            {"chosen_inline_result": {"result_id": "x", "from": self._place().user, "query": "\ud800"}},
            {
                "message": self._message(
                    Place({"id": strange, "type": "private" if strange < 0 else "group"}, self.bot, ())
                )
            },
            {"message": self._message(self._mine()) | {"migrate_to_chat_id": self._one(*MOVED_TO)}},
            {"of_a_later_year": {"x": 1}},
            {},
        )

    def _spoiled(self, update: Json) -> Json:
        """With one or several values taken out, or put in the place of others."""
        spoiled = copy.deepcopy(update)
        for _ in range(self.random.choice((1, 1, 2, 5))):
            holders = [holder for holder in _holders(spoiled) if holder]
            holder = self.random.choice(holders or [spoiled])
            if not holder:
                break
            name = self.random.choice(list(holder))
            if self.random.random() < 0.5:
                del holder[name]
            else:
                holder[name] = copy.deepcopy(self.random.choice(_GARBAGE.get(type(holder[name]), (None,))))
        return spoiled


def _holders(value: Any) -> list[Json]:
    """All objects in a value."""
    if isinstance(value, list):
        return [holder for one in value for holder in _holders(one)]
    if isinstance(value, dict):
        return [value, *(holder for one in value.values() for holder in _holders(one))]
    return []
