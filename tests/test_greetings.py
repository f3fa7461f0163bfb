"""Greetings are answered, and nothing that could be looked up is taken for one."""

from pathlib import Path

import pytest

from bot.greetings import greeting_in
from test_bot import world


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("xin chào", "greeting"),
        ("Chào bot!", "greeting"),
        ("hello 👋", "greeting"),
        ("Hi bạn ơi", "greeting"),
        ("alo alo", "greeting"),
        ("bot làm được gì?", "greeting"),
        ("cảm ơn", "thanks"),
        ("Dạ em cảm ơn ạ", "thanks"),
        ("Thank you very much!!!", "thanks"),
        ("ok, cảm ơn bạn nhiều nhé", "thanks"),
        ("chao ban", "greeting"),
        ("xin chào cả nhà", "greeting"),
        ("Tro giup", "greeting"),
        ("Cám ơn", "thanks"),
        ("ca\u0309m o\u031bn ba\u0323n", "thanks"),
        ("chào bán", None),
        ("Chào bản", None),
        ("chào giá", None),
        ("chào hàng", None),
        ("chào mừng Đại hội XIV", None),
        ("chào bán cổ phiếu", None),
        ("cảm ơn đá", None),
        ("giúp nhà", None),
        ("", None),
        ("👍", None),
        ("bot", None),
        ("ban", None),
        ("ma túy", None),
        ("09-CT/TW", None),
        ("chào 09-CT/TW", None),
        ("chào cờ", None),
        ("thư cảm ơn của Bộ trưởng", None),
        ("lời chào của Công an Nghệ An", None),
        ("hướng dẫn thi hành Luật An ninh mạng", None),
        ("bye " * 14 + "x", None),
        ("a " * 29 + "x", None),
        ("xin chào " * 1000, None),
    ],
)
def test_only_what_is_nothing_but_a_greeting_is_one(text: str, kind: str | None) -> None:
    assert greeting_in(text) == kind


async def test_a_greeting_is_answered_with_what_the_bot_can_do(tmp_path: Path) -> None:
    async with world(tmp_path, read=False) as here:
        user = here.user()
        for text, answer in (
            ("xin chào", "Chào bạn!"),
            ("chào bot", "gửi số hiệu như 09-CT/TW"),
            ("cảm ơn", "Rất vui được giúp bạn."),
        ):
            await user.say(text)
            said = await user.wait_for(answer)
            assert "/trogiup" in said["text"]
        english = here.user(language_code="en")
        await english.say("hello")
        assert "/subscribe" in (await english.wait_for("Hello!"))["text"]
