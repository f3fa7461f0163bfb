"""Rules of the house that no linter knows."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "digests", "feeds")
SOURCES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def test_no_source_file_is_over_400_lines() -> None:
    long = {str(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in SOURCES if path.stem in ("utils", "helpers", "common", "misc", "core")] == []


def test_templates_are_the_same_in_every_language() -> None:
    names = {folder: {path.name for path in (ROOT / "templates" / folder).iterdir()} for folder in ("vi", "en")}
    assert names["vi"] == names["en"]


def test_no_file_names_a_package_registry_or_a_folder_of_somebodys_machine() -> None:
    wrong = re.compile(rb"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org|/work/(?:main|shared)\b")
    found = [str(path) for path in committed() if path.name != "test_house.py" and wrong.search(path.read_bytes())]
    assert found == []


def test_every_dependency_says_why_it_is_there() -> None:
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    dependencies = [line for line in lines if re.match(r'    "[a-zA-Z]', line) and re.search(r"[<>=]=", line)]
    assert len(dependencies) > 15
    assert [line for line in dependencies if "#" not in line] == []
