"""The chat page in a real browser, with a small bot behind it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect
from telegram import (
    Bot,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    Message,
    ReplyKeyboardMarkup,
    Update,
)
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

from bot.sandbox import Sandbox, SandboxUser
from test_sandbox_files import png

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
]
EVENING = datetime(2026, 11, 20, 12, tzinfo=UTC)  # 19:00 in Vietnam

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on PATH"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    now = [EVENING]

    async def jump(language: str) -> str:
        now[0] += timedelta(hours=12)
        return "Bây giờ là 07:00"

    async with Sandbox(clock=lambda: now[0]) as sandbox:
        sandbox.on_jump = jump
        yield sandbox


@pytest_asyncio.fixture(loop_scope="module")
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    """A bot that greets, echoes and answers its buttons; it polls as long as the test runs."""

    async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert isinstance(update.message, Message)
        keys = [[InlineKeyboardButton("Tiếp", callback_data="more"), InlineKeyboardButton("Hỏi", callback_data="ask")]]
        await update.message.reply_html("<b>Xin chào</b>", reply_markup=InlineKeyboardMarkup(keys))

    async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert isinstance(update.message, Message)
        await update.message.chat.send_action("typing")
        await update.message.reply_text(f"Bạn viết: {update.message.text}")

    async def pressed(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query is not None
        await query.answer(f"Đáp: {query.data}", show_alert=query.data == "ask")
        if query.data == "more":
            await query.edit_message_text("Đã đổi")

    application = Application.builder().token(sandbox.token).base_url(f"{sandbox.api_url}/bot").build()
    application.add_handler(CommandHandler("start", start))
    application.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, echo))
    application.add_handler(CallbackQueryHandler(pressed))
    async with application:
        assert application.updater is not None
        await application.updater.start_polling()
        await application.start()
        yield application.bot
        await application.updater.stop()
        await application.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def an(sandbox: Sandbox) -> SandboxUser:
    return sandbox.user(5, first_name="An", started=True)


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, sandbox: Sandbox, an: SandboxUser) -> AsyncIterator[Page]:
    """The page of An on a phone; no test may leave an error in the browser's console."""
    context = await browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(sandbox.page_url)
    yield page
    await context.close()
    assert complaints == []


async def test_from_the_empty_chat_to_a_talk(page: Page, bot: Bot, an: SandboxUser) -> None:
    await bot.set_my_description("Bot điểm báo")
    await expect(page.get_by_text("Bot điểm báo")).to_be_visible()
    await expect(page.get_by_text("Bot này làm được gì?")).to_be_visible()
    await page.get_by_role("button", name="Bắt đầu").click()
    await expect(page.locator(".message.in strong")).to_have_text("Xin chào")
    text = page.get_by_role("textbox", name="Tin nhắn")
    await text.fill("một")
    await text.press("Shift+Enter")
    await text.press_sequentially("hai")
    await text.press("Enter")
    await expect(page.locator(".message.in .text").last).to_contain_text("Bạn viết: một\nhai")
    await expect(page.get_by_role("heading", name="Điểm Tin")).to_be_visible()
    assert [message["text"] for message in an.messages][-2:] == ["một\nhai", "Bạn viết: một\nhai"]


async def test_buttons_toast_alert_and_edit(page: Page, bot: Bot, an: SandboxUser) -> None:
    await an.say("/start")
    await page.get_by_role("button", name="Hỏi").click()
    alert = page.get_by_role("dialog")
    await expect(alert).to_contain_text("Đáp: ask")
    await alert.get_by_role("button", name="Đồng ý").click()
    await page.get_by_role("button", name="Tiếp", exact=True).click()
    await expect(page.locator(".toast")).to_have_text("Đáp: more")
    await expect(page.get_by_text("Đã đổi")).to_be_visible()
    await expect(page.get_by_text("đã sửa")).to_be_visible()
    await expect(page.locator(".key")).to_have_count(0)


