"""Groups, supergroups, forums and channels as tests handle them: who is in, what is written, what happens."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.sandbox.chat import Group, Json
from bot.sandbox.entities import Entity
from bot.sandbox.inbox import PATIENCE, Inbox, Wanted, answer_of, find_button
from bot.sandbox.members import ANONYMOUS, Member, admin_rights
from bot.sandbox.message_text import typed_text
from bot.sandbox.user import SandboxUser, typed
from bot.sandbox.world import World, reply


class SandboxGroup:
    """Made by `Sandbox.group()` and `Sandbox.channel()`. Messages are as `SandboxUser` has them.

    `rights` and `allowed` are names such as "can_pin_messages"; None means all there are. `by` defaults to the
    owner. What a user may not do here raises ValueError.
    """

    def __init__(self, world: World, group: Group, owner: SandboxUser) -> None:
        self._world = world
        self._group = group
        self._owner = owner
        self._inbox = Inbox(group)

    @property
    def chat_id(self) -> int:
        return self._group.id

    @property
    def as_json(self) -> Json:
        """The API's Chat object."""
        return self._group.as_json()

    @property
    def owner(self) -> SandboxUser:
        return self._owner

    @property
    def messages(self) -> list[Json]:
        """All that stands here, oldest first, in its edited state."""
        return [self._group.seen(message) for message in self._group.messages.values()]

    def messages_in(self, thread: int | None) -> list[Json]:
        """The messages of one topic; None: of General."""
        return [message for message in self.messages if message.get("message_thread_id") == thread]

    def status(self, user: SandboxUser | None = None) -> str:
        """Of a user, or of the bot."""
        user_id = user.chat_id if user else self._world.bot["id"]
        member = self._group.members.get(user_id)
        return member.status if member else "left"

    def hide_members(self) -> None:
        """Only administrators see who is in; a bot that is none gets "member list is inaccessible"."""
        self._group.hides_members = True

    # -- people

    def add(
        self,
        user: SandboxUser,
        status: str = "member",
        *,
        rights: Collection[str] | None = None,
        anonymous: bool = False,
    ) -> None:
        """Somebody is here since long ago with this status; the bot hears nothing of it."""
        member = self._member(user.account, status, rights, anonymous)
        self._group.members[user.chat_id] = member

    def join(self, user: SandboxUser) -> None:
        """Somebody comes in: a service message, and chat_member for a bot that is administrator and asked for it."""
        self._change(user, Member(user.account, "member"), user)
        self._service({"new_chat_members": [user.account]}, user)

    def leave(self, user: SandboxUser) -> None:
        self._change(user, Member(user.account), user)
        self._service({"left_chat_member": user.account}, user)

    def promote(
        self,
        user: SandboxUser,
        *,
        rights: Collection[str] | None = None,
        anonymous: bool = False,
        by: SandboxUser | None = None,
    ) -> None:
        """Make an administrator of somebody, or change one's rights."""
        self._change(user, self._member(user.account, "administrator", rights, anonymous), by)

    def demote(self, user: SandboxUser, *, by: SandboxUser | None = None) -> None:
        self._change(user, Member(user.account, "member"), by)

    def restrict(self, user: SandboxUser, *, allowed: Collection[str] = (), by: SandboxUser | None = None) -> None:
        self._change(user, self._member(user.account, "restricted", allowed, False), by)

    def ban(self, user: SandboxUser, *, by: SandboxUser | None = None) -> None:
        self._change(user, Member(user.account, "kicked"), by)

    def _change(self, user: SandboxUser, member: Member, by: SandboxUser | None) -> None:
        self._world.set_member(self._group, member, (by or self._owner).account)

    def _member(self, user: Json, status: str, rights: Collection[str] | None, anonymous: bool) -> Member:
        all_rights = admin_rights(self._group.kind) if rights is None else frozenset(rights)
        return Member(user, status, all_rights if status in ("administrator", "restricted") else frozenset(), anonymous)

    # -- the bot

    def place_bot(self, status: str, *, rights: Collection[str] | None = None) -> None:
        """The bot is here since long ago with this status; it hears nothing of it. "left": it never was."""
        if status == "left":
            self._group.members.pop(self._world.bot["id"], None)
        else:
            self._group.members[self._world.bot["id"]] = self._member(self._world.bot, status, rights, False)

    def add_bot(
        self,
        *,
        by: SandboxUser | None = None,
        as_admin: bool = False,
        rights: Collection[str] | None = None,
        start: str = "",
    ) -> None:
        """The bot hears my_chat_member and, in groups, the service message. Channels take bots only as_admin.

        `start`: it comes by a link `?startgroup=start`, for which the app writes the command in the person's name.
        """
        if self._group.kind == "channel" and not as_admin:
            raise ValueError("a bot can be in a channel only as an administrator")
        self._set_bot("administrator" if as_admin else "member", rights, by)
        self._service({"new_chat_members": [self._world.bot]}, by)
        if start:
            self.send(by or self._owner, typed(f"/start@{self._world.bot['username']} {start}"))

    def promote_bot(self, *, rights: Collection[str] | None = None, by: SandboxUser | None = None) -> None:
        """Make the bot an administrator, or change its rights."""
        self._set_bot("administrator", rights, by)

    def demote_bot(self, *, by: SandboxUser | None = None) -> None:
        self._set_bot("member", None, by)

    def restrict_bot(self, *, allowed: Collection[str] = (), by: SandboxUser | None = None) -> None:
        """Forbid the bot to write, but for what is allowed (such as "can_send_messages")."""
        self._set_bot("restricted", allowed, by)

    def remove_bot(self, *, by: SandboxUser | None = None, kicked: bool = True) -> None:
        """Ban the bot, or only take it out ("left"): sends answer 403 from now on."""
        self._set_bot("kicked" if kicked else "left", None, by)

    def _set_bot(self, status: str, rights: Collection[str] | None, by: SandboxUser | None) -> None:
        member = self._member(self._world.bot, status, rights, False)
        self._world.set_member(self._group, member, (by or self._owner).account)

    # -- writing

    async def say(
        self,
        user: SandboxUser,
        text: str,
        *,
        thread: int | None = None,
        reply_to: Json | None = None,
        quote: str = "",
        anonymous: bool | None = None,
        entities: Sequence[Entity] = (),
    ) -> Json:
        """A member writes, in a topic (None: General), as the group itself if `anonymous` (default: as promoted).

        Returns the message. What the bot hears of it is in `Group.hears`.
        """
        if reply_to and thread is None:
            thread = reply_to.get("message_thread_id")
        content = typed(text, entities) | reply(reply_to, quote)
        return self.send(user, content, thread=thread, anonymous=anonymous)

    async def post(self, text: str, *, signature: str = "", entities: Sequence[Entity] = ()) -> Json:
        """Write in a channel, as the channel; returns the message."""
        if self._group.kind != "channel":
            raise ValueError("only channels have posts")
        signed = {"author_signature": signature} if signature else {}
        self._inbox.clear()
        return self._world.post(self._group, {"sender_chat": self.as_json} | typed(text, entities) | signed)

    def send(
        self, user: SandboxUser, content: Json, *, thread: int | None = None, anonymous: bool | None = None
    ) -> Json:
        """A member sends any content, given as fields of the API's Message."""
        member = self._group.members.get(user.chat_id, Member(user.account))
        if self._group.kind == "channel":
            raise ValueError("in a channel nobody writes as themselves; see post")
        if not member.is_in or not member.may_send("messages"):
            raise ValueError(f"{user.account['first_name']} ({member.status}) may not write here")
        is_open = self._group.topics.get(thread, False) if thread else self._group.is_general_open
        if not is_open and not member.may("can_manage_topics"):
            raise ValueError(f"the topic {thread} is closed or not there")
        self._inbox.clear()
        if anonymous is None:
            anonymous = member.is_anonymous
        if anonymous and not member.is_admin:
            raise ValueError("only administrators can be anonymous")
        writer: Json = {"from": user.account}
        if anonymous:
            writer = {"from": ANONYMOUS, "sender_chat": self.as_json}
        return self._world.post(self._group, writer | self._group.in_topic(thread) | content)

    async def edit(self, message: Json, text: str, entities: Sequence[Entity] = ()) -> Json:
        """Its writer changes the text of a message."""
        self._inbox.clear()
        return self._world.edit(self._group, message, typed_text(text, entities))

    async def press(
        self,
        user: SandboxUser,
        button: str,
        *,
        message: Json | None = None,
        timeout: float = PATIENCE,  # noqa: ASYNC109
    ) -> Json:
        """As `SandboxUser.press`; the bot sees who pressed, also of anonymous administrators and in channels."""
        message_id, data = find_button(self._group, button, message)
        self._inbox.clear()
        callback = self._world.press(self._group, message_id, data, user.account)
        return await answer_of(callback, timeout)

    async def forge(self, user: SandboxUser, data: str, message: Json, *, timeout: float = PATIENCE) -> Json:  # noqa: ASYNC109
        """As `SandboxUser.forge`, by anybody, member or not."""
        self._inbox.clear()
        callback = self._world.press(self._group, message["message_id"], data, user.account)
        return await answer_of(callback, timeout)

    async def wait_for(self, wanted: Wanted, timeout: float = PATIENCE) -> Json:  # noqa: ASYNC109
        """As `SandboxUser.wait_for`: new is what came since anybody's last `say`, `post` or `press` here."""
        return await self._inbox.wait_for(wanted, timeout)

    # -- topics

    def create_topic(self, name: str, *, by: SandboxUser | None = None) -> int:
        """Open a topic; returns its thread id, which is the id of its service message."""
        if not self._group.is_forum:
            raise ValueError("only forums have topics")
        thread = self._world.last_message_id + 1
        self._group.topics[thread] = True
        created = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
        self._service(created | {"message_thread_id": thread, "is_topic_message": True}, by)
        return thread

    def close_topic(self, thread: int | None, *, by: SandboxUser | None = None) -> None:
        """Only who may manage topics writes there from now on; None: General."""
        self._set_open(thread, False)
        self._service({"forum_topic_closed": {}}, by, thread)

    def reopen_topic(self, thread: int | None, *, by: SandboxUser | None = None) -> None:
        self._set_open(thread, True)
        self._service({"forum_topic_reopened": {}}, by, thread)

    def _set_open(self, thread: int | None, is_open: bool) -> None:
        if thread is None:
            self._group.is_general_open = is_open
        else:
            self._group.topics[thread] = is_open

    def delete_topic(self, thread: int) -> None:
        """The topic goes with its messages; nobody tells the bot."""
        del self._group.topics[thread]
        for message in self.messages_in(thread):
            del self._group.messages[message["message_id"]]

    # -- the group itself

    def migrate(
        self, chat_id: int | None = None, *, by: SandboxUser | None = None, new_first: bool = False
    ) -> "SandboxGroup":
        """The group becomes a supergroup; returns it. The bot hears both service messages if it is in.

        `new_first`: that of the supergroup comes before that of the group; Telegram promises no order.
        """
        new_id = chat_id or self.chat_id - 1_002_000_000_000
        members = {user_id: replace(member) for user_id, member in self._group.members.items()}
        known = self._world.chats.get(new_id)
        group = known if isinstance(known, Group) else Group(new_id, title=self._group.title, members=members)
        group.bot_user = self._world.bot
        self._world.chats[new_id] = group

        def tell_new() -> None:
            speaks = {"from": ANONYMOUS, "sender_chat": group.as_json()}
            self._world.post(group, speaks | {"migrate_from_chat_id": self.chat_id})

        if new_first:
            tell_new()
        self._service({"migrate_to_chat_id": new_id}, by)
        self._group.moved_to = new_id
        if not new_first:
            tell_new()
        return SandboxGroup(self._world, group, self._owner)

    def _service(self, content: Json, by: SandboxUser | None = None, thread: int | None = None) -> None:
        if self._group.kind != "channel":
            writer = {"from": (by or self._owner).account}
            self._world.post(self._group, writer | self._group.in_topic(thread) | content)
