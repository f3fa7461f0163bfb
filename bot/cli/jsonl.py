"""JSON lines in and out: one object a line, answered before the next is read."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import click

MAX_LINE = 64 * 1024 * 1024  # bytes
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of stdin: its object, or what is wrong with it."""

    number: int
    row: Mapping[str, Any]
    error: str = ""

    def refused(self, reason: str) -> Mapping[str, Any]:
        """The object that says why this line has no answer; the id goes with it where it could be read."""
        return {"id": self.row.get("id"), "line": self.number, "error": f"line {self.number}: {reason}"}


def read_lines() -> Iterator[Line]:
    """The lines of stdin; empty ones are skipped, a broken one comes with its error, and the rest goes on."""
    stdin = getattr(sys.stdin, "buffer", None)  # there is none when stdin is closed
    number = 0
    while stdin and (data := stdin.readline(MAX_LINE + 1)):
        number += 1
        if len(data) > MAX_LINE:
            _skip_rest(stdin, data)
            yield Line(number, {}, f"longer than {MAX_LINE // 1024 // 1024} MB")
        elif line := data.removeprefix(_BOM).strip():
            yield _read(number, line)


def print_line(value: Mapping[str, Any]) -> None:
    """One line of JSON, flushed."""
    try:
        line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):  # an id that JSON has no word for, or nested without end
        line = json.dumps({**value, "id": None}, ensure_ascii=False)
    click.echo(line)


def _read(number: int, line: bytes) -> Line:
    try:
        row = json.loads(line.decode("utf-8"), parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return Line(number, {}, f"no JSON: {error.msg.removesuffix(' at')} at character {error.pos + 1}")
    except UnicodeDecodeError as error:
        return Line(number, {}, f"not UTF-8 at byte {error.start + 1}")
    except (ValueError, RecursionError) as error:
        return Line(number, {}, f"no JSON: {error}")
    return Line(number, row) if isinstance(row, dict) else Line(number, {}, "not a JSON object")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")


def _skip_rest(stdin: BinaryIO, data: bytes) -> None:
    while data and not data.endswith(b"\n"):
        data = stdin.readline(MAX_LINE)