async def test_a_press_spins_until_answered(page: Page, sandbox: Sandbox) -> None:
    async with Bot(sandbox.token, base_url=f"{sandbox.api_url}/bot") as bot:
        await bot.get_updates(allowed_updates=["callback_query"])
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Chậm", callback_data="x")]])
        await bot.send_message(5, "x", reply_markup=keys)
        button = page.get_by_role("button", name="Chậm")
        await button.click()
        await expect(button).to_have_attribute("aria-busy", "true")
        (update,) = await bot.get_updates(timeout=50)
        assert update.callback_query is not None
        await update.callback_query.answer()
        await expect(button).not_to_have_attribute("aria-busy", "true")


async def test_command_menu(page: Page, bot: Bot, an: SandboxUser) -> None:
    await bot.set_my_commands([("start", "Start"), ("settings", "Settings"), ("help", "Help")])
    await bot.set_my_commands([("start", "Bắt đầu"), ("settings", "Cài đặt")], language_code="vi")
    await an.say("x")
    options = page.get_by_role("option")
    await page.get_by_role("button", name="Danh sách lệnh").click()
    await expect(options).to_have_text(["/startBắt đầu", "/settingsCài đặt"])
    text = page.get_by_role("textbox", name="Tin nhắn")
    await text.fill("/se")
    await expect(options).to_have_text(["/settingsCài đặt"])
    await text.press("Escape")
    await expect(options).to_have_count(0)
    await page.get_by_role("button", name="EN").click()
    text = page.get_by_role("textbox", name="Message")
    await text.fill("/")
    await expect(options).to_have_text(["/startStart", "/settingsSettings", "/helpHelp"])
    await text.press("ArrowDown")
    await text.press("Enter")
    await expect(page.locator(".message.out .text").last).to_contain_text("/start")
    assert an.language_code == "en"
    await page.get_by_role("button", name="VI").click()
    await expect(page.get_by_role("textbox", name="Tin nhắn")).to_be_visible()


HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"


async def test_hostile_text_stays_text(page: Page, bot: Bot, an: SandboxUser) -> None:
    await bot.set_my_name(HOSTILE[:60])
    await bot.set_my_commands([("x", HOSTILE)])
    keys = [[InlineKeyboardButton(HOSTILE, callback_data="x"), InlineKeyboardButton("tg", url="tg://resolve?domain=x")]]
    sent = await bot.send_message(5, HOSTILE, reply_markup=InlineKeyboardMarkup(keys))
    await sent.reply_html('<a href="javascript:alert(1)">bấm</a> <a href="tg://resolve?domain=x">tg</a>', do_quote=True)
    await expect(page.locator(".message.in .text").first).to_contain_text(HOSTILE)
    await expect(page.locator(".replied")).to_contain_text("<img src=x")
    await page.get_by_role("textbox", name="Tin nhắn").fill("/")
    await expect(page.get_by_role("option")).to_contain_text(HOSTILE)
    assert await page.locator("#log img, #log script, #log a[href], #commands img, #top img").count() == 0
    assert await page.title() == HOSTILE[:60]


async def test_formatting(page: Page, bot: Bot, an: SandboxUser) -> None:
    await bot.send_message(
        5,
        "<b>a<i>b</i></b> <code>c</code> <tg-spoiler>kín</tg-spoiler>\n<blockquote expandable>"
        + "dài " * 200
        + '</blockquote>\n<pre><code class="language-py">x = 1</code></pre>'
        '\n<a href="https://vtv.vn/a">báo</a> <u>d</u> <s>e</s> /caidat',
        parse_mode="HTML",
        disable_notification=True,
    )
    message = page.locator(".message.in")
    await expect(message.locator("strong em")).to_have_text("b")
    await expect(message.locator(".pre .language")).to_have_text("py")
    link = message.get_by_role("link", name="báo")
    assert [await link.get_attribute(name) for name in ("href", "target", "rel")] == [
        "https://vtv.vn/a",
        "_blank",
        "noopener noreferrer",
    ]
    await expect(message.get_by_role("img", name="Gửi không âm thanh")).to_be_visible()
    expand = message.get_by_role("button", name="Mở rộng trích dẫn")
    folded = await message.locator(".quoted").evaluate("quote => quote.clientHeight")
    await expand.press("Enter")
    assert await message.locator(".quoted").evaluate("quote => quote.clientHeight") > folded
    spoiler = message.get_by_role("button", name="Nội dung ẩn")
    await spoiler.press("Enter")
    await expect(message.locator(".spoiler.revealed")).to_have_text("kín")
    await message.get_by_role("button", name="/caidat").click()
    await expect(page.locator(".message.out .text").last).to_contain_text("/caidat")


