"""Files as people send them, and as those make them who mean harm."""

import io
import zipfile
import zlib
from collections.abc import Sequence

from docx import Document

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pdf(*objects: bytes) -> bytes:
    """A PDF file of these objects, the first of them its catalogue, numbered from 1."""
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%b%b" % (size, table, end)


def pdf_page(content: bytes, pages: bytes = b"<</Type/Pages/Kids[3 0 R]/Count 1>>") -> bytes:
    """A PDF file with one page that shows the stream `content`."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", pages, page, content, font)


def stream(data: bytes, filters: bytes = b"") -> bytes:
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (len(data), filters, data)


def printed(*lines: str) -> bytes:
    """A PDF page with these lines (ASCII)."""
    shown = b" T* ".join(b"(%b) Tj" % line.encode("ascii") for line in lines)
    return pdf_page(stream(b"BT /F1 12 Tf 14 TL 72 700 Td %b ET" % shown))


def inflating(megabytes: int) -> bytes:
    """A PDF page whose stream unpacks to so much."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"(a) Tj \n" * 131_072) for _ in range(megabytes)) + packer.flush()
    return pdf_page(stream(packed, b"/Filter/FlateDecode"))


def branching(depth: int) -> bytes:
    """A PDF whose tree of pages has two to the `depth` leaves in a few objects."""
    nodes = [b"<</Type/Pages/Kids[%d 0 R %d 0 R]/Count 9>>" % (n + 1, n + 1) for n in range(2, 2 + depth)]
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", *nodes, b"<</Type/Page/MediaBox[0 0 9 9]>>")


def docx(paragraphs: Sequence[str], cells: Sequence[str] = ()) -> bytes:
    document, file = Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if cells:
        row = document.add_table(1, len(cells)).rows[0]
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(file)
    return file.getvalue()


def docx_with(body: bytes) -> bytes:
    """A Word file with this instead of its text."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx([]))) as whole, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in whole.namelist():
            changed.writestr(name, body if name == "word/document.xml" else whole.read(name))
    return out.getvalue()


def lying(archive: bytes, name: bytes, size: int) -> bytes:
    """A zip archive that states `size` of the member `name`, in its directory and before it."""
    out = bytearray(archive)
    for magic, offset, to_name in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        at = out.find(magic)
        while at >= 0:
            if out[at + to_name : at + to_name + len(name)] == name:
                out[at + offset : at + offset + 4] = size.to_bytes(4, "little")
            at = out.find(magic, at + 4)
    return bytes(out)
