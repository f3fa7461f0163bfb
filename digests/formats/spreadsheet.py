"""A table as a file: .csv and .xlsx. Cells are text, never formulas, whatever an article's headline begins with."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from feeds.text import storable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # OWASP, "CSV Injection"
_WIDEST = 50  # characters of a column
_LONGEST = 32_767  # characters of a cell: Excel's limit


def as_csv(table: Sequence[Sequence[str]]) -> bytes:
    """The table, its header first, with the mark by which Excel knows UTF-8."""
    text = StringIO(newline="")
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in table)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(table: Sequence[Sequence[str]], title: str) -> bytes:
    """The same as a workbook of one sheet; its header stays in sight and filters."""
    book = Workbook()
    sheet = book.active
    sheet.title = "".join(letter for letter in storable(title) if letter not in "[]:*?/\\")[:31] or "1"
    for number, row in enumerate(table, start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column, harmless(value))
            cell.data_type = "s"
            cell.font = Font(bold=number == 1)
    for column in range(1, len(table[0]) + 1 if table else 1):
        widest = max(len(row[column - 1]) for row in table)
        sheet.column_dimensions[get_column_letter(column)].width = min(widest, _WIDEST) + 2
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def harmless(cell: str) -> str:
    """The text of a cell with an apostrophe before what a spreadsheet would take for a formula."""
    text = storable(cell)[: _LONGEST - 1]
    return f"'{text}" if text.startswith(_FORMULA) else text
