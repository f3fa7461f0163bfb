"""What a person reads: the same in both languages, plain, sober, and within Telegram's bounds."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from jinja2 import meta

from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.keyboards import MAX_BYTES
from bot.menus import (
    MAX_LABEL,
    ZONES,
    choose_menu,
    language_menu,
    new_menu,
    quiet_menu,
    settings_menu,
    zone_menu,
)
from bot.subscription_menus import (
    HOURS,
    amount_menu,
    day_menu,
    detail_menu,
    empty_menu,
    grouping_menu,
    outlet_menu,
    own_zone_menu,
    pause_menu,
    place_menu,
    remove_menu,
    sound_menu,
    subscription_menu,
    topic_menu,
    undo_row,
    when_menu,
    word_menu,
)
from bot.targets import aimed
from bot.texts import TEXTS
from conftest import NOW
from digests.choices import MAX_MINUTES, MAX_NAME, MAX_OUTLET
from digests.models import Chat, Subscription
from digests.schedule import CADENCES
from digests.subscribers import Reader
from digests.templates import LANGUAGES, TEMPLATES, _environment
from digests.words import MAX_LENGTH, MAX_WORDS

TOAST = 200  # characters that answerCallbackQuery takes
GLYPHS = "▎✓✕↻‹›•·–…↩"
"""Of pictures, arrows and shapes, all that a text of ours may have."""
PICTURE = re.compile("[\u2190-\u2bff\u2e3a\u3030\ufe0f\U0001f000-\U0001faff]")
CAPITALS = re.compile(r"\b[A-ZĐÀ-Ỹ]{3,}\b")
ABBREVIATIONS = {"HTTP", "OPML", "RSS", "UTC"}
PLACEHOLDERS = {"ADDRESS", "REASON"}
"""What a person puts something else for, in a description of a command."""
ENGLISH = {
    "the", "and", "you", "your", "are", "for", "with", "this", "that", "was", "were", "not", "from", "have", "has",
    "will", "what", "which", "when", "where", "who", "why", "or", "if", "all", "more", "document", "documents",
    "article", "articles", "briefing", "news", "hour", "hours", "send", "settings",
}  # fmt: skip
VIETNAMESE = re.compile(r"[^\W\d_]*[ăâđêơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ][^\W\d_]*", re.I)
NAMES = {"Điểm", "Nghệ"}
"""Vietnamese words that are names in English too."""
QUOTED = re.compile("“[^”]*”")
PAGES = sorted({path.name for path in (TEMPLATES / "vi").iterdir()})
EVERYWHERE = sorted(path for path in TEMPLATES.rglob("*.html"))


def visible(source: str) -> str:
    """What a template says itself: without its code, but with the words that stand in it, markup and examples."""
    source = re.sub(r"{#.*?#}", "", source, flags=re.DOTALL)
    words = re.findall(r'(?:": |else )"([^"{}]*)"', source)
    source = re.sub(r"{%.*?%}|{{.*?}}", " ", source, flags=re.DOTALL)
    source = re.sub(r"<style>.*?</style>|<code>.*?</code>", " ", source, flags=re.DOTALL)
    return "\n".join((re.sub(r"<[^>]*>|/\w+|https?://\S+|&\w+;", " ", source), *words))


def said(language: str) -> Iterator[tuple[str, str]]:
    """(where it stands, the text) of all that is written in a language."""
    for name in PAGES:
        yield name, visible((TEMPLATES / language / name).read_text("utf-8"))
    for key, texts in TEXTS.items():
        yield key, texts[language]
    for command in (*COMMANDS, *ADMIN_COMMANDS):
        yield f"/{command.name}", command.description(language)


@pytest.mark.parametrize("name", PAGES)
def test_a_template_asks_for_the_same_in_both_languages(name: str) -> None:
    sources = [(TEMPLATES / language / name).read_text("utf-8") for language in LANGUAGES]
    asked = [meta.find_undeclared_variables(_environment().parse(source)) for source in sources]
    assert asked[0] == asked[1]
    macros = [re.findall(r"{% macro (\w+\([^)]*\))", source) for source in sources]
    assert macros[0] == macros[1]
    tables = [[re.findall(r'"(\w+)": ', line) for line in re.findall(r"{% set \w+ = {(.*?)} %}", s)] for s in sources]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_no_rain_of_pictures(language: str) -> None:
    for where, text in said(language):
        for line in text.splitlines():
            pictures = PICTURE.findall(line)
            assert set(pictures) <= set(GLYPHS), where
            assert len(pictures) <= 1, where
    shared = [path for path in EVERYWHERE if path.parent == TEMPLATES]
    assert {glyph for path in shared for glyph in PICTURE.findall(path.read_text("utf-8"))} <= set(GLYPHS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_not_shouted(language: str) -> None:
    shouted = {(where, word) for where, text in said(language) for word in CAPITALS.findall(text)}
    assert {word for _, word in shouted} <= ABBREVIATIONS | PLACEHOLDERS, shouted


def test_dates_are_written_as_people_here_write_them() -> None:
    for path in EVERYWHERE:
        source = path.read_text("utf-8")
        forms = set(re.findall(r'strftime\("([^"]*)"\)', source))
        assert forms <= {"%H:%M %d/%m/%Y", "%d/%m/%Y", "%d/%m", "%H:%M"}, path
        assert "isoformat" not in source, path
        assert not re.search(r"\b\d{4}-\d\d-\d\d\b", source), path
    assert not [key for key, texts in TEXTS.items() for t in texts.values() if re.search(r"\d{4}-\d\d-\d\d", t)]


def test_vietnamese_texts_have_no_english_words() -> None:
    found = {(where, word) for where, text in said("vi") for word in re.findall(r"\b[a-z]+\b", text.lower())}
    assert [(where, word) for where, word in sorted(found) if word in ENGLISH] == []


def test_english_texts_have_vietnamese_words_only_as_examples() -> None:
    found = []
    for where, text in said("en"):
        is_example = where.endswith("_placeholder") or where.startswith("/") or where == "search_words.html"
        if not is_example:
            found += [(where, word) for word in VIETNAMESE.findall(QUOTED.sub("", text)) if word not in NAMES]
    languages_of_their_own = [("language.html", "Tiếng"), ("language.html", "Việt")]
    assert [one for one in found if one not in languages_of_their_own] == []


def test_toasts_and_labels_are_short() -> None:
    long = {"bot_description"}
    assert {key for key, texts in TEXTS.items() if max(map(len, texts.values())) > TOAST} <= long


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_choices_fit_their_buttons(language: str) -> None:
    words = [f"{number:02} {'ữ' * MAX_LENGTH}"[:MAX_LENGTH] for number in range(MAX_WORDS)]
    outlets = [f"{number:02} {'Ữ' * MAX_OUTLET}"[:MAX_OUTLET] for number in range(20)]
    zone = max(ZONES, key=len)
    chat = Chat(id=-1009999999999, created_at=NOW, language=language, timezone=zone, kind="channel")
    shown = []
    for cadence in CADENCES:
        one = Subscription(
            chat_id=chat.id, next_due_at=None, cadence=cadence, minutes=[*range(0, 24 * 60, 60)][:MAX_MINUTES],
            weekdays=[*range(7)], timezone=zone, name="Ữ" * MAX_NAME, any_words=words, no_words=words, all_words=words,
            outlets=outlets, enabled=False,
        )  # fmt: skip
        one.id = 999_999_999
        reader = Reader(chat, (one,))
        shown += [
            settings_menu(reader, NOW), new_menu(reader), language_menu(language), zone_menu(reader),
            quiet_menu(reader), choose_menu(reader, NOW, "filter"), subscription_menu(one, language, NOW),
            day_menu(one, language), topic_menu(one, language), word_menu(one, language), amount_menu(one, language),
            grouping_menu(one, language), empty_menu(one, language), detail_menu(one, language),
            sound_menu(one, language), own_zone_menu(one, language), remove_menu(one, language),
            pause_menu(one, language, NOW.date()), (undo_row(one, language),),
            *(when_menu(one, language, past) for past in (0, 45)),
            *(place_menu(one, language, page) for page in range(4)),
            *(outlet_menu(one, language, page, outlets) for page in range(3)),
        ]  # fmt: skip
    buttons = [button for menu in shown for row in menu for button in row]
    assert len(buttons) > 500
    assert [label for label, _ in buttons if not 0 < len(label) <= MAX_LABEL] == []
    assert [action for _, action in buttons if len(aimed(action, chat.id).encode()) > MAX_BYTES] == []


def test_hours_on_offer_are_hours_of_a_day_each_once() -> None:
    assert set(Counter(HOURS).values()) == {1}
    assert set(HOURS) <= set(range(24))
