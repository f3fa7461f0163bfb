"""Settings from the environment or `.env`, all checked at once at start."""

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_HOST_PORT = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\]|[0-9a-fA-F]*:[0-9a-fA-F:.]+):(\d{1,5})")
_CONTACT = re.compile(r"(?:https?://|[!-'*-~]+@)[!-'*-~]{1,200}")  # printable, nothing that ends a header
_API_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,40}:[A-Za-z0-9_-]{24,200}")
_DATABASES = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg", "postgres")
_SECRET = ("telegram_token", "database_url", "webhook_secret", "api_tokens")
_MAX_SECRET = 20_000  # bytes of a file with one
_IN_OUR_WORDS = {"int_parsing": "is no whole number", "int_from_float": "is no whole number"}


def _pieces(value: str) -> list[str]:
    return [piece.strip() for piece in value.split(",") if piece.strip()]


def _split(value: object) -> object:
    return _pieces(value) if isinstance(value, str) else value


def _api_secrets(tokens: SecretStr | None) -> dict[str, str]:
    pairs = [] if tokens is None else _pieces(tokens.get_secret_value())
    return {name: secret for name, _, secret in (pair.partition(":") for pair in pairs)}


def _host_and_port(value: str) -> str:
    match = _HOST_PORT.fullmatch(value)
    if not match or not 1 <= int(match[1]) <= 65535:
        raise ValueError("is not host:port")
    return re.sub(r"[\[\]]", "", value).lower()  # IPv6 as the guard writes it


def _person(value: int) -> int:
    if value <= 0:
        raise ValueError("has a number that is not a person's: in a group everybody would be an admin")
    return value