async def test_other_keys(page: Page, bot: Bot, an: SandboxUser) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    keys = [
        [
            InlineKeyboardButton("Chép", copy_text=CopyTextButton("09-CT/TW")),
            InlineKeyboardButton("Mở", url="https://vtv.vn/"),
        ]
    ]
    await bot.send_message(5, "x", reply_markup=InlineKeyboardMarkup(keys))
    await page.get_by_role("button", name="Chép").click()
    await expect(page.locator(".toast")).to_have_text("Đã sao chép: 09-CT/TW")
    assert await page.evaluate("navigator.clipboard.readText()") == "09-CT/TW"
    assert await page.get_by_role("link", name="Mở").get_attribute("href") == "https://vtv.vn/"
    await bot.send_message(5, "Chọn", reply_markup=ReplyKeyboardMarkup([["Phím A", "Phím B"]], one_time_keyboard=True))
    await page.get_by_role("button", name="Phím A").click()
    await expect(page.get_by_text("Bạn viết: Phím A")).to_be_visible()
    await expect(page.get_by_role("button", name="Phím A")).to_have_count(0)


async def test_files_go_both_ways(page: Page, bot: Bot, an: SandboxUser) -> None:
    await bot.send_document(an.chat_id, InputFile(b"<opml/>", filename="<b>nguon</b>.opml"), caption="Danh sách")
    link = page.get_by_role("link", name="<b>nguon</b>.opml")
    async with page.expect_download() as download:
        await link.click()
    fetched = await (await download.value).path()
    assert await asyncio.to_thread(fetched.read_bytes) == b"<opml/>"
    await expect(page.locator(".message.in .text")).to_contain_text("Danh sách")
    chosen = {"name": "của tôi.opml", "mimeType": "text/xml", "buffer": b"<opml></opml>"}
    await page.get_by_label("Tệp để gửi").set_input_files(chosen)
    await expect(page.locator(".message.out .file b")).to_have_text("của tôi.opml")
    assert an.file_of(an.messages[-1]) == b"<opml></opml>"
    await bot.send_message(an.chat_id, "Thêm nguồn?", reply_to_message_id=an.messages[-1]["message_id"])
    await expect(page.locator(".replied span")).to_have_text("của tôi.opml")


async def test_an_answer_to_a_message_says_so(page: Page, bot: Bot, an: SandboxUser) -> None:
    await bot.send_message(an.chat_id, "Chỉ thị 09-CT/TW")
    await page.get_by_role("button", name="Trả lời").click()
    bar = page.locator("#answering")
    await expect(bar).to_contain_text("Chỉ thị 09-CT/TW")
    text = page.get_by_role("textbox", name="Tin nhắn")
    await text.press("Escape")
    await expect(bar).to_be_hidden()
    await page.get_by_role("button", name="Trả lời").click()
    await text.fill("lưu")
    await text.press("Enter")
    await expect(page.locator(".message.out .replied span")).to_have_text("Chỉ thị 09-CT/TW")
    await expect(bar).to_be_hidden()
    await text.fill("khác")
    await text.press("Enter")
    await expect(page.locator(".message.out")).to_have_count(2)
    answered = [message.get("reply_to_message", {}).get("text") for message in an.messages if "from" in message]
    assert [answered[1], answered[-1]] == ["Chỉ thị 09-CT/TW", None]


async def test_photos_are_shown(page: Page, bot: Bot, an: SandboxUser) -> None:
    await bot.send_photo(an.chat_id, InputFile(png(320, 160), filename="chart.png"), caption="Số bài mỗi ngày")
    shown = page.get_by_role("img", name="Số bài mỗi ngày")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [320, 160]
    await bot.send_message(an.chat_id, "Đó là biểu đồ", reply_to_message_id=an.messages[-1]["message_id"])
    await expect(page.locator(".replied span")).to_have_text("Số bài mỗi ngày")


