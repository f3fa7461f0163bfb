"""Wiring: a PTB application with our handlers and services, and the process that runs the chosen roles."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, cast

import structlog
from telegram import Update
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, ContextTypes, Defaults, ExtBot

from bot.api.server import serving_api
from bot.clock import now
from bot.context import Context, Services
from bot.handlers import (
    acts,
    addfeed,
    answers,
    ask,
    bans,
    broadcast,
    calendar,
    channels,
    digest,
    directive,
    draft,
    errors,
    export,
    feeds,
    follow,
    following,
    gate,
    groups,
    implementation,
    info,
    inline,
    membership,
    more,
    opml,
    preview,
    privacy,
    report,
    review,
    saved,
    search,
    settings,
    start,
    stats,
    subscription,
    timeline,
    trends,
    typed,
    why,
)
from bot.intake import UpdatesRequest
from bot.jobs import STOP_WITHIN, Jobs
from bot.limits import Limits, NoLimits
from bot.metrics import Metrics
from bot.monitor import monitored
from bot.pace import PER_SECOND, Pace
from bot.profile import publish_chat_commands, publish_profile
from bot.request import AiohttpRequest
from bot.sender import TelegramSender
from bot.settings import Settings
from bot.shares import share_of
from bot.updates import ByChat
from bot.webhook import WebhookError, receiving
from bot.webhook_health import webhook_troubles
from digests.subscribers import find_reader
from feeds.database import Database
from feeds.fetch import Fetcher
from feeds.following import sync_sources
from feeds.pages import PAGE_PACE
from feeds.sources import Source, load_sources
from feeds.update import UpdateReport

log = structlog.get_logger()

BotApplication = Application[ExtBot[float], Context, dict[Any, Any], dict[Any, Any], Services, None]
UPDATE_KINDS = [Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER, Update.INLINE_QUERY]
LONG_POLL = 30  # seconds
CONNECT_PAUSE = 5.0  # seconds between two attempts to reach the Bot API at start


class Role(StrEnum):
    """What one process does; by default all of it."""

    POLL = "poll"
    SERVE = "serve"
    DELIVER = "deliver"
    API = "api"
    """Only where API_PORT is set."""


class StartError(Exception):
    """The bot cannot start; the message says why and what to do."""


@dataclass(slots=True)
class Running:
    """A bot at work, for whoever steers it (the demo, tests)."""

    services: Services
    jobs: Jobs
    fetcher: Fetcher | None
    sender: TelegramSender | None

    async def poll_now(self) -> UpdateReport | None:
        """A round over all feeds and the pages they want, without waiting for the tick."""
        if self.fetcher is None:
            return None
        shortest = timedelta(minutes=self.services.settings.poll_minutes)
        report = await self.jobs.poll(self.fetcher, shortest, only_due=False)
        await self.jobs.read_pages(self.fetcher)
        return report

    async def deliver_now(self) -> int:
        """Sends what is due, without waiting for the tick; returns the parts sent."""
        return await self.jobs.deliver(self.sender) if self.sender else 0


def build_application(services: Services, pace: Pace) -> BotApplication:
    """PTB's application with our handlers, sending at this pace; the token must be set."""
    token = services.settings.telegram_token
    if token is None:
        raise StartError("TELEGRAM_TOKEN is not set. Get a token from @BotFather and put it into .env (see README.md).")
    base = services.settings.telegram_api_url
    application: BotApplication = (
        Application.builder()
        .token(token.get_secret_value())
        .base_url(f"{base}/bot")
        .base_file_url(f"{base}/file/bot")
        .request(AiohttpRequest())
        .get_updates_request(UpdatesRequest(connections=1, read_timeout=LONG_POLL + 10))
        # PTB calls what it is given for `bot_data`: here that hands over the services that exist.
        .context_types(ContextTypes(context=Context, bot_data=cast("type[Services]", lambda: services)))
        .rate_limiter(pace)
        .defaults(Defaults(allow_sending_without_reply=True))  # what is answered to may be deleted by now
        .job_queue(None)
        .concurrent_updates(ByChat(partial(gate.may_use, services)))
        .build()
    )
    application.add_handlers(gate.handlers(), group=gate.GROUP)
    for module in (
        membership, channels, start, answers, why, feeds, addfeed, opml, bans, broadcast, acts, review, stats,
        privacy, follow, following, saved, timeline, implementation, calendar, trends, inline, ask, search,
        draft, directive, digest, more, export, preview, settings, subscription, typed, report, groups, info,
    ):  # fmt: skip
        application.add_handlers(module.handlers())
    application.add_error_handler(errors.report)
    return application


