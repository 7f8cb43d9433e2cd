"""Named ways in which the API misbehaves, on the wire and in its answers."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import orjson
from aiohttp import web

from integration_tests.sandbox import text

Fault = Callable[[web.Request, web.Response], Awaitable[web.StreamResponse]]

FOREVER = 3_600
LARGE = 8 * 2**20
HUGE = 200 * 2**20
MEGABYTE = b" " * 2**20
BETWEEN_PIECES = 0.2  # seconds
ELSEWHERE = "http://elsewhere.invalid/v2/other?offset=100"
# Where an answer has its rows: in Opsgenie's envelope, or in one of those of the migrated account.
ENVELOPES = (
    *("data", "values", "platformTeams", "services", "entities", "results", "finalTimeline"),
    *("onCallParticipants", "nextOnCallParticipants"),
)
_LIST = re.compile(rb'^\[|"(?:data|values|platformTeams|services|entities|results)":\[')
# Paths of Opsgenie begin with one of these; on others a refusal tells how long to wait in Atlassian's way.
OPSGENIE = ("/v1/", "/v2/")


def _status(status: int, **headers: str) -> Fault:
    async def fault(request: web.Request, _answer: web.Response) -> web.StreamResponse:
        body = {"message": text.THROTTLED if status == 429 else "It broke.", "took": 0.1, "requestId": "r"}
        told = headers
        if headers and not request.path.startswith(OPSGENIE):
            told = {"Retry-After": headers["X-RateLimit-Period-In-Sec"]}
        return web.json_response(body, status=status, headers=told)

    return fault


def _body(content: bytes, content_type: str = "application/json", status: int = 200) -> Fault:
    async def fault(_request: web.Request, _answer: web.Response) -> web.StreamResponse:
        return web.Response(body=content, content_type=content_type, status=status)

    return fault


def _changed(change: Callable[[Any, web.Request], object]) -> Fault:
    """Answer with the right envelope, changed."""

    async def fault(request: web.Request, answer: web.Response) -> web.StreamResponse:
        body = orjson.loads(_bytes(answer))
        change(body, request)
        return web.json_response(body)

    return fault


def _instead(rows: Any) -> Fault:
    """Answer with something else in the place of the rows, or, where they are the whole answer, in its place."""

    async def fault(request: web.Request, answer: web.Response) -> web.StreamResponse:
        body = orjson.loads(_bytes(answer))
        place = _place(body, request)
        return web.json_response(rows if place is None else {**body, place: rows})

    return fault


async def _without_rows(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Answer without the place of the rows."""
    body = orjson.loads(_bytes(answer))
    place = _place(body, request)
    return web.json_response({} if place is None else {name: body[name] for name in body if name != place})


def _place(body: Any, request: web.Request) -> str | None:
    """Return the name under which an answer has its rows; nothing where they are the whole answer."""
    if request.path.startswith(OPSGENIE):
        return "data"
    return next((name for name in ENVELOPES if name in body), None) if isinstance(body, dict) else None


def with_odd_rows(content: bytes, odd: str) -> bytes:
    """Return an answer with a text before the rows of its list; it may be no JSON."""
    match = _LIST.search(content) if odd else None
    if match is None:
        return content
    rows = content[match.end() :]
    return content[: match.end()] + odd.encode("latin-1") + (b"" if rows[:1] == b"]" else b",") + rows


def _bytes(answer: web.Response) -> bytes:
    body = answer.body
    return body if isinstance(body, bytes) else b""


