"""Documents in the sandbox, both ways, through the bot's own request class."""

import io
import zlib

import aiohttp
import pytest
from telegram import Bot, InputFile, Message, ReplyParameters, Update
from telegram.error import BadRequest
from telegram.ext import Application, MessageHandler, filters

from bot.request import AiohttpRequest
from bot.sandbox import Sandbox
from bot.sandbox.files import MAX_DOWNLOAD


def png(width: int, height: int) -> bytes:
    """A black picture."""
    shape = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x00\x00\x00\x00"  # 8 bits of grey
    rows = zlib.compress((b"\x00" + bytes(width)) * height)
    chunks = [b"IHDR" + shape, b"IDAT" + rows, b"IEND"]
    sized = (len(chunk[4:]).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4) for chunk in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(sized)


def jpeg_head(width: int, height: int) -> bytes:
    """As much of a JPEG as tells its size."""
    frame = b"\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x01\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0" + (len(frame) + 2).to_bytes(2) + frame


OPML = "<opml>Điểm Tin</opml>".encode()


@pytest.mark.parametrize("attach", [True, False])
async def test_the_bot_sends_a_document(sandbox: Sandbox, bot: Bot, attach: bool) -> None:
    an = sandbox.user(started=True)
    file = InputFile(io.BytesIO(OPML), filename="nguồn tin.opml", attach=attach)
    sent = await bot.send_document(
        an.chat_id, file, caption="<b>16</b> nguồn", parse_mode="HTML", disable_notification=True
    )
    assert sent.document
    assert (sent.document.file_name, sent.document.file_size, sent.caption) == ("nguồn tin.opml", len(OPML), "16 nguồn")
    (seen,) = an.messages
    assert an.file_of(seen) == OPML
    assert seen["caption_entities"] == [{"type": "bold", "offset": 0, "length": 2}]
    assert seen["silent"]
    again = await bot.send_document(an.chat_id, sent.document.file_id, reply_to_message_id=sent.message_id)
    assert again.document == sent.document
    assert again.reply_to_message
    assert again.reply_to_message.document == sent.document


async def test_a_user_sends_a_document_and_the_bot_reads_it(sandbox: Sandbox) -> None:
    read: list[bytes] = []

    async def receive(update: Update, context: object) -> None:
        message = update.message
        assert isinstance(message, Message)
        assert message.document
        read.append(bytes(await (await message.document.get_file()).download_as_bytearray()))
        await message.reply_text("Đã nhận", do_quote=True)

    builder = Application.builder().token(sandbox.token).base_url(f"{sandbox.api_url}/bot")
    builder = builder.base_file_url(f"{sandbox.api_url}/file/bot").request(AiohttpRequest())
    application = builder.get_updates_request(AiohttpRequest()).build()
    application.add_handler(MessageHandler(filters.Document.FileExtension("opml"), receive))
    an = sandbox.user()
    async with application:
        assert application.updater is not None
        await application.updater.start_polling()
        await application.start()
        await an.send_file("a.opml", OPML)
        answered = await an.wait_for("Đã nhận")
        await application.updater.stop()
        await application.stop()
    assert read == [OPML]
    assert answered["reply_to_message"]["document"]["file_name"] == "a.opml"


async def test_what_is_too_big_for_bots_is_not_handed_out(sandbox: Sandbox, bot: Bot) -> None:
    an = sandbox.user()
    await an.send_file("a.bin", b"x" * MAX_DOWNLOAD)
    await an.send_file("b.bin", b"x" * (MAX_DOWNLOAD + 1))
    fits, not_ = [message["document"]["file_id"] for message in an.messages]
    assert (await bot.get_file(fits)).file_size == MAX_DOWNLOAD
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(not_)


async def test_documents_have_no_text_and_empty_ones_are_refused(sandbox: Sandbox, bot: Bot) -> None:
    an = sandbox.user(started=True)
    sent = await bot.send_document(an.chat_id, InputFile(io.BytesIO(OPML), filename="a"))
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await sent.edit_text("x")
    with pytest.raises(BadRequest, match="File must be non-empty"):
        await bot.send_document(an.chat_id, InputFile(io.BytesIO(b""), filename="a"))
    with pytest.raises(BadRequest, match="must not be a file"):
        await bot.do_api_request("SendMessage", {"chat_id": an.chat_id, "text": InputFile(io.BytesIO(OPML))})


