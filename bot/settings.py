"""Settings from the environment or `.env`, all checked at once at start."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _split(value: object) -> object:
    return [piece.strip() for piece in value.split(",") if piece.strip()] if isinstance(value, str) else value


class SettingsError(Exception):
    """Some settings are wrong; the message names each with the reason and shows no secret."""


class Settings(BaseSettings):
    """Every setting with its meaning (the README's table is made from these descriptions)."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    telegram_token: SecretStr | None = Field(
        default=None, description="The bot's token from @BotFather; needed by `run` to serve and deliver"
    )
    telegram_api_url: str = Field(
        default="https://api.telegram.org",
        description="The Bot API server: Telegram's own or a self-hosted one",
        pattern=r"^https?://[^\s]+$",
    )
    database_url: str = Field(
        default="sqlite:///data/diem-tin.db",
        description="SQLite file or PostgreSQL address",
        repr=False,
    )
    admin_ids: Annotated[tuple[int, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(), description="Telegram user ids of the administrators, separated by commas"
    )
    default_timezone: str = Field(default="Asia/Ho_Chi_Minh", description="Time zone of new readers")
    sources_file: Path | None = Field(default=None, description="Your own list of feeds instead of the bundled one")
    fetch_allow_private: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(),
        description="Private `host:port` addresses that feeds may reach, separated by commas; none otherwise",
    )
    poll_minutes: int = Field(default=15, ge=1, le=720, description="Minutes between two looks at a feed")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="How much is logged")
    log_format: Literal["text", "json"] = Field(default="text", description="Logs for people or for machines")

    @field_validator("default_timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("no such time zone; write it like Asia/Ho_Chi_Minh") from error
        return value

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _in_lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("telegram_api_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("fetch_allow_private")
    @classmethod
    def _host_and_port(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            host, _, port = address.rpartition(":")
            if not host or not port.isdigit():
                raise ValueError(f"{address!r} is not host:port")
        return value


def load_settings() -> Settings:
    """The settings, or a `SettingsError` that lists everything wrong at once."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"  {str(item['loc'][0]).upper()}: {_reason(str(item['msg']))}" for item in error.errors()]
        raise SettingsError("These settings are wrong:\n" + "\n".join(lines)) from None


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")
