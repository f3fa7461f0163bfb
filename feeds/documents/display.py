"""How a document is named to a person: keys are for matching ("L:An ninh mạng"), people read names."""

from feeds.documents.kinds import type_name
from feeds.documents.number import parse
from feeds.documents.wish import Wish
from feeds.places import place_label

_WORDS = {
    "vi": {
        "draft": "Dự thảo {}",
        "plenum": "Nghị quyết Trung ương {}",
        "congress": "Nghị quyết Đại hội {}",
        "term": " (khóa {})",
        "year": " (năm {})",
        "day": "ngày {}",
        "in": "năm {}",
    },
    "en": {
        "draft": "Draft {}",
        "plenum": "Resolution of plenum {}",
        "congress": "Resolution of Congress {}",
        "term": " (term {})",
        "year": " ({})",
        "day": "of {}",
        "in": "of {}",
    },
}


def document_name(identity: str, lang: str = "vi") -> str:
    """The name of a key or an id: "09-CT/TW#XI" -> "09-CT/TW (khóa XI)", "L:An ninh mạng" -> "Luật An ninh mạng".

    "08-NQ/TU@Bến Tre" -> "08-NQ/TU (Bến Tre)"; "14/CT-TTg#2021" -> "14/CT-TTg (năm 2021)", as its number has no
    year. Unknown parts ("13/?/NĐ-CP") are shown as "…"; what is no key is shown as it is.
    """
    key, _, term = identity.partition("#")
    number = parse(key)
    words = _WORDS[lang]
    if number is None:
        kind, _, place = key.removeprefix("draft:").partition("@")
        draft = words["draft"].format(type_name(kind, lang)) + (f" ({place_label(place, lang)})" if place else "")
        return draft if key.startswith("draft:") else key
    match number.shape:
        case "plenum":
            name, term = words["plenum"].format(number.number), number.term or ""
        case "congress":
            name, term = words["congress"].format(number.number), ""
        case "scheme":
            name = f"{type_name('ĐA', lang)} {number.number}"
        case "named":
            name = f"{type_name(number.type, lang)} {number.number}" + (f" {number.year}" if number.year else "")
        case "constitution":
            name = f"{type_name('HP', lang)} {number.year}"
        case _:
            name = str(number).partition("@")[0]
    name = name.replace("?", "…")
    if number.place:
        name += f" ({place_label(number.place, lang)})"
    if term.isdecimal() and len(term) == 4:
        return name if number.year else name + words["year"].format(term)
    return name + (words["term"].format(term) if term not in ("", "?") else "")


def wish_name(wish: Wish, lang: str = "vi") -> str:
    """The name of what was asked for, with all that was said: "05-CT/TW (khóa XI), ngày 05/06/2018, Bộ Chính trị"."""
    parts = [document_name(f"{wish.key}#{wish.term or '?'}", lang)]
    if wish.date:
        word = "day" if len(wish.date) == 10 else "in"
        parts.append(_WORDS[lang][word].format("/".join(reversed(wish.date.split("-")))))
    if wish.issuer:
        parts.append(wish.issuer[0].upper() + wish.issuer[1:])
    return ", ".join(parts)
