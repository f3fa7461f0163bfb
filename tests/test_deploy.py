"""What the bot is deployed with: the image's steps, the compose file, the unit of systemd."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.settings import Settings
from feeds.database import Database

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "bot" / "deploy"


def _read(name: str) -> Any:
    yaml = pytest.importorskip("yaml", reason="no YAML reader is installed")
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def _is_setting(name: str) -> bool:
    return name.removesuffix("_FILE").lower() in Settings.model_fields


def test_the_image_is_made_of_what_is_there() -> None:
    steps = (ROOT / "Dockerfile").read_text("utf-8")
    copied = [name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", steps, re.MULTILINE) for name in line.split()]
    assert {"bot", "digests", "feeds", "templates", "bot.py", "requirements.txt"} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []
    admitted = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert admitted == set(copied), "what is not let in cannot be copied"
    assert re.findall(r"^FROM (\S+)", steps, re.MULTILINE) == ["python:3.11-slim"] * 2
    assert steps.index("USER diem-tin") < steps.index("ENTRYPOINT")
    assert re.search(r"^HEALTHCHECK", steps, re.MULTILINE)
    environment = re.findall(r"\b([A-Z_]+)=\S", steps[steps.index("ENV PATH") : steps.index("WORKDIR")])
    assert "MALLOC_ARENA_MAX" in environment
    foreign = {"PATH", "PYTHONDONTWRITEBYTECODE", "MPLCONFIGDIR", "MALLOC_ARENA_MAX"}
    assert [name for name in environment if name not in foreign and not _is_setting(name)] == []


def test_everything_of_the_bot_is_installed_with_it() -> None:
    """Folders without Python, such as templates and migrations, too."""
    from setuptools import find_namespace_packages

    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    packages = set(find_namespace_packages(str(ROOT), include=options["packages"]["find"]["include"]))
    assert options["package-data"] == {"*": ["*"]}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    ours = [
        Path(name) for name in listed.stdout.splitlines() if name.startswith(("bot/", "digests/", "feeds/", "templ"))
    ]
    assert len(ours) > 300
    assert [str(path) for path in ours if ".".join(path.parts[:-1]) not in packages] == []
    assert not [name for name in packages if name.startswith(("tests", "benchmarks"))]


def test_the_services_are_those_of_the_image() -> None:
    file = _read("compose.yaml")
    database, bot = file["services"]["database"], file["services"]["bot"]
    assert database["image"].startswith("postgres:")
    assert database["healthcheck"]["test"][0] == "CMD-SHELL"
    assert bot["depends_on"]["database"]["condition"] == "service_healthy"
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in bot["ports"])
    assert [name for name in bot["environment"] if not _is_setting(name)] == []
    for service in (database, bot):
        assert set(service["secrets"]) <= file["secrets"].keys()
        assert set(service["networks"]) <= file["networks"].keys()
        named = [path for name, path in service["environment"].items() if name.endswith("_FILE")]
        assert {path.removeprefix("/run/secrets/") for path in named} == set(service["secrets"])
    assert file["networks"]["inside"]["internal"] is True
    assert {volume.partition(":")[0] for volume in database["volumes"]} == file["volumes"].keys()


def test_the_server_knows_what_it_is_started_with(postgres_url: str) -> None:
    (name, *options) = _read("compose.yaml")["services"]["database"]["command"]
    assert name == "postgres"
    given = dict(option.removeprefix("-c").split("=", 1) for option in options)
    database = Database(postgres_url)
    with database.reading() as session:
        rows = session.execute(text("SELECT name, unit, vartype FROM pg_settings"))
        known = {row.name: (row.unit, row.vartype) for row in rows}
        for setting, value in given.items():
            unit, kind = known[setting]
            assert float(value) if kind == "real" else unit and session.scalar(text(f"SELECT pg_size_bytes('{value}')"))
    database.close()


def test_the_rules_of_alerts_are_yaml() -> None:
    rules = [rule for group in _read("bot/deploy/alerts.yaml")["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 5
    assert all(rule["expr"] and rule["annotations"]["summary"] for rule in rules)


def test_the_unit_is_sound(tmp_path: Path) -> None:
    unit = (DEPLOY / "diem-tin.service").read_text("utf-8")
    variables = re.findall(r"^Environment=([A-Z_]+)=", unit, re.MULTILINE)
    foreign = {"MPLCONFIGDIR", "MALLOC_ARENA_MAX"}
    assert [name for name in variables if name not in foreign and not _is_setting(name)] == []
    assert "MALLOC_ARENA_MAX" in variables
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / "diem-tin.service"  # the program that it starts has to be there
    copy.write_text(re.sub(r"^ExecStart=.*$", f"ExecStart={sys.executable} -V", unit, flags=re.MULTILINE))
    verified = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
