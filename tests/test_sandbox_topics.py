"""Forum topics of the sandbox, seen through python-telegram-bot."""

import pytest
from telegram import Bot, ReplyParameters
from telegram.error import BadRequest, NetworkError

from bot.sandbox import Sandbox, SandboxUser


async def test_topics_open_close_and_go(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    forum = sandbox.group(forum=True)
    forum.add(an)
    thread = forum.create_topic("Biên giới")
    await forum.say(an, "/tin", thread=thread)
    await bot.send_message(forum.chat_id, "trả lời", message_thread_id=thread)
    forum.close_topic(thread)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(forum.chat_id, "x", message_thread_id=thread)
    forum.promote_bot(rights=["can_manage_topics"])
    await bot.send_message(forum.chat_id, "quản trị", message_thread_id=thread)
    forum.demote_bot()
    forum.reopen_topic(thread)
    await bot.send_message(forum.chat_id, "lại mở", message_thread_id=thread)
    texts = [message["text"] for message in forum.messages_in(thread) if "text" in message]
    assert texts == ["/tin", "trả lời", "quản trị", "lại mở"]
    messages = [update.message for update in await bot.get_updates() if update.message]
    created, asked, closed, reopened = messages
    assert created.forum_topic_created
    assert (created.forum_topic_created.name, created.message_id) == ("Biên giới", thread)
    assert (asked.message_thread_id, asked.is_topic_message) == (thread, True)
    assert asked.reply_to_message  # what answers nothing answers the topic's start: so does the real server tell
    assert asked.reply_to_message.forum_topic_created
    assert closed.forum_topic_closed
    assert reopened.forum_topic_reopened
    forum.delete_topic(thread)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(forum.chat_id, "x", message_thread_id=thread)
    assert forum.messages_in(thread) == []


async def test_general_has_no_thread_and_may_be_closed(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    forum = sandbox.group(forum=True)
    forum.add(an)
    await forum.say(an, "/x")
    (update,) = await bot.get_updates()
    assert update.message
    assert update.message.message_thread_id is None
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(forum.chat_id, "x", message_thread_id=1)
    forum.close_topic(None)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(forum.chat_id, "x")
    forum.reopen_topic(None)
    assert (await bot.send_message(forum.chat_id, "x")).message_thread_id is None
    with pytest.raises(ValueError, match="only forums"):
        sandbox.group().create_topic("x")


async def test_an_answer_goes_where_the_question_is(sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    forum = sandbox.group(forum=True)
    forum.add(an)
    first, second = forum.create_topic("một"), forum.create_topic("hai")
    asked = await forum.say(an, "/hỏi mã 09", thread=first)
    where = ReplyParameters(asked["message_id"], quote="mã 09")
    sent = await bot.send_message(forum.chat_id, "đáp", reply_parameters=where)
    assert (sent.message_thread_id, sent.quote and sent.quote.position) == (first, 5)
    with pytest.raises(NetworkError):
        await bot.send_message(forum.chat_id, "x", message_thread_id=second, reply_parameters=where)
    assert sandbox.calls[-1].answer["description"].endswith("the sandbox does not know replies into another topic")
    with pytest.raises(BadRequest, match="Quote_text_invalid"):
        await bot.send_message(forum.chat_id, "x", reply_parameters=ReplyParameters(asked["message_id"], quote="10"))
    lost = ReplyParameters(999, allow_sending_without_reply=True)
    assert (await bot.send_message(forum.chat_id, "x", reply_parameters=lost, message_thread_id=second)).text
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(forum.chat_id, "x", reply_parameters=ReplyParameters(999))
    forum.close_topic(first)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(forum.chat_id, "x", reply_parameters=where)
