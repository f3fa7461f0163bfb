"""Inline mode of the sandbox, command lists by scope, what users send, and raw updates."""

import asyncio
from typing import Any

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    MessageOriginChannel,
    MessageOriginHiddenUser,
    MessageOriginUser,
    SwitchInlineQueryChosenChat,
)
from telegram.error import BadRequest, NetworkError

from bot.sandbox import Sandbox, SandboxUser

OLD = "query is too old and response timeout expired or query ID is invalid"


def article(result_id: str = "1", title: str = "Chỉ thị", text: str = "x", **more: Any) -> dict[str, Any]:
    content = {"message_text": text, "parse_mode": "HTML"}
    return {"type": "article", "id": result_id, "title": title, "input_message_content": content, **more}


async def asked(bot: Bot, user: SandboxUser, query: str, offset: str = "") -> tuple[str, asyncio.Task[Any]]:
    """The id of an inline query that a user typed, and the answer to come."""
    typing = asyncio.create_task(user.inline(query, offset))
    update = (await bot.get_updates(timeout=50))[-1]
    await bot.get_updates(offset=update.update_id + 1)
    assert update.inline_query
    assert (update.inline_query.query, update.inline_query.offset) == (query[:256], offset)
    assert (update.inline_query.from_user.id, update.inline_query.chat_type) == (user.chat_id, "sender")
    return update.inline_query.id, typing


# -- inline queries