async def _abort(request: web.Request, _answer: web.Response) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _reset(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Break off in the middle of the body."""
    content = _bytes(answer)
    response = web.StreamResponse(headers={"Content-Length": str(len(content)), "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    return await _abort(request, answer)


async def _too_large(request: web.Request, _answer: web.Response) -> web.StreamResponse:
    """Announce two gigabytes, and begin with them."""
    response = web.StreamResponse(headers={"Content-Length": str(2 * 10**9)})
    await response.prepare(request)
    await response.write(MEGABYTE)
    return await _abort(request, _answer)


def _redirected(request: web.Request, _answer: web.Response) -> Awaitable[web.StreamResponse]:
    """Lead to the same file by the machine's other name."""
    raise web.HTTPTemporaryRedirect(f"http://localhost:{request.url.port}{request.raw_path}")


async def _hang(_request: web.Request, answer: web.Response) -> web.StreamResponse:
    await asyncio.sleep(FOREVER)
    return answer


async def _gzip(_request: web.Request, answer: web.Response) -> web.StreamResponse:
    content = gzip.compress(_bytes(answer))
    return web.Response(body=content, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


async def _charset(_request: web.Request, answer: web.Response) -> web.StreamResponse:
    return web.Response(body=_bytes(answer), headers={"Content-Type": "application/json; charset=utf-16"})


async def _truncated(_request: web.Request, answer: web.Response) -> web.StreamResponse:
    content = _bytes(answer)
    return web.Response(body=content[: len(content) - 20], content_type="application/json")


async def _large(_request: web.Request, answer: web.Response) -> web.StreamResponse:
    return web.Response(body=b" " * LARGE + _bytes(answer), content_type="application/json")


async def _huge(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Answer with 200 MB, as long as somebody reads."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with suppress(ConnectionError):
        for _ in range(HUGE // len(MEGABYTE)):
            await response.write(MEGABYTE)
        await response.write(_bytes(answer))
    return response


async def _drip(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Send a byte a second, as long as somebody waits for it."""
    content = _bytes(answer)
    response = web.StreamResponse(headers={"Content-Length": str(len(content)), "Content-Type": "application/json"})
    await response.prepare(request)
    with suppress(ConnectionError):
        for byte in content:
            await response.write(bytes([byte]))
            await asyncio.sleep(1)
    return response


def _without_end(begin: bytes, again: bytes) -> Fault:
    """Answer on the wire itself, as long as somebody waits for the end."""

    async def fault(request: web.Request, answer: web.Response) -> web.StreamResponse:
        transport = request.transport
        if transport is not None:
            transport.write(begin)
            while not transport.is_closing():
                transport.write(again)
                await asyncio.sleep(BETWEEN_PIECES)
        return answer

    return fault


async def _not_gzip(_request: web.Request, answer: web.Response) -> web.StreamResponse:
    return web.Response(body=_bytes(answer), headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


def _redirect(request: web.Request, _answer: web.Response) -> Awaitable[web.StreamResponse]:
    raise web.HTTPFound(f"http://localhost:{request.url.port}/elsewhere")


def _link(body: Any, link: str) -> None:
    """Lead on from an answer; a bare array and a single object have no place for that."""
    if isinstance(body, list):
        return
    if "pagination" in body:
        body["pagination"]["hasNext"] = True
    elif "entities" in body:
        body["cursor"] = "at-0"
    elif "pageInfo" in body:
        body["pageInfo"] = {"endCursor": "at-0", "hasNextPage": True}
    elif "values" in body or "data" in body:
        name = "links" if "values" in body else "paging"
        body[name] = {**(body.get(name) or {}), "next": link}


def _elsewhere(body: Any, request: web.Request) -> None:
    """Lead to another host. JSM's own links have several forms, of which only the query counts: that one stays."""
    if request.path.startswith(OPSGENIE):
        _link(body, ELSEWHERE)
    elif isinstance(body, dict) and (body.get("links") or {}).get("next"):
        _link(body, f"http://elsewhere.invalid/v1/other?{body['links']['next'].partition('?')[2]}")


def _endless(body: Any, request: web.Request) -> None:
    """Link on for ever, each time to another offset, wherever the list stands."""
    if request.path.endswith("/v1/logs"):
        page = int(request.query.get("pageToken", "page-0").removeprefix("page-"))
        _link(body, str(request.url.update_query(pageToken=f"page-{page + 1}")))
        return
    offset = request.query.get("offset", "0")
    offset = str(int(offset) + 1) if offset.isdigit() else f"{offset}1"
    _link(body, str(request.url.update_query(offset=offset)))


# Passing by themselves, or harmless: a sync goes on, complete.
PASSING: dict[str, Fault] = {
    **{str(status): _status(status) for status in (500, 503)},
    # These come from CloudFront, which stands in front of the API.
    **{str(status): _body(b"<html><h1>ERROR</h1></html>", "text/html", status) for status in (502, 504)},
    "429": _status(429, **{"X-RateLimit-Period-In-Sec": "1"}),
    "429 without headers": _status(429),
    "reset": _reset,
    "abort": _abort,
    "hang": _hang,
    "truncated": _truncated,
    "html": _body(b"<!DOCTYPE html><html>Sorry</html>", "text/html"),
    "empty": _body(b""),
    "no json": _body(b"sorry"),
    "other json": _body(b"[1, 2]"),
    "data null": _instead(None),
    "data text": _instead("sorry"),
    "no data": _without_rows,
    "not gzip": _not_gzip,
    "drip": _drip,
    "endless head": _without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "endless trailers": _without_end(
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{"data":[]}\r\n0\r\n', b"X: y\r\n"
    ),
}
HARMLESS: dict[str, Fault] = {"gzip": _gzip, "charset": _charset, "large": _large}
# Answers that lead nowhere: a sync ends with an error that says so.
LASTING: dict[str, Fault] = {
    "400": _status(400),
    "422": _status(422),
    "revoked": _status(401),
    "huge": _huge,
    "redirect": _redirect,
}
LINKS: dict[str, Fault] = {
    "link to itself": _changed(lambda body, request: _link(body, str(request.url))),
    "link elsewhere": _changed(_elsewhere),
    "link without end": _changed(_endless),
}
# Of the storage.
FILES: dict[str, Fault] = {
    "expired": _status(403),
    "gone": _status(404),
    "too large": _too_large,
    "redirected": _redirected,
}
FAULTS: dict[str, Fault] = {**PASSING, **HARMLESS, **LASTING, **LINKS, **FILES}


class Misbehaviour:
    """Applies one fault to calls of some endpoints.

    Of each endpoint it affects the calls from the `after`th on, `times` of them (None: all).
    """

    def __init__(self) -> None:
        self._met: Counter[str] = Counter()

    def reset(self) -> None:
        """Count anew."""
        self._met.clear()

    async def apply(
        self, fault: dict[str, Any], template: str, request: web.Request, answer: web.Response
    ) -> web.StreamResponse:
        """Return the answer, or what the fault makes of it."""
        if not fault or template not in fault["on"]:
            return answer
        self._met[template] += 1
        at = self._met[template] - fault.get("after", 0)
        if at <= 0 or (fault.get("times") is not None and at > fault["times"]):
            return answer
        return await FAULTS[fault["name"]](request, answer)
