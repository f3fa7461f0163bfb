"""What must not be in the code, and what must: counted over all of it, so that a new place is noticed."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from conftest import NOW, database_of_its_own
from digests.templates import LANGUAGES, render
from feeds.database import Database
from feeds.models import Article
from newsroom import POLICY, publish

ROOT = Path(__file__).parent.parent
TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8"))
    for package in ("bot", "digests", "feeds")
    for path in (ROOT / package).rglob("*.py")
}
TEMPLATES = [
    path
    for folder in ("templates", "bot/demo/templates")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
]

# Statements that are put together: of names, numbers and options of ours, never of a value that somebody gave.
BUILT_SQL = {
    "bot/api/reading.py": "a number of milliseconds",
    "bot/metrics.py": "a number of ours",
    "feeds/database.py": "SQLite's pragmas, four constants",
    "feeds/locks.py": "a number of seconds",
    "feeds/matches.py": "parts of statements, constants",
    "feeds/move.py": "names of tables of the models, quoted",
    "feeds/notify.py": "a constant name",
    "feeds/restore.py": "names of tables in the database, quoted",
    "feeds/search.py": "parts of statements, constants, integers",
}
EXECUTES = {"text", "execute", "executemany", "exec_driver_sql", "executescript", "scalar", "scalars"}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """(last part of what is called, the call)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            yield called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""), node


def is_built(node: ast.expr) -> bool:
    """Whether a string is put together: f"{...}", "..." % ..., "..." + ..., "...".format(...)."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        sides = (node.left, node.right)
        return any(isinstance(side, ast.JoinedStr) or isinstance(getattr(side, "value", None), str) for side in sides)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def test_no_object_is_read_from_bytes_and_no_text_is_run() -> None:
    modules = {"pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "ctypes", "imp"}
    found = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found += [(path, alias.name) for alias in node.names if alias.name.partition(".")[0] in modules]
            elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in modules:
                found.append((path, node.module or ""))
        found += [
            (path, name)
            for name, call in calls(tree)
            if isinstance(call.func, ast.Name) and name in ("eval", "exec", "compile", "__import__")
        ]
    assert found == []


def test_programs_are_started_in_one_place_and_never_by_a_shell() -> None:
    starts = {
        path for path, tree in TREES.items() for name, _ in calls(tree) if name in ("Popen", "check_output", "spawnl")
    }
    imports = {
        path
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(alias.name == "subprocess" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "subprocess")
    }
    assert starts == imports == {"feeds/pgtools.py"}
    shells = [
        (path, name)
        for path, tree in TREES.items()
        for name, call in calls(tree)
        if name in ("system", "popen", "create_subprocess_shell") or any(key.arg == "shell" for key in call.keywords)
    ]
    assert shells == []


def test_sql_is_put_together_only_where_it_is_known_of_what() -> None:
    found = {
        path
        for path, tree in TREES.items()
        if not path.startswith("feeds/migrations/")
        for name, call in calls(tree)
        if name in EXECUTES and call.args and is_built(call.args[0])
    }
    assert found <= set(BUILT_SQL)
    assert found, "the search itself works"


def test_every_template_escapes_what_it_is_given() -> None:
    environments = [
        (path, {key.arg: key.value for key in call.keywords})
        for path, tree in TREES.items()
        for name, call in calls(tree)
        if name in ("Environment", "SandboxedEnvironment", "Template", "from_string")
    ]
    assert {path for path, _ in environments} == {"digests/templates.py", "bot/demo/rendering.py"}
    for _, keywords in environments:
        given = keywords.get("autoescape")
        is_on = isinstance(given, ast.Constant) and given.value is True
        by_name = isinstance(given, ast.Call) and ast.unparse(given) == "select_autoescape(['html'])"
        assert is_on or by_name
    plain = {path.name for path in (ROOT / "templates").rglob("*.*") if path.suffix != ".html"}
    assert plain == {"digest.txt", "digest.md"}, "one is no markup, the other has a filter of its own"
    told = re.compile(r"\|\s*safe\b|autoescape\s+false")
    assert [path.name for path in TEMPLATES if told.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_that_is_typed_is_shown_not_obeyed(language: str) -> None:
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in render("bad_hour.html", language, typed="<b>&amp;</b>")


def locked() -> dict[str, list[tuple[Requirement, list[str]]]]:
    """Name -> [(version and when, its hashes)] of requirements.txt."""
    found: dict[str, list[tuple[Requirement, list[str]]]] = {}
    for block in re.split(r"(?m)^(?=\S)", (ROOT / "requirements.txt").read_text("utf-8")):
        if block.strip():
            requirement = Requirement(block.partition(" \\\n")[0])
            hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})\b", block)
            found.setdefault(canonicalize_name(requirement.name), []).append((requirement, hashes))
    return found


def test_what_is_installed_is_locked_to_versions_and_hashes() -> None:
    versions = locked()
    for name, places in versions.items():
        for requirement, hashes in places:
            (pin,) = requirement.specifier
            assert pin.operator == "==", name
            assert hashes, name
            assert len(hashes) == len(set(hashes)), name
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for wanted in map(Requirement, [*project["dependencies"], *project["optional-dependencies"]["build"]]):
        places = versions.get(canonicalize_name(wanted.name))
        assert places, f"{wanted.name}: run `make lock`"
        for requirement, _ in places:
            (pin,) = requirement.specifier
            assert wanted.specifier.contains(pin.version), f"{wanted}: run `make lock`"


def test_the_lock_names_no_host() -> None:
    assert re.findall(r"://|index-url|find-links|trusted-host", (ROOT / "requirements.txt").read_text("utf-8")) == []


GRANTS = re.compile(r"```sql\n(.*?)```", re.DOTALL)


def test_a_role_that_may_only_read_and_write_rows_is_enough_for_the_bot(postgres_url: str) -> None:
    """The README's SQL: what it grants suffices, and the schema cannot be changed with it."""
    (_, grants) = GRANTS.findall((ROOT / "README.md").read_text("utf-8"))
    for url in database_of_its_own(postgres_url):
        owner = Database(url)
        owner.migrate()
        with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            name = connection.scalar(text("SELECT current_database()"))
            role = f"bot_{name}"
            for statement in (
                grants.replace("diemtin_bot", role).replace("ON DATABASE diemtin", f"ON DATABASE {name}").split(";")
            ):
                if statement.strip():
                    connection.execute(text(statement.replace("FOR ROLE diemtin ", "")))
        bot = Database(
            owner.engine.url.update_query_dict({"options": f"-crole={role}"}).render_as_string(hide_password=False)
        )
        try:
            bot.migrate()
            with bot.session() as session:
                publish(session, *POLICY, seen=NOW)
            with bot.reading() as session:
                assert session.scalars(select(Article.title)).one() == POLICY[0]
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), bot.session() as session:
                session.execute(text("ALTER TABLE article ADD COLUMN x integer"))
            with pytest.raises(ProgrammingError, match="permission denied"), bot.session() as session:
                session.execute(text("CREATE TABLE x (y integer)"))
        finally:
            bot.close()
            with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"DROP OWNED BY {role}"))
                connection.execute(text(f"DROP ROLE {role}"))
            owner.close()
