"""The API's front door: who calls, how often, and the shape every answer has."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from email.utils import formatdate
from functools import partial
from typing import Any

import orjson
from aiohttp import web

from integration_tests.sandbox import storage, text
from integration_tests.sandbox.account import Account
from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.churn import Churn
from integration_tests.sandbox.faults import Misbehaviour, with_odd_rows
from integration_tests.sandbox.jsm.face import Face
from integration_tests.sandbox.limits import FREE, Limits
from integration_tests.sandbox.noise import uuid
from integration_tests.sandbox.refusal import Refusal, is_refused
from integration_tests.sandbox.rights import Keys, Kind, permit
from integration_tests.sandbox.routes import ROUTES, Route, Table
from integration_tests.sandbox.settings import Settings
from integration_tests.sandbox.sizes import Size
from integration_tests.sandbox.storage import Storage
from integration_tests.sandbox.tally import Tally

FORBIDDEN = 403
THROTTLED = 429
OTHER_CLIENTS_STEP = 0.05  # seconds
TOOK = 0.002
ERROR_TYPES = {401: "AuthenticationException", 422: "UnprocessableEntityException", 429: "TooManyRequestsException"}


class Server:
    """The sandbox: an account, its keys and limits, and the settings of the moment."""

    def __init__(self, size: Size, seed: int, settings: Settings, *, is_migrated: bool = False) -> None:
        self.size = size
        self.seed = seed
        self.keys = Keys(seed)
        self.account = Account(size, seed)
        self.churn = Churn(self.account, seed)
        self.tally = Tally()
        self.misbehaviour = Misbehaviour()
        self.table = Table(ROUTES)
        self.storage = Storage(seed)
        self.hosts: set[str] = set()
        self.settings = settings
        self.limits = Limits(settings.limits, headers=settings.throttle_headers)
        self.jsm = Face(self, is_migrated=is_migrated)
        self._before_migration: Account | None = self.account.frozen() if is_migrated else None

    def configure(self, settings: Settings) -> None:
        """Use other settings; buckets start empty."""
        self.settings = settings
        self.misbehaviour.reset()
        self.limits = Limits(settings.limits, headers=settings.throttle_headers)
        self.jsm.configure()

    def migrate(self) -> None:
        """Move the account to JSM Operations. Opsgenie goes on to show it as it is at this moment."""
        if not self.jsm.is_migrated:
            self._before_migration = self.account.frozen()
            self.account.events.clear()
            self.jsm.is_migrated = True

    @property
    def opsgenie_account(self) -> Account:
        """The account as Opsgenie shows it: what happens after its migration happens in JSM only."""
        if self._before_migration is None:
            return self.account
        self._before_migration.now = self.account.now
        return self._before_migration

    def reset(self) -> None:
        """Forget what was counted; the account stays as it is."""
        self.tally = Tally()
        self.limits.throttled.clear()
        self.jsm.limits.throttled.clear()

    def app(self) -> web.Application:
        """Return the application of the API's port. Faults on the wire belong into its middlewares."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        app.cleanup_ctx.append(self._with_other_client)
        app.on_response_prepare.append(self._tell_time)
        return app

    async def _with_other_client(self, _app: web.Application) -> AsyncIterator[None]:
        """Let another client of the account make its calls as long as the server runs."""
        task = asyncio.create_task(self._other_client())
        yield
        task.cancel()

    async def _other_client(self) -> None:
        owed: Counter[str] = Counter()
        while True:
            await asyncio.sleep(OTHER_CLIENTS_STEP)
            for domain, part in self.settings.other_client.items():
                owed[domain] += part * self.limits.rate(domain) * OTHER_CLIENTS_STEP  # type: ignore[assignment]
                while owed[domain] >= 1:
                    owed[domain] -= 1
                    with suppress(Refusal):
                        self.limits.spend(domain)
                        self.tally.other_calls[domain] += 1

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        tally = self.tally
        tally.requests.append(request.raw_path)
        tally.different.add(request.raw_path)
        path = request.rel_url.raw_path
        if path.startswith(storage.PREFIX):
            return await self._file(request)
        in_jsm = self.jsm.find(path)
        found = self.table.find(path) if in_jsm is None else None
        template, domain = (found[0].template, found[0].domain) if found else ("(none)", "(none)")
        if in_jsm is not None:
            template, domain = in_jsm.name, in_jsm.api
        tally.calls[template] += 1
        tally.domains[domain] += 1
        with tally.under_way("all", domain):
            if self.settings.latency_ms:
                await asyncio.sleep(self.settings.latency_ms / text.SECOND)
            if in_jsm is not None:
                blame = partial(tally.blame, request.raw_path)
                status, body, headers = await self.jsm.answer(request, in_jsm, self._request_id(), blame)
            else:
                try:
                    body, status, headers = self._body(request, found), 200, FREE
                except Refusal as refusal:
                    body, status, headers = refusal.body(), refusal.status, refusal.headers
        tally.statuses[status] += 1
        if status == THROTTLED:
            tally.throttled.setdefault(domain, []).append(time.monotonic())
        respond = self._response if in_jsm is None else self._jsm_response
        answer = (
            web.Response(text=body, status=status, headers=headers)
            if isinstance(body, str)
            else respond(body, status, headers, self.settings.odd.get(template, ""))
        )
        return await self.misbehaviour.apply(self.settings.fault, template, request, answer)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Answer a request to the storage, which counts against no limit and takes no key."""
        template = storage.template_of(request.path)
        self.tally.calls[template] += 1
        if request.headers.keys() & {"Authorization", "Cookie"}:
            self.tally.keys_seen_elsewhere += 1
        answer = self.storage.answer(request, self.opsgenie_account)
        self.tally.statuses[answer.status] += 1
        return await self.misbehaviour.apply(self.settings.fault, template, request, answer)

    def _body(self, request: web.Request, found: tuple[Route, dict[str, str]] | None) -> Body | str:
        blame = partial(self.tally.blame, request.raw_path)
        if request.method != "GET":
            blame(f"{request.method} request")
            raise Refusal(405, text.ONLY_READING)
        if request.host not in self.hosts:
            blame("foreign Host header")
        if self.jsm.is_migrated and self.settings.jsm.opsgenie != "readable":
            raise Refusal(int(self.settings.jsm.opsgenie), text.TURNED_OFF)
        kind = self.keys.authenticate(request.headers.get("Authorization"))
        if found is None:
            raise Refusal(404, text.NO_HANDLER)
        route, at = found
        self.limits.spend(route.domain)
        permit(kind, route, self.settings.plan)
        self.churn.happen(self.settings.churn, notes_move=self.settings.notes_move_updated_at)
        self.refuse(route.template, request.rel_url.raw_path)
        call = Call(
            account=self.opsgenie_account,
            settings=self.settings,
            limits=self.limits,
            url=f"http://{request.host}{request.rel_url.raw_path}",
            at=at,
            query=dict(request.query),
            team=self.account.configuration.team_ids[0] if kind is Kind.TEAM else None,
            storage=self.storage,
            blame=blame,
        )
        return route.handler(call)

    def refuse(self, template: str, path: str) -> None:
        """Refuse the paths that the settings say; the same ones at each call."""
        refusals = self.settings.refusals
        status, one_in, *told = refusals.get(template) or refusals.get(path) or (0, 0)
        if status and is_refused(path, one_in):
            message, code = (*told, None, None)[:2]
            raise Refusal(status, message or (text.NO_READ_ACCESS if status == FORBIDDEN else text.GONE), code=code)

    def _request_id(self) -> str:
        return uuid(self.seed, "request", sum(self.tally.statuses.values()))

    async def _tell_time(self, _request: web.Request, answer: web.StreamResponse) -> None:
        """Date each answer by the account's clock, also those of a gateway."""
        answer.headers["Date"] = self.settings.date or formatdate(self.account.now / text.SECOND, usegmt=True)

    def _jsm_response(self, body: Any, status: int, headers: dict[str, str], odd: str) -> web.Response:
        content = with_odd_rows(orjson.dumps(body), odd)
        return web.Response(body=content, status=status, headers=headers, content_type="application/json")

    def _response(self, body: Body, status: int, headers: dict[str, str], odd: str) -> web.Response:
        request_id = self._request_id()
        sent: dict[str, str] = {
            **headers,
            "X-Request-ID": request_id,
            "X-Response-Time": str(TOOK),
        }
        if status in ERROR_TYPES:
            sent["X-Opsgenie-Errortype"] = ERROR_TYPES[status]
        paging: dict[str, Any] = body.get("paging", {})
        for name, link in paging.items():
            sent[f"X-Paging-{name.capitalize()}"] = link
        whole = {**body, "took": TOOK, "requestId": request_id}
        content = with_odd_rows(orjson.dumps(whole), odd)
        return web.Response(body=content, status=status, headers=sent, content_type="application/json")
