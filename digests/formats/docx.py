"""A digest as a Word file "Điểm báo": the page of administrative documents, sources as a numbered list at the end.

Page, margins, typeface, sizes and spacing are those of decree 30/2020/NĐ-CP, annex I. Its national emblem, name of an
authority, number and signature are left out: a press review by software is no authority's document, and says so.
"""

from datetime import UTC
from io import BytesIO

from docx import Document
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from digests.sheet import Item, Report, Sheet, flat, lay_out
from digests.templates import macros
from digests.views import DigestView
from feeds.text import visible

_FONT = "Times New Roman"
_SIZE, _SMALL = Pt(14), Pt(12)
_BLACK = RGBColor(0, 0, 0)
_CENTRE, _JUSTIFIED = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY
_LOCALES = {"vi": "vi-VN", "en": "en-GB"}
_ROMAN = (("L", 50), ("XL", 40), ("X", 10), ("IX", 9), ("V", 5), ("IV", 4), ("I", 1))


def as_docx(view: DigestView) -> bytes:
    """The file. Sources are numbered in the order of the text, which refers to them as [n]."""
    sheet, words = lay_out(view), macros("words.html", view.language)
    document = _empty_page(_LOCALES[view.language])
    properties = document.core_properties
    properties.title, properties.author, properties.comments = flat(sheet.title), "Điểm Tin", ""
    properties.language = view.language
    properties.created = properties.modified = view.window_end.astimezone(UTC).replace(tzinfo=None)

    _line(document, str(words.press_review()).upper(), bold=True)
    _line(document, sheet.title, bold=True)
    if sheet.name:
        _line(document, sheet.name)
    if sheet.scope:
        _line(document, f"({sheet.scope})", italic=True)
    if sheet.empty:
        _body(document, sheet.empty)
    sources: list[Report] = []
    for number, part in enumerate(sheet.parts, start=1):
        if part.heading:
            document.add_heading(f"{_roman(number)}. {flat(part.heading).upper()}", 1)
        for item in part.items:
            _add_item(document, item, sources, view.language)
    _add_corrections(document, sheet, view.language)
    if sources:
        document.add_heading(str(words.sources()).upper(), 1)
    for number, source in enumerate(sources, start=1):
        paragraph = document.add_paragraph(f"[{number}] {flat(source.source)}: {flat(source.title)}. ")
        paragraph.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.LEFT
        if source.url:
            _add_link(paragraph, visible(source.url))
    for note in (sheet.held_back, sheet.coverage, str(words.made_by())):
        if note:
            _body(document, note).runs[0].font.size = _SMALL
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _add_item(document: Docx, item: Item, sources: list[Report], language: str) -> None:
    words = macros("words.html", language)
    sources.append(item.head)
    note = f" ({item.head.note})" if item.head.note else ""
    document.add_heading(f"{item.number}. {flat(item.head.title)}{note}", 2)
    _body(document, f"{item.summary} [{len(sources)}]")
    if item.others:  # they did not write this summary
        first = len(sources) + 1
        sources += item.others
        last = f"–[{len(sources)}]" if len(sources) > first else ""
        _body(document, f"{words.also_reported()} [{first}]{last}.")
    if item.documents:
        _body(document, f"{words.documents()} {'; '.join(map(str, item.documents))}.").runs[0].italic = True
    if item.continues:
        _body(document, f"{item.continues}.").runs[0].italic = True


def _add_corrections(document: Docx, sheet: Sheet, language: str) -> None:
    words = macros("words.html", language)
    if sheet.corrections:
        document.add_heading(str(words.correction_title()).upper(), 1)
    for one in sheet.corrections:
        _body(document, str(one.told))
        for line in (*one.lines, *one.reports):
            _body(document, f"- {line}")


def _empty_page(locale: str) -> Docx:
    document = Document()
    for language in document.styles.element.iter(qn("w:lang")):  # what spelling is checked by
        language.set(qn("w:val"), locale)
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin = page.bottom_margin = Mm(20)
    page.left_margin, page.right_margin = Mm(30), Mm(15)
    page.different_first_page_header_footer = True
    for name in ("Normal", "Heading 1", "Heading 2"):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = _FONT, _SIZE, _BLACK
        style.font.bold = name != "Normal"
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        for script in ("w:eastAsia", "w:cs", "w:hAnsi"):
            fonts.set(qn(script), _FONT)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(0), Pt(6)
        style.paragraph_format.line_spacing = 1.0
    _add_page_number(page.header.paragraphs[0])
    return document


def _line(document: Docx, text: str, *, bold: bool = False, italic: bool = False) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = _CENTRE
    run = paragraph.add_run(flat(text))
    run.bold, run.italic = bold, italic


def _body(document: Docx, text: str) -> Paragraph:
    paragraph = document.add_paragraph(flat(text))
    paragraph.alignment = _JUSTIFIED
    paragraph.paragraph_format.first_line_indent = Mm(10)
    return paragraph


def _add_link(paragraph: Paragraph, url: str) -> None:
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    link.append(paragraph.add_run(url)._r)
    paragraph._p.append(link)


def _add_page_number(paragraph: Paragraph) -> None:
    """In the middle of the upper margin, from the second page on."""
    paragraph.alignment = _CENTRE
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _roman(number: int) -> str:
    letters = ""
    for letter, value in _ROMAN:
        letters += letter * (number // value)
        number %= value
    return letters
