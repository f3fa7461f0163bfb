"""PostgreSQL's own pg_dump and pg_restore, run on a database of ours. The password goes through the environment."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO

from psycopg import pq
from sqlalchemy import text

from feeds.database import Database, DatabaseError

_MAX_COMPLAINT = 500


def run_tool(name: str, database: Database, arguments: Sequence[str]) -> None:
    """Runs a tool to its end; `DatabaseError` with its first complaint where it fails, is missing or too old."""
    with _started(name, database, arguments, stdout=subprocess.DEVNULL):
        pass


@contextmanager
def tool_output(name: str, database: Database, arguments: Sequence[str]) -> Iterator[IO[bytes]]:
    """What a tool prints, to be read to the end; errors as of `run_tool`."""
    with _started(name, database, arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout  # noqa: S101 - a pipe was asked for
        yield process.stdout


@contextmanager
def _started(
    name: str, database: Database, arguments: Sequence[str], *, stdout: int
) -> Iterator["subprocess.Popen[bytes]"]:
    command = [_found(name, database), *arguments]
    with (
        TemporaryFile() as complaints,  # a pipe that nobody reads could fill up
        subprocess.Popen(  # noqa: S603 - no shell; arguments of ours and the path that the owner typed
            command, env=_environment(database), stdin=subprocess.DEVNULL, stdout=stdout, stderr=complaints
        ) as process,
    ):
        try:
            yield process
            code = process.wait()
        except BaseException:
            process.kill()
            raise
        if code:
            complaints.seek(0)
            said = complaints.read(_MAX_COMPLAINT).decode(errors="replace").strip().splitlines()
            raise DatabaseError(said[0] if said else f"{name} failed")


def _found(name: str, database: Database) -> str:
    path = shutil.which(name)
    if path is None:
        raise DatabaseError(f"{name} is not installed: it comes with PostgreSQL's client (Debian: postgresql-client)")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    version = re.search(r"(\d+)", said)
    with database.engine.connect() as connection:
        server = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
    if version is None or int(version[1]) < server:
        raise DatabaseError(f"{path} is older than the server ({said.strip()}; the server is PostgreSQL {server})")
    return path


def _environment(database: Database) -> Mapping[str, str]:
    """Ours, with the parts of the address under the names that PostgreSQL's library reads."""
    names = {option.keyword.decode(): option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar}
    engine = database.engine
    _, parts = engine.dialect.create_connect_args(engine.url)
    address = {names[part]: str(value) for part, value in parts.items() if part in names}
    return {**os.environ, **address, "LC_ALL": "C"}