async def test_asking_answering_and_choosing(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    assert (await bot.get_me()).supports_inline_queries
    query, typing = await asked(bot, an, "09 ct tw", "50")
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Mở", url="https://t.me/x?start=d_1")]])
    results = [
        InlineQueryResultArticle("a", "Chỉ thị 09", InputTextMessageContent("<b>09-CT/TW</b>", "HTML"), keys),
        InlineQueryResultArticle("b", "Chỉ thị 9", InputTextMessageContent("khác")),
    ]
    button = InlineQueryResultsButton("Mở trong bot", start_parameter="inline")
    assert await bot.answer_inline_query(
        query, results, is_personal=True, cache_time=5, next_offset="100", button=button
    )
    answer = await typing
    assert (answer["is_personal"], answer["cache_time"], answer["next_offset"]) == (True, 5, "100")
    assert [result["title"] for result in answer["results"]] == ["Chỉ thị 09", "Chỉ thị 9"]
    group = sandbox.group()
    group.add(an)
    chosen = await an.choose(answer["results"][0], group=group)
    assert (chosen["text"], chosen["entities"][0]["type"], chosen["via_bot"]["id"]) == ("09-CT/TW", "bold", bot.id)
    await an.choose(answer["results"][1])
    in_group, in_private = [update.message for update in await bot.get_updates()]
    assert in_group
    assert in_group.via_bot
    assert in_private
    assert (in_group.chat.id, in_private.chat.id, in_private.text) == (group.chat_id, an.chat_id, "khác")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("y", group.chat_id, chosen["message_id"])
    with pytest.raises(LookupError, match="no result"):
        await an.choose({"id": "c"})


async def test_a_query_is_cut_at_256_characters_and_may_stay_unanswered(bot: Bot, an: SandboxUser) -> None:
    _, typing = await asked(bot, an, "x" * 300)
    typing.cancel()
    with pytest.raises(TimeoutError, match="did not answer the inline query"):
        await an.inline("x", timeout=0.01)


async def test_messages_sent_through_the_bot_are_edited_by_their_own_identifier(
    sandbox: Sandbox, bot: Bot, an: SandboxUser
) -> None:
    query, typing = await asked(bot, an, "x")
    keys = {"inline_keyboard": [[{"text": "Tiếp", "callback_data": "more"}]]}
    await bot.answer_inline_query(query, [], cache_time=0)
    await typing
    query, typing = await asked(bot, an, "x")
    await bot.do_api_request("AnswerInlineQuery", {"inline_query_id": query, "results": [article(reply_markup=keys)]})
    group = sandbox.group()
    group.add(an)
    chosen = await an.choose((await typing)["results"][0], group=group)
    await bot.get_updates(offset=(await bot.get_updates())[-1].update_id + 1)
    pressing = asyncio.create_task(group.press(an, "Tiếp", message=chosen))
    callback = (await bot.get_updates(timeout=50))[0].callback_query
    assert callback
    assert callback.message is None
    await callback.answer()
    await pressing
    assert await bot.edit_message_text("mới", inline_message_id=callback.inline_message_id) is True
    assert group.messages[-1]["text"] == "mới"
    for call in (
        bot.edit_message_text("x", inline_message_id="BAAA999"),
        bot.edit_message_reply_markup(inline_message_id="BAAA999"),
    ):
        with pytest.raises(BadRequest, match="Message_id_invalid"):
            await call


REFUSED = [
    ([article(str(number)) for number in range(51)], {}, "too many inline query results specified"),
    ([article(), article()], {}, "RESULT_ID_DUPLICATE"),
    ([article("")], {}, "RESULT_ID_EMPTY"),
    ([article("ế" * 22)], {}, "RESULT_ID_INVALID"),
    ([article(title=" ")], {}, "ARTICLE_TITLE_EMPTY"),
    ([article(text="")], {}, "message text is empty"),
    ([article(text="<b> </b>")], {}, "text must be non-empty"),
    ([article(text="x" * 4097)], {}, "MESSAGE_TOO_LONG"),
    ([article(text="<b>")], {}, 'can\'t parse entities: Can\'t find end tag corresponding to start tag "b"'),
    ([article(url="javascript:x")], {}, "WEBDOCUMENT_URL_INVALID"),
    ([article(reply_markup={"keyboard": [["A"]]})], {},
     "can't parse inline keyboard markup: Can't find field \"inline_keyboard\""),
    ([article(reply_markup={"inline_keyboard": [[{"text": "x", "callback_data": "ế" * 22}]]})], {},
     "BUTTON_DATA_INVALID"),
    ([{"type": "article", "id": "1"}], {}, "can't parse inline query result: Can't find field \"title\""),
    ([{"id": "1"}], {}, "can't parse inline query result: Can't find field \"type\""),
    ("x", {}, "can't parse results JSON object"),
    ([], {"next_offset": "ế" * 22}, "NEXT_OFFSET_INVALID"),
    ([], {"button": {"text": "Mở"}}, "START_PARAM_EMPTY"),
    ([], {"button": {"text": " ", "start_parameter": "x"}}, "SWITCH_PM_TEXT_EMPTY"),
    ([], {"button": {"text": "Mở", "start_parameter": "d/1"}}, "START_PARAM_INVALID"),
    ([], {"button": {"text": "Mở", "start_parameter": "x" * 65}}, "START_PARAM_INVALID"),
    ([], {"inline_query_id": "5"}, OLD),
]  # fmt: skip


@pytest.mark.parametrize(("results", "more", "why"), REFUSED)
async def test_inline_answers_refused(
    sandbox: Sandbox, bot: Bot, an: SandboxUser, results: Any, more: dict[str, Any], why: str
) -> None:
    query, typing = await asked(bot, an, "x")
    with pytest.raises(BadRequest):
        await bot.do_api_request("AnswerInlineQuery", {"inline_query_id": query, "results": results} | more)
    assert sandbox.calls[-1].answer["description"] == f"Bad Request: {why}"
    assert not typing.done()
    await bot.do_api_request("AnswerInlineQuery", {"inline_query_id": query, "results": []})
    assert (await typing)["results"] == []


async def test_an_inline_query_is_answered_once_and_soon(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    query, typing = await asked(bot, an, "x")
    await bot.answer_inline_query(query, [])
    await typing
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_inline_query(query, [])
    query, typing = await asked(bot, an, "x")
    sandbox.world.callback_seconds = 0
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_inline_query(query, [])
    typing.cancel()


@pytest.mark.parametrize(
    ("results", "more", "what"),
    [
        ([{"type": "photo", "id": "1"}], {}, "inline results of type photo"),
        ([article() | {"input_message_content": {"latitude": 1}}], {}, "inline results that are not texts"),
        ([], {"button": {"text": "x", "web_app": {"url": "https://x.vn"}}}, "web_app buttons"),
    ],
)
async def test_says_what_inline_mode_does_not_know(
    sandbox: Sandbox, bot: Bot, results: Any, more: dict[str, Any], what: str
) -> None:
    with pytest.raises(NetworkError):
        await bot.do_api_request("AnswerInlineQuery", {"inline_query_id": "1", "results": results} | more)
    assert sandbox.calls[-1].answer["description"] == f"Not Implemented: the sandbox does not know {what}"


async def test_buttons_that_open_inline_mode_or_copy(bot: Bot, sandbox: Sandbox) -> None:
    an = sandbox.user(started=True)
    keys = [
        [InlineKeyboardButton("Chèn", switch_inline_query="09 ct tw")],
        [InlineKeyboardButton("Ở đây", switch_inline_query_current_chat="")],
        [InlineKeyboardButton("Nhóm", switch_inline_query_chosen_chat=SwitchInlineQueryChosenChat("09", False, False))],
    ]
    sent = await bot.send_message(an.chat_id, "x", reply_markup=InlineKeyboardMarkup(keys))
    assert sent.reply_markup
    assert sent.reply_markup.inline_keyboard[0][0].switch_inline_query == "09 ct tw"
    with pytest.raises(LookupError, match="tells the bot"):
        await an.press("Chèn")


# -- command lists


async def test_which_command_list_is_seen(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    """Each narrower scope wins over the wider ones, in each the language over no language."""
    english = sandbox.user(first_name="John", language_code="en", started=True)
    await an.say("/start")
    group = sandbox.group(owner=an)
    group.add(english)
    group_id = group.chat_id

    async def set_list(scope: dict[str, Any], language: str | None = None) -> None:
        word = f"{scope['type']}_{language or 'all'}"
        await bot.set_my_commands([(word, "x")], scope=scope, language_code=language)

    def seen(user: SandboxUser, in_group: bool = False) -> str:
        return next(iter(sandbox.commands_seen(user, group if in_group else None)), "none")

    assert seen(an) == "none"
    for scope, language, in_private, of_admin, of_member in [
        ({"type": "default"}, None, "default_all", "default_all", "default_all"),
        ({"type": "default"}, "vi", "default_vi", "default_vi", "default_all"),
        ({"type": "all_private_chats"}, None, "all_private_chats_all", "default_vi", "default_all"),
        ({"type": "all_group_chats"}, "vi", "all_private_chats_all", "all_group_chats_vi", "default_all"),
        ({"type": "all_chat_administrators"}, None, "all_private_chats_all", "all_chat_administrators_all",
         "default_all"),
        ({"type": "chat", "chat_id": group_id}, "en", "all_private_chats_all", "all_chat_administrators_all",
         "chat_en"),
        ({"type": "chat", "chat_id": group_id}, None, "all_private_chats_all", "chat_all", "chat_en"),
        ({"type": "chat_administrators", "chat_id": group_id}, None, "all_private_chats_all",
         "chat_administrators_all", "chat_en"),
        ({"type": "chat_member", "chat_id": group_id, "user_id": an.chat_id}, None, "all_private_chats_all",
         "chat_member_all", "chat_en"),
        ({"type": "chat", "chat_id": an.chat_id}, None, "chat_all", "chat_member_all", "chat_en"),
    ]:  # fmt: skip
        await set_list(scope, language)
        assert (seen(an), seen(an, True), seen(english, True)) == (in_private, of_admin, of_member), scope
    await bot.delete_my_commands(scope={"type": "chat_member", "chat_id": group_id, "user_id": an.chat_id})
    assert seen(an, True) == "chat_administrators_all"
    group.demote(an)
    assert seen(an, True) == "chat_all"


async def test_scopes_of_chats_that_cannot_have_them(sandbox: Sandbox, bot: Bot) -> None:
    known, stranger = sandbox.user(started=True), sandbox.user()
    channel, unknown = sandbox.channel(bot="administrator"), sandbox.group(bot="left")
    for scope, why in [
        ({"type": "chat", "chat_id": 999}, "Chat not found"),
        ({"type": "chat", "chat_id": stranger.chat_id}, "Chat not found"),
        ({"type": "chat", "chat_id": unknown.chat_id}, "Chat not found"),
        ({"type": "chat_administrators", "chat_id": known.chat_id}, "Can't use specified scope in private chats"),
        ({"type": "chat", "chat_id": channel.chat_id}, "Can't change commands in channel chats"),
    ]:
        for call in (
            bot.set_my_commands([("x", "x")], scope=scope),
            bot.get_my_commands(scope=scope),
            bot.delete_my_commands(scope=scope),
        ):
            with pytest.raises(BadRequest, match=why):
                await call


# -- what users send


async def test_forwarding_tells_where_from(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    binh, channel = sandbox.user(first_name="Bình"), sandbox.channel("Báo")
    bold = [{"type": "bold", "offset": 0, "length": 3}]
    await an.forward("một hai", sender=binh, entities=bold)
    await an.forward("hai", sender="Người lạ")
    await an.forward("ba", sender=channel)
    user, hidden, posted = [update.message for update in await bot.get_updates()]
    assert user
    assert hidden
    assert posted
    assert isinstance(user.forward_origin, MessageOriginUser)
    assert isinstance(hidden.forward_origin, MessageOriginHiddenUser)
    assert isinstance(posted.forward_origin, MessageOriginChannel)
    assert (user.forward_origin.sender_user.first_name, user.entities[0].type) == ("Bình", "bold")
    assert hidden.forward_origin.sender_user_name == "Người lạ"
    assert posted.forward_origin.chat.title == "Báo"


async def test_pasting_editing_and_answering(bot: Bot, an: SandboxUser) -> None:
    link = {"type": "text_link", "offset": 0, "length": 3, "url": "https://vtv.vn/"}
    pasted = await an.say("báo /x", entities=[link])
    await an.edit(pasted, "báo khác")
    await an.say("lưu", reply_to=pasted, quote="báo")
    first, edited, answer = await bot.get_updates()
    assert first.message
    assert [entity.type for entity in first.message.entities] == ["text_link", "bot_command"]
    assert edited.edited_message
    assert (edited.edited_message.text, edited.edited_message.entities) == ("báo khác", ())
    assert answer.message
    assert answer.message.reply_to_message
    assert answer.message.quote
    assert (answer.message.reply_to_message.message_id, answer.message.quote.text) == (pasted["message_id"], "báo")


async def test_deep_links(bot: Bot, an: SandboxUser) -> None:
    await an.open_start("d_Ab-9")
    (update,) = await bot.get_updates()
    assert update.message
    assert update.message.text == "/start d_Ab-9"
    for payload in ("", "d/1", "x" * 65, "đ"):
        with pytest.raises(ValueError, match="cannot stand in a link"):
            await an.open_start(payload)


async def test_forged_presses_in_private(bot: Bot, an: SandboxUser) -> None:
    message = await an.say("x")
    pressing = asyncio.create_task(an.forge("không có", message))
    update = (await bot.get_updates(timeout=50))[-1]
    assert update.callback_query
    assert update.callback_query.data == "không có"
    await update.callback_query.answer("?")
    assert (await pressing)["text"] == "?"


async def test_any_json_goes_into_the_queue(sandbox: Sandbox, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=["message"])
    first = sandbox.push({"callback_query": {"id": [], "data": "\ud800"}, "update_id": 5})
    second = sandbox.push({})
    waiting = sandbox.world.updates.pending
    assert [update["update_id"] for update in waiting] == [first, second] == [first, first + 1]
    assert waiting[0]["callback_query"] == {"id": [], "data": "\ud800"}
