"""Settings: all checked at once, each problem names its variable, no secret is shown."""

from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load_settings, settings_table

SECRET = "AAE-geheim-geheim-geheim-geheim-geheim"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_defaults_are_usable() -> None:
    settings = load_settings()
    assert settings.telegram_token is None
    assert settings.database_url == "sqlite:///data/diem-tin.db"
    assert settings.poll_minutes == 5
    assert settings.fetch_allow_private == ()


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("TELEGRAM_API_URL", "http://127.0.0.1:8081/", "http://127.0.0.1:8081"),
        ("DATABASE_URL", "sqlite:////srv/with:colon.db", "sqlite:////srv/with:colon.db"),
        ("DATABASE_URL", "postgresql://u:p%40@[::1]:5432/db", "postgresql://u:p%40@[::1]:5432/db"),
        ("DATABASE_URL", "postgresql://u:@/db?host=/tmp/a:b", "postgresql://u:@/db?host=/tmp/a:b"),
        ("DEFAULT_TIMEZONE", "Europe/Berlin", "Europe/Berlin"),
        ("FETCH_ALLOW_PRIVATE", "127.0.0.1:80, [::1]:8080, Nas.local:1", ("127.0.0.1:80", "::1:8080", "nas.local:1")),
        ("FETCH_CONTACT", " tin@example.org ", "tin@example.org"),
        ("FETCH_CONTACT", "https://example.org/bot?a=b", "https://example.org/bot?a=b"),
        ("ADMIN_IDS", "12, 1234567890,", (12, 1234567890)),
        ("POLL_MINUTES", " 30 ", 30),
        ("POLL_MINUTES", "  ", 5),
        ("LOG_LEVEL", "DEBUG", "debug"),
        ("LOG_FORMAT", "Json", "json"),
    ],
)
def test_values_are_read(monkeypatch: pytest.MonkeyPatch, name: str, value: str, read: object) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(), name.lower()) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_TOKEN", f"token {SECRET}"),
        ("TELEGRAM_TOKEN", '"123456789:AAE"'),
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_API_URL", "ftp://x"),
        ("TELEGRAM_API_URL", "https://"),
        ("DATABASE_URL", "diem-tin.db"),
        ("DATABASE_URL", f"mysql://u:{SECRET}@h/x"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@x@h/x"),
        ("DATABASE_URL", f"postgresql://u:{SECRET}@h:port/x"),
        ("DEFAULT_TIMEZONE", "Hà Nội"),
        ("DEFAULT_TIMEZONE", "Asia"),
        ("SOURCES_FILE", "/there/is/none.toml"),
        ("FETCH_ALLOW_PRIVATE", "127.0.0.1"),
        ("FETCH_ALLOW_PRIVATE", "http://127.0.0.1:80"),
        ("FETCH_ALLOW_PRIVATE", "127.0.0.1:99999"),
        ("FETCH_CONTACT", "tin"),
        ("FETCH_CONTACT", "@example.org"),
        ("FETCH_CONTACT", "https://example.org/\r\nX-Y: z"),
        ("FETCH_CONTACT", "https://example.org/)(bot"),
        ("FETCH_CONTACT", "https://báo.vn/"),
        ("ADMIN_IDS", "@me"),
        ("ADMIN_IDS", "1 2"),
        ("ADMIN_IDS", "12, -1001234567890"),
        ("ADMIN_IDS", "0"),
        ("POLL_MINUTES", "4"),
        ("POLL_MINUTES", "721"),
        ("POLL_MINUTES", "1.5"),
        ("POLL_MINUTES", "quarter"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_wrong_values_are_named_with_how_to_write_them(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    (problem,) = raised.value.problems
    assert problem.startswith(f"{name}: ")
    assert "; write it like " in problem
    assert SECRET not in str(raised.value)


def test_all_problems_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TELEGRAM_TOKEN", "DATABASE_URL", "POLL_MINUTES", "LOG_LEVEL"):
        monkeypatch.setenv(name, "rubbish")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert [problem.partition(":")[0] for problem in raised.value.problems] == [
        "TELEGRAM_TOKEN", "DATABASE_URL", "POLL_MINUTES", "LOG_LEVEL"
    ]  # fmt: skip


def test_secrets_are_in_no_text_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", f"123456789:{SECRET}")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{SECRET}@h/x")
    settings = load_settings()
    assert settings.telegram_token
    assert settings.telegram_token.get_secret_value().endswith(SECRET)
    for text in (repr(settings), str(settings), f"{settings}", repr(settings.telegram_token)):
        assert SECRET not in text


def test_secrets_are_read_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"token": f"123456789:{SECRET}\n", "url": f" postgresql://u:{SECRET}@h/x\n"}.items():
        (tmp_path / name).write_text(value, "utf-8")
    monkeypatch.setenv("TELEGRAM_TOKEN_FILE", str(tmp_path / "token"))
    Path(".env").write_text(f"DATABASE_URL_FILE={tmp_path / 'url'}\n", "utf-8")
    settings = load_settings()
    assert settings.telegram_token
    assert settings.telegram_token.get_secret_value() == f"123456789:{SECRET}"
    assert settings.database_url == f"postgresql://u:{SECRET}@h/x"
    assert SECRET not in f"{settings!r} {settings}"
    monkeypatch.setenv("TELEGRAM_TOKEN", "1234567:another-one")
    settings = load_settings()
    assert settings.telegram_token
    assert settings.telegram_token.get_secret_value() == "1234567:another-one", "the variable itself wins"


def test_what_is_wrong_in_a_file_is_said_without_showing_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"token {SECRET}", "utf-8")
    monkeypatch.setenv("TELEGRAM_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(SettingsError, match="TELEGRAM_TOKEN: is not a bot token") as raised:
        load_settings()
    assert SECRET not in str(raised.value)
    monkeypatch.setenv("TELEGRAM_TOKEN_FILE", str(tmp_path / "missing"))
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path))
    (tmp_path / "picture").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("WEBHOOK_SECRET_FILE", str(tmp_path / "picture"))
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert [problem.partition(":")[0] for problem in raised.value.problems] == [
        "TELEGRAM_TOKEN_FILE", "DATABASE_URL_FILE", "WEBHOOK_SECRET_FILE"
    ]  # fmt: skip


