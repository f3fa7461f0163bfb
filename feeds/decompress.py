"""Content codings of HTTP bodies (RFC 9110 section 8.4), opened piece by piece with a bound on all that comes out."""

import zlib
from typing import Protocol

import brotli

MAX_CODINGS = 2
_MAX_MEMBERS = 64
_GZIP = 0x1F  # the first byte of a gzip member
_ZLIB = 8  # the low half of the first byte of a zlib stream


class CodingError(ValueError):
    """The body is not in the coding it names; `retry` says whether a later try may bring a whole one."""

    def __init__(self, message: str, *, retry: bool) -> None:
        super().__init__(message)
        self.retry = retry


class BodyTooLargeError(ValueError):
    """The body, or something packed inside it, passes the limit."""


class _Stream(Protocol):
    def open(self, data: bytes, limit: int) -> bytes:
        """What `data` adds. No more than about `limit` bytes; once that many came the rest may be missing."""

    def is_finished(self) -> bool: ...


class Body:
    """A body as it comes in, opened at once; it never holds much more than `limit` bytes of any of its forms.

    `content_encoding` is the header's value: up to two of gzip, deflate (zlib or raw, as servers take it) and br. A
    gzip file that is served without the header is opened too. Raises CodingError and BodyTooLargeError.
    """

    def __init__(self, content_encoding: str, limit: int) -> None:
        names = [name.strip().lower() for name in content_encoding.split(",")]
        names = [name for name in names if name not in ("", "identity")]
        if len(names) > MAX_CODINGS or any(name not in _STREAMS for name in names):
            raise CodingError(f"unknown Content-Encoding {content_encoding[:40]!r}", retry=False)
        self._streams = [_STREAMS[name]() for name in reversed(names)]
        self._limit = limit
        # Bytes so far: as sent, then behind each stream.
        self._sizes = [0] * (len(names) + 1)
        self._opened = bytearray()

    def add(self, data: bytes) -> None:
        if not self._streams and not self._opened and data.startswith(b"\x1f\x8b"):
            self._streams.append(_Inflate())
            self._sizes.append(0)
        self._count(0, data)
        for place, stream in enumerate(self._streams, 1):
            try:
                data = stream.open(data, self._limit + 1 - self._sizes[place])
            except (zlib.error, brotli.error) as error:
                raise CodingError("the compressed body is broken", retry=True) from error
            self._count(place, data)
        self._opened += data

    def _count(self, place: int, data: bytes) -> None:
        self._sizes[place] += len(data)
        if self._sizes[place] > self._limit:
            raise BodyTooLargeError

    def whole(self) -> bytes:
        """The opened body, once everything has come."""
        if not all(stream.is_finished() for stream in self._streams):
            raise CodingError("the compressed body is cut off", retry=True)
        return bytes(self._opened)


class _Inflate:
    """gzip of one or more members (RFC 1952), zlib (RFC 1950) or raw deflate (RFC 1951), told by the first byte."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None
        self._members = 0

    def open(self, data: bytes, limit: int) -> bytes:
        opened = b""
        while data and len(opened) < limit:
            if self._stream is None or (self._stream.eof and data[0] == _GZIP):
                self._stream = self._next_member(data[0])
            elif self._stream.eof:
                break  # padding behind the end
            opened += self._stream.decompress(data, limit - len(opened))
            data = self._stream.unused_data
        return opened

    def _next_member(self, first: int) -> "zlib._Decompress":
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise CodingError(f"more than {_MAX_MEMBERS} gzip members", retry=False)
        is_wrapped = first == _GZIP or first & 0x0F == _ZLIB
        return zlib.decompressobj(zlib.MAX_WBITS | 32 if is_wrapped else -zlib.MAX_WBITS)

    def is_finished(self) -> bool:
        return self._stream is not None and self._stream.eof


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def open(self, data: bytes, limit: int) -> bytes:
        opened: bytes = self._stream.process(data, output_buffer_limit=limit)
        return opened

    def is_finished(self) -> bool:
        return bool(self._stream.is_finished())


_STREAMS: dict[str, type[_Inflate] | type[_Brotli]] = {
    "gzip": _Inflate,
    "x-gzip": _Inflate,
    "deflate": _Inflate,
    "br": _Brotli,
}