@asynccontextmanager
async def running(
    settings: Settings,
    roles: Collection[Role],
    *,
    clock: Callable[[], datetime] = now,
    sources: Collection[Source] | None = None,
    offline: bool = False,
) -> AsyncIterator[Running]:
    """The bot with these roles while the `async with` lasts; at its end everything under way is finished first.

    `sources` replaces the sources file; `offline` reaches no feed or page but `FETCH_ALLOW_PRIVATE`, and talks to a
    stand-in of Telegram, where a chat has no limits.
    Raises `StartError`, `SourcesError` or `DatabaseError` with a clear message.
    """
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url)
        stack.callback(database.close)
        await asyncio.to_thread(database.migrate)
        wanted = load_sources(settings.sources_file) if sources is None else sources
        await asyncio.to_thread(_sync, database, wanted, clock())
        metrics = Metrics(roles)
        # Offline there is nobody to be polite to.
        jobs = Jobs(database, clock, page_pace=0.0 if offline else PAGE_PACE, open_to=settings.open_to, metrics=metrics)
        new_fetcher = partial(
            Fetcher, allow_private=settings.fetch_allow_private, contact=settings.fetch_contact, offline=offline
        )
        services = Services(
            settings,
            database,
            clock,
            wake_delivery=jobs.wake_delivery,
            new_fetcher=new_fetcher,
            limits=NoLimits() if offline else Limits(),
        )
        bot = Running(services, jobs, None, None)
        if settings.metrics_port:
            metrics.tell_stored(database, clock, settings.open_to)
            address = settings.metrics_host, settings.metrics_port
            try:
                watched = monitored(metrics.registry, database, *address, lambda: jobs.is_running)
                await stack.enter_async_context(watched)
            except OSError as error:
                raise StartError(f"METRICS_PORT {address[1]} cannot be listened on: {error.strerror}") from error
        if Role.API in roles:
            try:
                await stack.enter_async_context(_open_api(services, needed=len(set(roles)) == 1))
            except OSError as error:
                raise StartError(f"API_PORT {settings.api_port} cannot be listened on: {error.strerror}") from error
        if Role.POLL in roles:
            bot.fetcher = await stack.enter_async_context(services.new_fetcher())
            jobs.add_polling(bot.fetcher, timedelta(minutes=settings.poll_minutes))
            if settings.keep_full_text_days:
                jobs.add_retention(timedelta(days=settings.keep_full_text_days))
        pace = Pace(chat_limits=not offline)
        if {Role.SERVE, Role.DELIVER} & set(roles):
            application = await stack.enter_async_context(_connected(services, pace))
            if database.is_sqlite:
                serves, delivers = Role.SERVE in roles, Role.DELIVER in roles
                pace.limit(PER_SECOND if offline else share_of(serves=serves, delivers=delivers, serving=1))
            else:
                stack.callback(jobs.add_shares(pace, serves=Role.SERVE in roles).close)
            if Role.DELIVER in roles:
                bot.sender = TelegramSender(application.bot)
                jobs.add_delivery(bot.sender)
                # Offline the clock may jump over days.
                ask = partial(webhook_troubles, application.bot, clock) if settings.webhook_url else None
                jobs.add_warnings(
                    bot.sender,
                    settings.admin_ids,
                    settings.default_timezone,
                    unusual_days=not offline,
                    look_elsewhere=ask,
                )
            if Role.SERVE in roles:
                for worker in (services.asker, services.artist):
                    stack.push_async_callback(worker.stop)
                    jobs.add_answering(worker)
                await stack.enter_async_context(_serving(application, services))
        stack.push_async_callback(jobs.stop)
        stack.callback(pace.put_off)  # first: only what was sent is worth waiting for
        jobs.start()
        yield bot