async def test_clock(page: Page, sandbox: Sandbox, an: SandboxUser) -> None:
    await expect(page.locator("#clock")).to_have_text("19:00 Thứ Sáu, 20/11/2026")
    await an.say("tối")
    await expect(page.locator(".date")).to_have_text(["Hôm nay"])
    jump = page.get_by_role("button", name="Tới giờ bản tin kế tiếp")
    await jump.click()
    await expect(page.locator(".toast")).to_have_text("Bây giờ là 07:00")
    await expect(page.locator("#clock")).to_have_text("07:00 Thứ Bảy, 21/11/2026")
    await an.say("sáng")
    await expect(page.locator(".date")).to_have_text(["Hôm qua", "Hôm nay"])
    sandbox.on_jump = None
    await page.reload()
    await expect(jump).to_be_disabled()


async def test_one_date_sticks_at_a_time(page: Page, sandbox: Sandbox, an: SandboxUser) -> None:
    await page.set_viewport_size({"width": 390, "height": 500})
    for _ in range(3):
        await an.say("\n".join(["dòng"] * 40))
        assert sandbox.on_jump
        await sandbox.on_jump("vi")
        await sandbox.on_jump("vi")
    dates = page.locator(".date span")
    await expect(dates).to_have_count(3)
    await page.locator("#log").evaluate("log => log.scrollTo({top: log.scrollHeight, behavior: 'instant'})")
    tops = [box["y"] for box in [await dates.nth(number).bounding_box() for number in range(3)] if box]
    assert tops[0] < tops[1] < tops[2]
    await an.say("ngày mới")
    await expect(dates).to_have_count(4)


async def test_people_and_blocking(page: Page, sandbox: Sandbox, bot: Bot, an: SandboxUser) -> None:
    await an.say("chuyện của An")
    await expect(page.locator(".message.out")).to_contain_text("chuyện của An")
    await page.get_by_role("button", name="Chặn", exact=True).click()
    await expect(page.get_by_role("button", name="Khởi động lại")).to_be_visible()
    await page.get_by_role("button", name="Bỏ chặn").click()
    await page.get_by_role("button", name="Người dùng thử").click()
    await page.get_by_role("textbox", name="Tên người dùng mới").fill("Bình")
    await page.get_by_role("button", name="Thêm").click()
    await expect(page.locator(".message")).to_have_count(0)
    await expect(page.get_by_role("button", name="Bình Tiếng Việt")).to_have_attribute("aria-current", "true")
    await page.get_by_role("button", name="Đóng danh sách").click()
    await page.get_by_role("button", name="Bắt đầu").click()
    await expect(page.locator(".message.in strong")).to_have_text("Xin chào")
    assert [message["text"] for message in sandbox.user(6).messages] == ["/start", "Xin chào"]


async def test_typing_and_deleting(page: Page, sandbox: Sandbox) -> None:
    an = sandbox.user(5)
    async with Bot(sandbox.token, base_url=f"{sandbox.api_url}/bot") as bot:
        await an.say("x")
        await expect(page.locator(".message.out")).to_be_visible()
        await bot.send_chat_action(5, "typing")
        await expect(page.get_by_text("đang nhập…")).to_be_visible()
        sent = await bot.send_message(5, "xong")
        await expect(page.get_by_text("đang nhập…")).to_have_count(0)
        await sent.delete()
        await expect(page.get_by_text("xong")).to_have_count(0)


async def test_wide_screen_shows_people_beside_the_chat(browser: Browser, sandbox: Sandbox, an: SandboxUser) -> None:
    page = await browser.new_page(viewport={"width": 1200, "height": 900})
    await page.goto(sandbox.page_url)
    await expect(page.get_by_role("button", name="An Tiếng Việt")).to_be_visible()
    await expect(page.get_by_role("button", name="Đóng danh sách")).to_be_hidden()
    await page.close()


async def test_the_page_speaks_the_language_of_its_user(page: Page, bot: Bot, an: SandboxUser) -> None:
    await an.say("xin chào")
    await page.get_by_role("button", name="EN", exact=True).click()
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    await expect(page.get_by_role("button", name="Block")).to_be_visible()
    await expect(page.locator(".date").first).to_have_text("Today")
    assert await page.evaluate("document.documentElement.lang") == "en"
    await page.get_by_role("button", name="VI", exact=True).click()
    await expect(page.get_by_role("textbox", name="Tin nhắn")).to_be_visible()
    await expect(page.get_by_role("button", name="Chặn")).to_be_visible()
