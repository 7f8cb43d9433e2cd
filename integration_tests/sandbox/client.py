"""The sandbox as a test uses it: a process of its own, ended with the block that started it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import orjson
from typing_extensions import Self

from integration_tests.fork_server import ForkServer, Process

ROOT = Path(__file__).parents[2]
MODULE = "integration_tests.sandbox"
PATIENCE = 60
_open = build_opener(ProxyHandler({})).open  # the sandbox is never behind a proxy


class Sandbox:
    """A running sandbox. `Sandbox("small", alerts=500, settings={"window": "silent"})`.

    Attributes:
        server: forks the process; without one, it is started by itself.
    """

    server: ClassVar[ForkServer | None] = None

    def __init__(
        self,
        profile: str = "small",
        *,
        seed: int = 1,
        settings: dict[str, Any] | None = None,
        python: str | None = None,
        migrated: bool = False,
        **counts: int,
    ) -> None:
        arguments = ["--until-stdin-closes", "--profile", profile, "--seed", str(seed)]
        arguments += ["--settings", json.dumps(settings or {}), *(["--migrated"] if migrated else [])]
        for name, count in counts.items():
            arguments += [f"--{name.replace('_', '-')}", str(count)]
        self.process = self._start(python, arguments)
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            self.close()
            raise RuntimeError("The sandbox did not start.")
        self.ready = json.loads(line)
        self.url: str = self.ready["api"]
        self.control: str = self.ready["control"]
        self.now: str = self.ready["now"]

    @classmethod
    def _start(cls, python: str | None, arguments: list[str]) -> subprocess.Popen[str] | Process:
        if cls.server is not None and python is None:
            return cls.server.start(MODULE, arguments, os.environ, sys.stderr.fileno())
        return subprocess.Popen(  # noqa: S603 - our own module
            [python or sys.executable, "-m", MODULE, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        """Use it for a block."""
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End it with the block."""
        self.close()

    def close(self) -> None:
        """End the process."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        self.process.wait(PATIENCE)

    def key(self, kind: str = "full") -> str:
        """Return a key: full, no_config, team, no_read, disabled, other_region, unknown or malformed."""
        key: str = self.ready["keys"][kind]
        return key

    def credential(self, kind: str = "classic") -> dict[str, str]:
        """Return a credential of the site: its token and, of all but an app's, its email.

        Its kinds: classic, team, no_teams, no_operations, expired, genie, scoped, scoped_alerts, scoped_config,
        scoped_users, oauth.
        """
        credential: dict[str, str] = self.ready["jsm"]["credentials"][kind]
        return credential

    def jsm_config(self, kind: str = "classic", *, organization: bool = True) -> dict[str, Any]:
        """Return the connector's configuration for the migrated account."""
        credential = self.credential(kind)
        site = {"site": self.url, **{name: credential[name] for name in ("email",) if name in credential}}
        if organization:
            site["organization_id"] = self.ready["jsm"]["organization_id"]
        return {"api_token": credential["token"], "jira_service_management": site}

    def migrate(self) -> None:
        """Move the account to JSM Operations."""
        self._ask("/migrate", {})

    def _ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        try:
            with _open(Request(self.control + path, data), timeout=PATIENCE) as answer:  # noqa: S310 - our own server
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise ValueError(json.load(error)["message"]) from None

    def stats(self) -> dict[str, Any]:
        """Return everything counted since the start or the last reset."""
        stats: dict[str, Any] = self._ask("/stats")
        return stats

    def calls(self) -> dict[str, int]:
        """Return the number of calls by endpoint, e.g. "/v2/alerts/{alertId}/logs"."""
        calls: dict[str, int] = self.stats()["calls"]
        return calls

    def requests(self, last: int = 100) -> list[str]:
        """Return path and query of the last requests, oldest first."""
        requests: list[str] = self._ask(f"/requests?last={last}")
        return requests

    def journal(self) -> list[dict[str, Any]]:
        """Return what happened by churn, oldest first: op, target, id, at."""
        journal: list[dict[str, Any]] = self._ask("/journal")
        return journal

    def reset_stats(self) -> None:
        """Count anew."""
        self._ask("/reset", {})

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings, and return them all."""
        settings: dict[str, Any] = self._ask("/settings", changes or None)
        return settings

    def mutate(self, operations: list[dict[str, Any]]) -> list[Any]:
        """Let things happen, e.g. [{"op": "close", "target": "alerts", "index": 3, "advance_ms": 500}]."""
        rows: list[Any] = self._ask("/mutate", operations)["rows"]
        return rows

    def truth(self, stream: str) -> Iterator[dict[str, Any]]:
        """Return what a complete copy of a stream holds now."""
        yield from self._rows(f"/truth/{stream}")

    def jsm_truth(self, stream: str) -> Iterator[dict[str, Any]]:
        """Return what a complete copy of a stream holds now, read from JSM; without keys that a reader makes itself."""
        yield from self._rows(f"/jsm/truth/{stream}")

    def _rows(self, path: str) -> Iterator[dict[str, Any]]:
        try:
            lines = _open(self.control + path, timeout=PATIENCE)
        except HTTPError as error:
            with error:
                raise ValueError(json.load(error)["message"]) from None
        with lines:
            for line in lines:
                yield orjson.loads(line)