async def run(settings: Settings, roles: Collection[Role]) -> None:
    """Runs until SIGTERM or SIGINT, then stops in order: no new updates, work under way finished, all recorded."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # The start may wait for the Bot API for as long as it takes: only a signal then ends it.
    start: asyncio.Task[None] | None = asyncio.current_task()

    def end() -> None:
        if start and not stop.is_set():
            start.cancel()
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, end)
    try:
        async with running(settings, roles):
            start = None
            gc.collect()
            gc.freeze()  # what is loaded stays: 230,000 objects, for which a full collection stops all for 35 to 110 ms
            log.info("ready", roles=",".join(sorted(roles)))
            await stop.wait()
            log.info("stopping")
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    log.info("stopped")


@asynccontextmanager
async def _open_api(services: Services, *, needed: bool) -> AsyncIterator[None]:
    """The HTTP API, where API_PORT is set; it is an error if that is not, for a process with nothing else to do."""
    host, port = services.settings.api_host, services.settings.api_port
    if port is None:
        if needed:
            raise StartError("API_PORT is not set: say on which port the API is to answer.")
        yield
        return
    async with serving_api(services, host, port) as address:
        log.info("the API answers", address=address, open=not services.settings.api_secrets)
        yield


@asynccontextmanager
async def _connected(services: Services, pace: Pace) -> AsyncIterator[BotApplication]:
    """An application that has spoken to the Bot API; while that cannot be reached it is tried again."""
    application = build_application(services, pace)
    try:
        while True:
            try:
                await application.initialize()
                break
            except InvalidToken as error:
                raise StartError(
                    "Telegram refuses TELEGRAM_TOKEN: check it, or ask @BotFather for a new one."
                ) from error
            except NetworkError as error:
                log.warning("the Bot API cannot be reached, trying again", error=str(error))
                await asyncio.sleep(CONNECT_PAUSE)
        yield application
    finally:
        await application.shutdown()
        await application.bot.shutdown()  # closes the connections of a start that did not get through


@asynccontextmanager
async def _serving(application: BotApplication, services: Services) -> AsyncIterator[None]:
    """Takes updates while the `async with` lasts; those already taken get `STOP_WITHIN` at its end."""
    try:
        await publish_profile(application.bot)
        for admin in services.settings.admin_ids:
            if reader := await services.read(find_reader, admin):  # of a stranger the Bot API knows no chat
                await publish_chat_commands(application.bot, reader.chat, reader.language, is_admin=True)
    except TelegramError as error:  # cosmetic: the bot works without
        log.warning("command lists and descriptions were not published", error=str(error))
    await application.start()
    try:
        async with _taking_updates(application, services.settings):
            yield
    finally:
        try:
            async with asyncio.timeout(STOP_WITHIN):
                await application.stop()
        except TimeoutError:  # of answers that wait for their turns
            log.warning("updates are left without an answer")


@asynccontextmanager
async def _taking_updates(application: BotApplication, settings: Settings) -> AsyncIterator[None]:
    """Telegram brings them to the webhook, or is asked for them where there is none."""

    def answer(update: Update) -> asyncio.Task[None]:
        answered = application.update_processor.process_update(update, application.process_update(update))
        return application.create_task(answered, update)

    if settings.webhook_url:
        try:
            async with receiving(application.bot, answer, settings, UPDATE_KINDS):
                yield
        except WebhookError as error:
            raise StartError(str(error)) from error
        return
    updater = application.updater
    if updater is None:
        raise StartError("the application was built without an updater")
    await updater.start_polling(
        timeout=LONG_POLL, allowed_updates=UPDATE_KINDS, error_callback=_polling_failed, drop_pending_updates=False
    )
    try:
        yield
    finally:
        await updater.stop()


def _polling_failed(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        log.error("another process takes this bot's updates: run `serve` once per token")
    else:
        log.warning("updates cannot be taken, trying again", error=str(error))


def _sync(database: Database, sources: Collection[Source], moment: datetime) -> None:
    with database.session() as session:
        sync_sources(session, sources, moment)
