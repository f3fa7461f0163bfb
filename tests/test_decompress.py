"""Compressed bodies: opened whole, and never beyond the limit."""

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.decompress import Body, BodyTooLargeError, CodingError

LIMIT = 200_000
TEXT = "".join(random.Random(7).choices("Chỉ thị số 09-CT/TW ", k=20_000)).encode()  # noqa: S311


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def two_members(data: bytes) -> bytes:
    return gzip.compress(data[:7000]) + gzip.compress(data[7000:])


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("", bytes),
    "identity": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "members": ("gzip", two_members),
    "padded": ("gzip", lambda data: gzip.compress(data) + b"\0" * 100),
    "no header": ("", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "gzip in br": ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
    "br in gzip": (" br ,gzip, identity", lambda data: gzip.compress(brotli.compress(data))),
    "gzip in gzip": ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
}


def opened(encoding: str, sent: bytes, size: int = 1000) -> bytes:
    body = Body(encoding, LIMIT)
    for start in range(0, len(sent), size):
        body.add(sent[start : start + size])
    return body.whole()


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("size", [2, 4096, 1_000_000])
def test_bodies_are_opened_in_pieces_of_any_size(name: str, size: int) -> None:
    encoding, pack = CODINGS[name]
    assert opened(encoding, pack(TEXT), size) == TEXT


@pytest.mark.parametrize("name", [name for name in CODINGS if name not in ("plain", "identity", "padded")])
def test_a_body_that_is_cut_off_is_an_error(name: str) -> None:
    encoding, pack = CODINGS[name]
    sent = pack(TEXT)
    for length in (len(sent) - 1, len(sent) // 2, 3):
        with pytest.raises(CodingError) as raised:
            opened(encoding, sent[:length])
        assert raised.value.retry


@pytest.mark.parametrize(
    ("encoding", "sent", "retry"),
    [
        ("gzip", TEXT, True),
        ("br", b"<rss>", True),
        ("br", brotli.compress(TEXT) + b"<rss>", True),
        ("deflate", b"\x78\x9c" + TEXT, True),
        ("gzip", b"", True),
        ("zstd", TEXT, False),
        ("gzip, gzip, gzip", gzip.compress(gzip.compress(gzip.compress(TEXT))), False),
        ("gzip", gzip.compress(b"a") * 1000, False),
    ],
    ids=["plain", "no br", "behind br", "no deflate", "nothing", "zstd", "three codings", "a thousand members"],
)
def test_what_is_not_in_its_coding(encoding: str, sent: bytes, retry: bool) -> None:
    with pytest.raises(CodingError) as raised:
        opened(encoding, sent)
    assert raised.value.retry is retry


BOMB = b" " * 10_000_000


@pytest.mark.parametrize("name", CODINGS)
def test_a_bomb_is_stopped_before_it_fills_the_memory(name: str) -> None:
    encoding, pack = CODINGS[name]
    sent = pack(BOMB)
    tracemalloc.start()
    with pytest.raises(BodyTooLargeError):
        opened(encoding, sent, 64 * 1024)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * LIMIT


def test_a_bomb_inside_is_counted_too() -> None:
    inside = raw_deflate(b"") + b"\0" * 10_000_000
    with pytest.raises(BodyTooLargeError):
        opened("deflate, br", brotli.compress(inside))


@pytest.mark.parametrize("name", ["plain", "gzip", "br"])
def test_the_limit_itself_is_allowed(name: str) -> None:
    encoding, pack = CODINGS[name]
    whole = TEXT * 10
    assert len(opened(encoding, pack(whole[:LIMIT]))) == LIMIT
    with pytest.raises(BodyTooLargeError):
        opened(encoding, pack(whole[: LIMIT + 1]))


@given(st.sampled_from(["", "gzip", "deflate", "br", "gzip, br"]), st.lists(st.binary(max_size=100), max_size=5))
def test_any_bytes_are_a_body_or_an_error_we_know(encoding: str, pieces: list[bytes]) -> None:
    body = Body(encoding, 50)
    try:
        for piece in pieces:
            body.add(piece)
        assert len(body.whole()) <= 50
    except (CodingError, BodyTooLargeError):
        pass
