"""A PostgreSQL of the tests' own: made in a temporary folder, gone with the block that started it."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from integration_tests.loopback import LOOPBACK, free_port

# Debian keeps the programs of each version in a folder of its own, and off the path.
DEBIAN = Path("/usr/lib/postgresql")
# PostgreSQL refuses to run as root; Debian's package makes this user for it.
SYSTEM_USER = "postgres"

USER = "warehouse"
DATABASE = "postgres"  # the one that a new cluster has

# The data is thrown away: nothing has to survive a loss of power.
INITDB = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
OPTIONS = f"-c listen_addresses={LOOPBACK} -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def programs() -> Path | None:
    """Return the folder of the newest PostgreSQL server here, or nothing when there is none that could be run."""
    if os.geteuid() == 0 and not _is_user(SYSTEM_USER):
        return None
    found = [path.parent for path in DEBIAN.glob("*/bin/pg_ctl") if path.with_name("initdb").exists()]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    elsewhere = shutil.which("pg_ctl")
    return Path(elsewhere).resolve().parent if elsewhere else None


def _is_user(name: str) -> bool:
    return name in {user.pw_name for user in pwd.getpwall()}


class Postgres:
    """A running PostgreSQL, reached by TCP with a password made for it."""

    def __init__(self, folder_of_programs: Path) -> None:
        self.programs = folder_of_programs
        self.password = secrets.token_urlsafe()
        self.port = free_port()
        # Not below pytest's temporary folders: those are closed to other users, and the server's is one.
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.data = self.folder / "data"
        self.user: dict[str, Any] = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam(SYSTEM_USER)
            self.user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)

    @property
    def connection(self) -> dict[str, Any]:
        """How to reach it, in the words of PyAirbyte's PostgresCache."""
        return {
            "host": LOOPBACK,
            "port": self.port,
            "username": USER,
            "password": self.password,
            "database": DATABASE,
        }

    def __enter__(self) -> Self:
        """Make the cluster and start it."""
        try:
            self._run("initdb", *INITDB, "--username", USER, "--pwfile", str(self._password_file()))
            options = f"{OPTIONS} -p {self.port} -c unix_socket_directories={self.folder}"
            self._run("pg_ctl", "start", "--wait", "--silent", "--log", str(self.folder / "log"), "--options", options)
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Stop it and take everything away."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode=fast")
        shutil.rmtree(self.folder)

    def _password_file(self) -> Path:
        """Write the password for `initdb`, readable for the server's user only."""
        path = self.folder / "password"
        path.touch(mode=0o600)
        path.write_text(self.password)
        if self.user:
            os.chown(path, self.user["user"], self.user["group"])
        return path

    def _run(self, program: str, *arguments: str) -> None:
        # Output goes to a file: the server keeps what it inherits open, and a pipe would never end.
        with (self.folder / "output").open("w+") as output:
            done = subprocess.run(  # noqa: S603 - a program of Debian's package
                [self.programs / program, "--pgdata", self.data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=self.folder,
                check=False,
                **self.user,
            )
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} failed: {output.read()}")
