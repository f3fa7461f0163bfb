"""The demo's page speaks the language of its user: all its words are said through `words.js`."""

import re
from pathlib import Path

from bot.sandbox.chat_page import PAGE
from feeds.text import fold

_STRING = re.compile(r'"([^"\n]*)"|`([^`]*)`')
_WORDS = re.compile(r"[^\W\d_]{2,}")


def vietnamese(file: Path) -> set[str]:
    """What stands in quotation marks, or between tags, and has letters that only Vietnamese has."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".html":
        found = re.findall(
            r'(?:aria-label|placeholder|title)="([^"]*)"|>([^<>]+)<', re.sub(r"<title>.*</title>", "", text)
        )
    else:
        text = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
        text = re.sub(r"\$\{say\([^}]*\)\}", "", text)
        found = _STRING.findall(text)
    parts = {part.strip() for one in found for part in one}
    return {part for part in parts if fold(part) != part.lower() and _WORDS.search(part)}


def test_all_words_of_the_page_are_in_both_languages() -> None:
    told = (PAGE / "words.js").read_text(encoding="utf-8")
    known = set(re.findall(r'^  "([^"]+)":', told, flags=re.MULTILINE))
    files = [file for file in PAGE.iterdir() if file.suffix in (".js", ".html") and file.name != "words.js"]
    said = set[str]().union(*map(vietnamese, files)) - {"Tiếng Việt"}
    assert len(said) > 30
    assert said <= known, said - known


def test_nothing_is_said_past_the_list() -> None:
    """In the scripts every such string stands in a call of `say`, or is chosen in one."""
    for file in PAGE.glob("*.js"):
        for line in file.read_text(encoding="utf-8").splitlines():
            words = [one for one in re.findall(r'"([^"]*)"', line.partition("//")[0]) if fold(one) != one.lower()]
            assert not words or "say(" in line or file.name in ("words.js", "people.js"), line