class SettingsError(Exception):
    """Some settings are wrong; `problems` names each with the reason, and shows no secret."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("these settings are wrong:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = tuple(problems)


class _SecretFiles(PydanticBaseSettingsSource):
    """Secrets out of files, as containers and systemd hand them over: TELEGRAM_TOKEN_FILE names the token's file.

    A variable of the secret itself wins.
    """

    def __init__(self, settings: type[BaseSettings], variables: Mapping[str, str | None]) -> None:
        super().__init__(settings)
        self._paths = {name: path for name in _SECRET if (path := variables.get(f"{name}_file"))}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str, str, bool]:
        with Path(self._paths[field_name]).open(encoding="utf-8") as file:
            return file.read(_MAX_SECRET), field_name, False

    def __call__(self) -> dict[str, str]:
        found, problems = {}, []
        for name, path in self._paths.items():
            try:
                found[name] = self.get_field_value(self.settings_cls.model_fields[name], name)[0]
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) else "is no text"
                problems.append(f"{name.upper()}_FILE: {path}: {why}; write it like /run/secrets/{name}")
        if problems:
            raise SettingsError(problems)
        return found


class Settings(BaseSettings):
    """Every setting with its meaning and an example (the README's table and the messages are made from them)."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    telegram_token: SecretStr | None = Field(
        default=None,
        description="The bot's token from @BotFather; needed by `run` to serve and deliver",
        examples=["123456789:<35 letters, digits, - and _>"],
    )
    telegram_api_url: str = Field(
        default="https://api.telegram.org",
        description="The Bot API server: Telegram's own or a self-hosted one",
        examples=["https://api.telegram.org"],
    )
    database_url: str = Field(
        default="sqlite:///data/diem-tin.db",
        description="SQLite file or PostgreSQL address",
        examples=["sqlite:///data/diem-tin.db or postgresql://user:password@host/database"],
        repr=False,
    )
    admin_ids: Annotated[tuple[Annotated[int, AfterValidator(_person)], ...], NoDecode, BeforeValidator(_split)] = (
        Field(
            default=(),
            description="Persons who look after the feeds and hear of what is wrong: the numbers `/privacy` tells them",
            examples=["123456789, 987654321"],
        )
    )
    allow_list_only: bool = Field(
        default=False,
        description="Whether only admins and those they admit with `/allow` may use the bot",
        examples=["true"],
    )
    default_timezone: str = Field(
        default="Asia/Ho_Chi_Minh", description="Time zone of new users", examples=["Asia/Ho_Chi_Minh"]
    )
    sources_file: Path | None = Field(
        default=None, description="Your own list of feeds instead of the bundled one", examples=["data/sources.toml"]
    )
    fetch_allow_private: Annotated[
        tuple[Annotated[str, AfterValidator(_host_and_port)], ...], NoDecode, BeforeValidator(_split)
    ] = Field(
        default=(),
        description="Private `host:port` addresses that feeds may reach, separated by commas; none otherwise",
        examples=["127.0.0.1:8080, intranet.local:80"],
    )
    fetch_contact: str = Field(
        default="",
        description="Address or e-mail that the User-Agent names, so that an outlet can reach you",
        examples=["https://example.org/diem-tin or name@example.org"],
    )
    poll_minutes: int = Field(
        default=5,
        ge=5,
        le=720,
        description="Least minutes between two looks at a feed, 5 to 720; quiet feeds are asked less often",
        examples=["15"],
    )
    keep_full_text_days: int | None = Field(
        default=None,
        ge=45,
        description="Days after which articles lose their full texts, 45 or more; all are kept without it",
        examples=["365"],
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port for `/metrics` (Prometheus) and `/healthz`, one for each process; none without it",
        examples=["9464"],
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="Address on which that port listens", examples=["127.0.0.1"]
    )
    webhook_url: str = Field(
        default="",
        description="Public https address at which Telegram brings updates to `serve`; without it they are asked for",
        examples=["https://bot.example.org/telegram"],
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="What Telegram proves itself with there: 16 to 256 letters, digits, - and _; else from the token",
        examples=["3f1c0e9b8a7d6c5e"],
    )
    webhook_listen: Annotated[str, AfterValidator(_host_and_port)] = Field(
        default="127.0.0.1:8080",
        description="Where `serve` listens for it: behind a proxy that ends TLS, never in public",
        examples=["127.0.0.1:8080"],
    )
    api_port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of the read-only HTTP API; none without it", examples=["8790"]
    )
    api_tokens: SecretStr | None = Field(
        default=None,
        description="Who may ask the API: `name:secret` pairs, separated by commas; on loopback it may be open",
        examples=["an:<32 random letters>, binh:<32 others>"],
    )
    api_host: str = Field(
        default="127.0.0.1",
        description="Address on which it listens; others than loopback need `API_TOKENS`",
        validate_default=True,
        examples=["127.0.0.1"],
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged: debug, info, warning or error", examples=["info"]
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="Logs for people (text) or for machines (json)", examples=["text"]
    )

    @property
    def open_to(self) -> tuple[int, ...] | None:
        """Who needs no admission: the admins; None where nobody does."""
        return self.admin_ids if self.allow_list_only else None

    @property
    def api_secrets(self) -> Mapping[str, str]:
        """Name -> secret of who may ask the API; empty where all may."""
        return _api_secrets(self.api_tokens)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before `.env`, both before the files that they name."""
        named = (source for source in (dotenv_settings, env_settings) if isinstance(source, EnvSettingsSource))
        variables = {name: value for source in named for name, value in source.env_vars.items()}
        return init_settings, env_settings, dotenv_settings, _SecretFiles(settings_cls, variables)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Blanks around a value are a slip; a blank value is none."""
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @field_validator("telegram_token")
    @classmethod
    def _is_a_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("is not a bot token as @BotFather gives it")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _is_a_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", value.get_secret_value()):
            raise ValueError("is not 16 to 256 letters, digits, - and _")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        is_one = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
        if value and (not is_one or parts.username or re.search(r"\s", value)):
            raise ValueError("is not an https address without a query")
        return value

    @field_validator("api_tokens")
    @classmethod
    def _are_tokens(cls, value: SecretStr | None) -> SecretStr | None:
        pairs = [] if value is None else _pieces(value.get_secret_value())
        if not all(map(_API_TOKEN.fullmatch, pairs)) or len(_api_secrets(value)) != len(pairs):
            raise ValueError(
                "is not name:secret pairs, each name once, each secret of 24 to 200 letters, digits, - and _"
            )
        return value

    @field_validator("api_host")
    @classmethod
    def _is_local_or_guarded(cls, value: str, info: ValidationInfo) -> str:
        try:
            is_local = value == "localhost" or ip_address(value).is_loopback
        except ValueError as error:
            raise ValueError("is no IP address") from error
        if not is_local and not info.data.get("api_tokens"):
            raise ValueError("is reached by others: without API_TOKENS the API stays on 127.0.0.1")
        return value

    @field_validator("telegram_api_url")
    @classmethod
    def _is_a_server(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or re.search(r"\s", value):
            raise ValueError("is not the address of a server")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _is_a_database(cls, value: str) -> str:
        scheme, _, rest = value.partition("://")
        if not rest or scheme not in _DATABASES:
            raise ValueError("is not the address of an SQLite or PostgreSQL database")
        user, _, host = rest.partition("?")[0].rpartition("@")
        port = re.fullmatch(r"(?:\[[^]]*]|[^:]*)(?::(\d*))?", host.partition("/")[0])
        if not scheme.startswith("sqlite") and ("@" in user or not port):
            raise ValueError("cannot be taken apart: in a password @ is %40, : is %3A, / is %2F; a port is a number")
        return value

    @field_validator("fetch_contact")
    @classmethod
    def _is_a_contact(cls, value: str) -> str:
        if value and not _CONTACT.fullmatch(value):
            raise ValueError("is no http address or e-mail")
        return value

    @field_validator("default_timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("is no time zone") from error
        return value

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _in_lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("sources_file")
    @classmethod
    def _is_there(cls, value: Path | None) -> Path | None:
        if value and not value.is_file():
            raise ValueError("there is no such file")
        return value


def load_settings() -> Settings:
    """The settings, or a `SettingsError` that lists everything wrong at once."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError([_problem(str(item["loc"][0]), item) for item in error.errors()]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f".env: {error}"]) from None


def settings_table() -> list[tuple[str, str, str]]:
    """(variable, default as one would write it, meaning) of every setting, for the README."""
    return [
        (name.upper(), _written(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def _written(default: object) -> str:
    return "" if default is None or default == () else str(default)


def _problem(name: str, item: Any) -> str:
    """The variable, what is wrong with its value, how to write it."""
    reason = _IN_OUR_WORDS.get(item["type"]) or str(item["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    value = "" if name in _SECRET or not isinstance(item["input"], str) else f"{item['input'][:500]!r} "
    example = (Settings.model_fields[name].examples or [""])[0]
    return f"{name.upper()}: {value}{reason}; write it like {example}"
