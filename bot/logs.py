"""Logs on stderr: structlog for us and for the libraries, as text or JSON, with secrets masked."""

import logging
import re
import sys

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from structlog.typing import EventDict, Processor, WrappedLogger

from feeds.sources import without_query

_SECRETS = (
    # A Bot API token anywhere: in addresses, errors, traces; in the path of an API address whatever its length.
    (re.compile(r"(?<!\d)(?:\d{3,}:[A-Za-z0-9_-]{20,}|\d{8,}:[A-Za-z0-9_-]+)"), "***"),
    (re.compile(r"/bot\d+(?::|%3[Aa])[^/\s\"']+"), "/bot***"),
    # A password before the host. That of a database may hold any character: all up to the last @ goes.
    (re.compile(r"((?:postgres|sqlite|mysql)\w*(?:\+\w+)?://[^:/\s\"']*:)[^\s\"']*@", re.I), r"\1***@"),
    (re.compile(r"(://[^:/\s@\"']*:)[^/\s\"']*@"), r"\1***@"),
    (re.compile(r"\b(password=)[^\s&\"']+", re.I), r"\1***"),
)
# Libraries that log each request or tick.
_CHATTY = ("httpx", "httpcore", "apscheduler", "telegram", "trafilatura", "htmldate", "alembic", "asyncio")


def set_up_logs(level: str, form: str) -> None:
    """Sends all logs to stderr at `level`, as "text" or "json"."""
    shared: list[Processor] = [
        # Whoever works on an article or a digest binds its id: all lines about it can be found by that.
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _masked(_renderer(form))],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.getLogger("aiohttp.server").addFilter(_is_ours)
    # A tick that finds its round still under way is skipped by design, not worth a warning.
    logging.getLogger("apscheduler.executors").setLevel(logging.ERROR)
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)


def mask_secrets(text: str) -> str:
    """`text` without bot tokens, passwords and query strings."""
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return without_query(text)


def _is_ours(record: logging.LogRecord) -> bool:
    """Not what a client sends that is no HTTP: anybody could fill the log with it, and it may hold a token."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def _renderer(form: str) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr is not None and sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _masked(renderer: Processor) -> Processor:
    """The finished line is masked, so that nothing gets round it: values, objects, traces, records of libraries."""

    def render(logger: WrappedLogger, name: str, event: EventDict) -> str:
        return mask_secrets(str(renderer(logger, name, event)))

    return render
