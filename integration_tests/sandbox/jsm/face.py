"""The front door of the migrated account: which API a path belongs to, who calls, and the shape of the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from integration_tests.sandbox import text
from integration_tests.sandbox.jsm import document, refusals
from integration_tests.sandbox.jsm.account import MigratedAccount
from integration_tests.sandbox.jsm.call import JsmCall
from integration_tests.sandbox.jsm.credentials import Base, Credential, Credentials, permit_base, permit_scope
from integration_tests.sandbox.jsm.limits import JsmLimits
from integration_tests.sandbox.jsm.routes import ROUTES, JsmRoute
from integration_tests.sandbox.noise import uuid
from integration_tests.sandbox.refusal import Refusal
from integration_tests.sandbox.routes import Table

if TYPE_CHECKING:
    from integration_tests.sandbox.server import Server

# The addresses below which the APIs are, as a loopback site serves them all; the path's own part comes behind.
BASES: tuple[tuple[str, Base, str], ...] = (
    (r"/jsm/ops/api/(?P<cloud>[^/]+)(?P<path>/v1/.*)", Base.CLASSIC, "operations"),
    (r"/jsm/api/(?P<cloud>[^/]+)(?P<path>/v1/services/?)", Base.CLASSIC, "services"),
    (r"(?P<path>/public/teams/.*)", Base.CLASSIC, "teams"),
    (r"/gateway/api(?P<path>/public/teams/.*)", Base.SITE, "teams"),
    (r"/ex/jira/(?P<cloud>[^/]+)/jsm/ops/api(?P<path>/v1/.*)", Base.SCOPED, "operations"),
    (r"/ex/jira/(?P<cloud>[^/]+)(?P<path>/rest/api/.*)", Base.SCOPED, "jira"),
    (r"(?P<path>/rest/api/.*)", Base.SITE, "jira"),
    (r"(?P<path>/_edge/.*)", Base.SITE, "site"),
)
PREFIXES = ("/jsm/", "/public/", "/gateway/", "/ex/", "/rest/", "/_edge/")
NOT_FOUND = "null for uri"
# Does not exist either, but shows whether the Teams API answers, which has no cheap call.
ALIVE = "/public/teams/v1/org"
UNKNOWN = "(no endpoint of JSM)"


@dataclass(frozen=True)
class Found:
    """What a path leads to."""

    base: Base
    api: str
    cloud_id: str | None
    path: str
    route: JsmRoute | None
    at: dict[str, str]

    @property
    def name(self) -> str:
        """By which it is counted."""
        return self.route.name if self.route else UNKNOWN


class Face:
    """The migrated account; before the migration there is the site only, without Operations."""

    def __init__(self, server: Server, *, is_migrated: bool) -> None:
        self.server = server
        self.cloud_id = uuid(server.seed, "cloud")
        self.organization_id = uuid(server.seed, "organization")
        self.is_migrated = is_migrated
        self.credentials = Credentials(server.seed, server.account.configuration, server.keys.full)
        self._tables = {api: Table(routes) for api, routes in ROUTES.items()}
        self._bases = [(re.compile(pattern), base, api) for pattern, base, api in BASES]
        self._accounts: dict[bool, MigratedAccount] = {}
        self.configure()

    def configure(self) -> None:
        """Use the settings of the moment; buckets start empty."""
        jsm = self.server.settings.jsm
        self.limits = JsmLimits(jsm.limits, jsm.throttle_headers)

    @property
    def account(self) -> MigratedAccount:
        """The account, with its ids kept or changed as the settings say."""
        changed = self.server.settings.jsm.ids == "changed"
        if changed not in self._accounts:
            server = self.server
            self._accounts[changed] = MigratedAccount(server.account, server.size, server.seed, ids_changed=changed)
        return self._accounts[changed]

    def shown(self) -> dict[str, Any]:
        """Return what a client needs to know."""
        return {
            "cloud_id": self.cloud_id,
            "organization_id": self.organization_id,
            "credentials": {kind.value: each.shown() for kind, each in self.credentials.by_kind.items()},
        }

    def find(self, raw_path: str) -> Found | None:
        """Return what a path leads to; nothing where it is none of these APIs."""
        if not raw_path.startswith(PREFIXES):
            return None
        for pattern, base, api in self._bases:
            match = pattern.fullmatch(raw_path)
            if match is None:
                continue
            found = self._tables[api].find(match["path"])
            route, at = found or (None, {})
            return Found(base, api, match.groupdict().get("cloud"), match["path"], route, at)
        return Found(Base.SITE, "site", None, raw_path, None, {})

    async def answer(
        self, request: web.Request, found: Found, request_id: str, blame: Callable[[str], None]
    ) -> tuple[int, Any, dict[str, str]]:
        """Return status, body and headers of the answer to a request."""
        headers: dict[str, str] = {}
        content = await request.read()
        try:
            headers |= self.limits.spend(found.api, self.server.account.now)
            return 200, self._body(request, found, content, blame), headers
        except Refusal as refusal:
            return refusal.status, refusals.body(refusal, found.name, request_id), headers | refusal.headers

    def _body(self, request: web.Request, found: Found, content: bytes, blame: Callable[[str], None]) -> Any:
        route = found.route
        if request.method != (route.method if route else "GET"):
            blame(f"{request.method} request")
            raise Refusal(405, text.ONLY_READING)
        credential = self._permitted(request, found)
        if route is None or found.cloud_id not in (None, self.cloud_id):
            if found.path != ALIVE:
                blame("a path that does not exist")
            raise Refusal(404, NOT_FOUND)
        server = self.server
        pairs = tuple(request.query.items())
        given = document.read(
            route.name, pairs, blame, clamps=server.settings.jsm.oversize == "clamp", allowed=_allowed(route, pairs)
        )
        server.churn.happen(server.settings.churn, notes_move=server.settings.notes_move_updated_at)
        server.refuse(route.name, request.rel_url.raw_path)
        return route.handler(
            JsmCall(
                account=self.account,
                settings=server.settings,
                now=server.account.now,
                path=found.path,
                cloud_id=self.cloud_id,
                organization_id=self.organization_id,
                at=found.at,
                given=given,
                pairs=pairs,
                body=_object(content),
                credential=credential,
                link_form=route.link_form,
                last_form=route.last_form,
                host=request.host,
                storage=server.storage,
                blame=blame,
            )
        )

    def _permitted(self, request: web.Request, found: Found) -> Credential:
        if found.route is not None and found.route.is_open:
            return self.credentials.any
        credential = self.credentials.authenticate(request.headers.get("Authorization"))
        permit_base(credential, found.base)
        if found.route is not None:
            permit_scope(credential, found.route.scope)
        if found.api == "operations" and not (self.is_migrated and credential.sees_operations):
            raise refusals.no_operations()
        return credential


def _allowed(route: JsmRoute, pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Return what is taken without being documented: a sort, and an offset where a cursor pages."""
    parameters = document.PARAMETERS[route.name]
    if "sort" in parameters:
        return [("sort", "updatedAt")]
    return [(name, value) for name, value in pairs if name == "offset" and "after" in parameters]


def _object(content: bytes) -> dict[str, Any]:
    if not content:
        return {}
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Refusal(400, "The body is no JSON object")
    return value