async def test_the_bot_sends_photos_and_telegram_takes_only_pictures(
    sandbox: Sandbox, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sandbox.files.MAX_PHOTO", 5000)  # aiohttp warns of bytes as many as the real limit
    an = sandbox.user(started=True)
    sent = await bot.send_photo(an.chat_id, InputFile(png(320, 160), filename="a.png"), caption="Số bài")
    assert (sent.photo[-1].width, sent.photo[-1].height, sent.caption) == (320, 160, "Số bài")
    assert an.file_of(an.messages[-1]) == png(320, 160)
    again = await bot.send_photo(an.chat_id, sent.photo[-1].file_id)
    assert again.photo == sent.photo
    assert (await (await bot.get_file(sent.photo[-1].file_id)).download_as_bytearray()) == png(320, 160)
    assert (await bot.send_photo(an.chat_id, InputFile(jpeg_head(300, 200)))).photo[-1].width == 300
    document = await bot.send_document(an.chat_id, InputFile(OPML, filename="a"))
    assert document.document
    for photo, why in [
        (InputFile(OPML), "Image_process_failed"),
        (InputFile(b"\xff\xd8\xff\xff"), "Image_process_failed"),
        (InputFile(png(0, 5)), "Image_process_failed"),
        (InputFile(png(2000, 99)), "Photo_invalid_dimensions"),
        (InputFile(jpeg_head(6000, 5000)), "Photo_invalid_dimensions"),
        (InputFile(b"x" * 5001), "File is too big"),
        (document.document.file_id, "Can't use file of type document as photo"),
    ]:
        with pytest.raises(BadRequest, match=f"(?i){why}"):
            await bot.send_photo(an.chat_id, photo)
    with pytest.raises(BadRequest, match="There is no photo in the request"):
        await bot.do_api_request("SendPhoto", {"chat_id": an.chat_id}, return_type=None)


async def test_a_user_sends_photos_and_documents_with_words(sandbox: Sandbox, bot: Bot) -> None:
    an = sandbox.user()
    await an.send_photo(png(30, 20), caption="Chỉ thị https://vtv.vn/a")
    await an.send_file("a.txt", b"x", "text/plain", caption="/doc 09")
    photo, document = [update.message for update in await bot.get_updates()]
    assert photo
    assert document
    assert (photo.caption, photo.photo[-1].height) == ("Chỉ thị https://vtv.vn/a", 20)
    assert [entity.type for entity in photo.caption_entities] == ["url"]
    assert [entity.type for entity in document.caption_entities] == ["bot_command"]
    answer = await bot.send_message(an.chat_id, "x", reply_parameters=ReplyParameters(document.message_id, quote="09"))
    assert answer.quote
    assert (answer.quote.text, answer.quote.position) == ("09", 5)


async def test_the_page_sends_and_fetches(sandbox: Sandbox) -> None:
    an = sandbox.user()
    async with aiohttp.ClientSession() as page:
        url = f"{sandbox.page_url}sandbox/upload"
        query = {"user": str(an.chat_id), "name": "tin <b>.html"}
        assert (await page.post(url, params=query, data=b"<script>")).status == 200
        (message,) = an.messages
        assert message["document"]["file_name"] == "tin <b>.html"
        got = await page.get(f"{sandbox.page_url}sandbox/file/{message['document']['file_id']}")
        assert await got.read() == b"<script>"
        assert got.headers["Content-Disposition"] == "attachment; filename*=UTF-8''tin%20%3Cb%3E.html"
        assert got.content_type == "application/octet-stream"
        assert (await page.post(url, params=query, data=b"")).status == 409
        assert (await page.post(url, params={"user": "x"}, data=b"x")).status == 404
        await an.send_photo(png(2, 2))
        shown = await page.get(f"{sandbox.page_url}sandbox/photo/{an.messages[-1]['photo'][0]['file_id']}")
        assert (shown.content_type, await shown.read()) == ("image/png", png(2, 2))
        for path in (f"sandbox/photo/{message['document']['file_id']}", "sandbox/photo/none"):
            assert (await page.get(f"{sandbox.page_url}{path}")).status == 404
        for path in ("sandbox/file/none", "file/bot1:wrong/documents/x", f"file/bot{sandbox.token}/none"):
            assert (await page.get(f"{sandbox.page_url}{path}")).status in (401, 404)
        an.block()
        assert (await page.post(url, params=query, data=b"x")).status == 409
