"""A local stand-in for the Telegram Bot API, with a chat page; for `demo` and the tests.

    async with Sandbox() as sandbox:
        an = sandbox.user(first_name="An")
        ...start a bot with base_url=f"{sandbox.api_url}/bot" and sandbox.token...
        await an.say("/start")
        message = await an.wait_for("Chào")
        answer = await an.press("Cài đặt")

Everything goes over HTTP on 127.0.0.1, so the bot may be another process. The stand-in is strict: it refuses what
the real server refuses, with its status and words. What it does not do it says (501), it never pretends.

A person (`sandbox.user()`, SandboxUser) in the private chat:
    say(text, reply_to=, quote=, entities=)   write, answer, paste     open_start("d_x")            a deep link
    forward(text, sender=user/channel/"Name") forward                  edit(message, text)          edited_message
    send_file(name, bytes, caption=)          a document               send_photo(bytes, caption=)  PNG or JPEG
    press("label", message=)                  a button, by its label   forge(data, message)         one that is not
    inline("09 ct", offset)                   @bot 09 ct: the answer   choose(result, group=)       send a result
    wait_for("text"), messages, file_of()     what the bot sent        block(), unblock(), deactivate()

A group (`sandbox.group(title, forum=, kind=, bot=, owner=)`, SandboxGroup) or `sandbox.channel(title, bot=)`; the bot
is in groups as "member" unless told otherwise, in channels "left":
    add(user, "administrator", rights=, anonymous=)  is there since long ago; the bot hears nothing
    join, leave, promote, demote, restrict, ban      happen now: chat_member for a bot that may and wants to know
    place_bot(status)                                the bot is there since long ago
    add_bot, promote_bot, demote_bot, restrict_bot, remove_bot(by=)     happen now: my_chat_member
    say(user, text, thread=, reply_to=, anonymous=), post(text), edit   write; privacy mode decides what the bot hears
    press(user, "label"), forge(user, data, message), wait_for, messages, messages_in(thread), status(user)
    create_topic(name), close_topic, reopen_topic, delete_topic         None is General
    migrate()                                        becomes a supergroup, which is returned
    hide_members()                                   "member list is inaccessible"

On the sandbox: `calls`, `unanswered()`, `commands_seen(user, group)`, `push(update)` (any JSON, for fuzzing), and
trouble on request: `flood`, `hang`, `fail`.

Known to be simpler than Telegram: inline answers are not cached, chosen results are not reported (BotFather's
default), groups have no default permissions but a member's own, an answer into another topic is 501.
"""

from bot.sandbox.api import Call
from bot.sandbox.group import SandboxGroup
from bot.sandbox.server import Sandbox
from bot.sandbox.user import SandboxUser

__all__ = ["Call", "Sandbox", "SandboxGroup", "SandboxUser"]