def test_env_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("# của tôi\nPOLL_MINUTES=20\nDEFAULT_TIMEZONE='Europe/Paris'\nUNKNOWN=1\n", "utf-8")
    monkeypatch.setenv("POLL_MINUTES", "40")
    settings = load_settings()
    assert (settings.poll_minutes, settings.default_timezone) == (40, "Europe/Paris")


def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As a compose file hands over a variable that nobody set."""
    (tmp_path / "token").write_text("1:A", "utf-8")
    Path(".env").write_text(f"POLL_MINUTES=30\nLOG_LEVEL=\nTELEGRAM_TOKEN_FILE={tmp_path / 'token'}\n", "utf-8")
    for name in ("POLL_MINUTES", "LOG_FORMAT", "TELEGRAM_TOKEN"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert settings.poll_minutes == 30, "what .env says"
    assert (settings.log_level, settings.log_format) == ("info", "text"), "the defaults"
    assert settings.telegram_token is not None


def test_env_file_that_is_no_text_is_a_settings_error() -> None:
    Path(".env").write_bytes(b"POLL_MINUTES=\xff\n")
    with pytest.raises(SettingsError, match=r"\.env"):
        load_settings()


def test_table_has_every_setting() -> None:
    table = settings_table()
    assert [name for name, _, _ in table] == [name.upper() for name in Settings.model_fields]
    assert ("POLL_MINUTES", "5") in [row[:2] for row in table]
    assert ("TELEGRAM_TOKEN", "") in [row[:2] for row in table]
    assert all(meaning for *_, meaning in table)
