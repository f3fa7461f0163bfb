"""The sandbox's HTML parser against Telegram's rules: tables and laws."""

import html
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.sandbox.entities import utf16_length
from bot.sandbox.formatting import parse_html
from bot.sandbox.message_text import message_text, typed_text
from bot.sandbox.refusal import Refusal


def entities(markup: str) -> list[tuple[Any, ...]]:
    formatted = message_text({"text": markup, "parse_mode": "HTML"})
    common = ("type", "offset", "length")
    return [
        (*(entity[name] for name in common), *(value for key, value in entity.items() if key not in common))
        for entity in formatted.entities
    ]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<b>x</b>", [("bold", 0, 1)]),
        ("<strong>x</strong><em>y</em>", [("bold", 0, 1), ("italic", 1, 1)]),
        ("<B>x</b>", [("bold", 0, 1)]),
        ("<b>x</>", [("bold", 0, 1)]),  # an unnamed end tag closes the last one
        ("<u>x</u><ins>y</ins>", [("underline", 0, 1), ("underline", 1, 1)]),
        ("<strike>x</strike><del>y</del>", [("strikethrough", 0, 1), ("strikethrough", 1, 1)]),
        ('<span class="tg-spoiler">x</span> <tg-spoiler>y</tg-spoiler>', [("spoiler", 0, 1), ("spoiler", 2, 1)]),
        ("😀<b>Đ😀</b>", [("bold", 2, 3)]),
        ("<i>a<b>b</b></i>", [("italic", 0, 2), ("bold", 1, 1)]),
        ("<code>x</code>", [("code", 0, 1)]),
        ('<code class="language-py">x</code>', [("code", 0, 1)]),
        ("<pre>x</pre>", [("pre", 0, 1)]),
        ('<pre><code class="language-py">x</code></pre>', [("pre", 0, 1, "py")]),
        ('<code class="language-py"><pre>x</pre></code>', [("pre", 0, 1, "py")]),
        ("<b>a<code>b</code>c</b>", [("bold", 0, 1), ("code", 1, 1), ("bold", 2, 1)]),
        ("<blockquote>x</blockquote>", [("blockquote", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", [("expandable_blockquote", 0, 1)]),
        ('<blockquote expandable="">x</blockquote>', [("expandable_blockquote", 0, 1)]),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", [("blockquote", 0, 2)]),
        ('<a href="https://VTV.vn">x</a>', [("text_link", 0, 1, "https://vtv.vn/")]),
        ("<a href='vtv.vn/a?b=1&amp;c=2#d'>x</a>", [("text_link", 0, 1, "http://vtv.vn/a?b=1&c=2#d")]),
        ("<a>vtv.vn</a>", [("text_link", 0, 6, "http://vtv.vn/")]),
        ('<a href="tg://resolve?domain=x">x</a>', [("text_link", 0, 1, "tg://resolve?domain=x")]),
        ('<a href="javascript:alert(1)">x</a>', []),
        ('<a href="x">x</a>', []),
        ('<a href="tg://user?id=5">x</a>', [("text_mention", 0, 1, {"id": 5, "is_bot": False, "first_name": ""})]),
        ('<tg-emoji emoji-id="5">👍</tg-emoji>', []),
        ('<tg-time unix="5">x</tg-time>', [("date_time", 0, 1, 5)]),
        ("<b> </b>x", []),
        ("  <b>x</b>  ", [("bold", 0, 1)]),
        ("<b>  x  </b>", [("bold", 0, 3)]),
        ("<b></b>x", []),
        ("xem https://vtv.vn/a.html. #CT09TW /start", [("url", 4, 21), ("hashtag", 27, 7), ("bot_command", 35, 6)]),
        ("<code>/start</code> 09/CT @diem_tin_bot", [("code", 0, 6), ("mention", 13, 13)]),
    ],
)  # fmt: skip
def test_entities(markup: str, expected: list[tuple[Any, ...]]) -> None:
    assert entities(markup) == expected


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("&lt;&gt;&amp;&quot;&#39;&#x27;", "<>&\"''"),
        ("&lt&amp", "<&"),
        ("&nbsp;&euro;&LT;&#0;&#;&#x110000;&", "&nbsp;&euro;&LT;&#0;&#;&#x110000;&"),
        ("a\r\nb\tc\0d", "a\nb c d"),
        ("x > y", "x > y"),
    ],
)
def test_text(markup: str, text: str) -> None:
    assert message_text({"text": markup, "parse_mode": "HTML"}).text == text


def test_the_first_hundred_entities_stay() -> None:
    assert len(entities("<b>x</b> " * 150)) == 100


def test_commands_of_users() -> None:
    assert typed_text("/directive 09-CT/TW").entities == [{"type": "bot_command", "offset": 0, "length": 10}]
    assert typed_text("/start@diem_tin_bot d_1").entities == [{"type": "bot_command", "offset": 0, "length": 19}]
    assert typed_text("và/hoặc 08-NQ/TU").entities == []


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("<b>&amp;")
def test_escaped_text_comes_back(text: str) -> None:
    assert parse_html(html.escape(text)).text == text


PIECES = [
    *(
        "<",
        ">",
        "</",
        "b",
        "i>",
        "<a href=",
        '"',
        "'",
        "=",
        " ",
        "&",
        "&lt",
        ";",
        "&#",
        "x41",
        "<pre>",
        "<code ",
        "</b>",
    ),
    *(
        "class",
        "language-x",
        "😀",
        "Đ",
        "\0",
        "\n",
        "<b>",
        "</>",
        "tg-",
        "span",
        "<blockquote expandable",
        "https://x.vn",
    ),
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_any_markup_parses_or_is_refused(markup: str) -> None:
    try:
        formatted = message_text({"text": markup.encode(errors="replace").decode(), "parse_mode": "HTML"})
    except Refusal:
        return
    size = utf16_length(formatted.text)
    for entity in formatted.entities:
        assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= size
