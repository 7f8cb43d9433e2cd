"""The second port, by which a test watches the sandbox and lets things happen in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict
from functools import partial
from typing import Any

import orjson
from aiohttp import web

from integration_tests.sandbox.jsm.truth import truth as jsm_truth
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.server import Server
from integration_tests.sandbox.truth import truth

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ROWS_AT_ONCE = 500


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")


class Control:
    """The endpoints of the control port."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def app(self) -> web.Application:
        """Return the application of the control port."""
        app = web.Application(middlewares=[self.guard], client_max_size=64 * 2**20)
        app.add_routes(
            [
                web.get("/stats", self.stats),
                web.post("/reset", self.reset),
                web.get("/settings", self.settings),
                web.post("/settings", self.change_settings),
                web.post("/mutate", self.mutate),
                web.post("/migrate", self.migrate),
                web.get("/truth/{stream}", self.truth),
                web.get("/jsm/truth/{stream}", self.jsm_truth),
                web.get("/requests", self.requests),
                web.get("/journal", self.journal),
            ]
        )
        return app

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Notice a key that was sent to a host it does not belong to; answer nonsense with 400."""
        if "Authorization" in request.headers:
            self.server.tally.keys_seen_elsewhere += 1
        try:
            return await handler(request)
        except (ValueError, TypeError) as error:
            return _json({"message": str(error)}, 400)

    async def stats(self, _request: web.Request) -> web.Response:
        """Show everything counted."""
        throttled = self.server.limits.throttled | self.server.jsm.limits.throttled
        return _json(self.server.tally.shown() | {"throttled": throttled})

    async def reset(self, _request: web.Request) -> web.Response:
        """Start counting anew."""
        self.server.reset()
        return _json({})

    async def settings(self, _request: web.Request) -> web.Response:
        """Show the settings."""
        return _json(asdict(self.server.settings))

    async def change_settings(self, request: web.Request) -> web.Response:
        """Change some settings."""
        self.server.configure(self.server.settings.changed(orjson.loads(await request.read())))
        return await self.settings(request)

    async def mutate(self, request: web.Request) -> web.Response:
        """Let a list of things happen, and show each row as it is afterwards."""
        account, settings = self.server.account, self.server.settings
        rows = [
            account.mutate(operation, notes_move=settings.notes_move_updated_at)
            for operation in orjson.loads(await request.read())
        ]
        return _json({"rows": rows, "now": account.now})

    async def migrate(self, _request: web.Request) -> web.Response:
        """Move the account to JSM Operations: what happens from now on happens there."""
        self.server.migrate()
        return _json({})

    async def truth(self, request: web.Request) -> web.StreamResponse:
        """Stream what a complete copy holds, one row a line."""
        return await self._streamed(request, partial(truth, self.server))

    async def jsm_truth(self, request: web.Request) -> web.StreamResponse:
        """Stream what a complete copy of the migrated account holds, one row a line."""
        return await self._streamed(request, partial(jsm_truth, self.server))

    async def _streamed(self, request: web.Request, of: Callable[[str], Iterable[Row]]) -> web.StreamResponse:
        try:
            rows = of(request.match_info["stream"])
        except KeyError:
            name = request.match_info["stream"]
            return _json({"message": f"The sandbox knows no stream {name}: add it in lists.py or truth.py."}, 404)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        lines: list[bytes] = []
        for row in rows:
            lines.append(orjson.dumps(row) + b"\n")
            if len(lines) == ROWS_AT_ONCE:
                await response.write(b"".join(lines))
                lines.clear()
        await response.write(b"".join(lines))
        return response

    async def journal(self, _request: web.Request) -> web.Response:
        """Show what happened while the account was read, oldest first."""
        return _json(self.server.churn.journal)

    async def requests(self, request: web.Request) -> web.Response:
        """Show the last requests, oldest first."""
        last = int(request.query.get("last", "100"))
        return _json(list(self.server.tally.requests)[-last:])
