"""A real browser without a window: Chromium, asked over its debugging protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser")
PATIENCE = 60  # seconds for an answer
LARGEST = 64 * 2**20  # bytes of a message; a screenshot is one

# As root it needs to be without its sandbox; without the others it calls its makers.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    "--remote-debugging-port=0",
)


@dataclass(frozen=True)
class Screen:
    """What a reader looks at it with."""

    width: int
    height: int
    scheme: str = "light"
    is_phone: bool = False
    shows_all: bool = True  # its picture is of the whole page, not only of what fits on it


@dataclass
class Seen:
    """What the browser shows.

    Attributes:
        answers: what the page's own JavaScript says to each question.
        picture: a PNG, if one was asked for.
        requested: every address that was asked for.
        complaints: errors of scripts, and what the page's own policy kept from being loaded.
    """

    answers: list[Any] = field(default_factory=list)
    picture: bytes = b""
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


class _Session:
    """One page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call, and wait for the answer."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        answer = await self._until(lambda message: message.get("id") == number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def event(self, method: str) -> None:
        """Wait for an event that has not come yet."""
        if not any(event["method"] == method for event in self.events):
            await self._until(lambda message: message.get("method") == method)

    async def evaluate(self, script: str) -> Any:
        """Ask the page."""
        answer = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = await asyncio.wait_for(self._socket.receive_json(), PATIENCE)
            if "method" in message:
                self.events.append(message)
            if wanted(message):
                return message


@cache
def installed() -> str | None:
    """Return the program; None if there is none, or only Ubuntu's, which ends with an error that asks for a snap."""
    found = [program for program in map(shutil.which, NAMES) if program is not None]
    return next((program for program in found if _starts(program)), None)


def _starts(program: str) -> bool:
    done = subprocess.run([program, "--version"], capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603 - the Chromium that is installed
    return done.returncode == 0


@contextmanager
def browser(profile: Path) -> Iterator[str]:
    """Run a browser, and give the address at which it listens."""
    command = [installed() or NAMES[0], *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603 - a program of Debian's
    try:
        with ThreadPoolExecutor() as pool:
            address = pool.submit(_address, process).result(PATIENCE)
        yield address.replace("ws:", "http:").partition("/devtools")[0]
    finally:
        process.terminate()
        process.communicate()


def look(
    page: Path, screen: Screen, browser: str, *questions: str, fragment: str = "", has_picture: bool = False
) -> Seen:
    """Open a page in a running browser, at a fragment of its address if there is one, and ask it."""
    return asyncio.run(_look(page.as_uri() + fragment, screen, browser, questions, has_picture=has_picture))


async def _look(address: str, screen: Screen, browser: str, questions: tuple[str, ...], *, has_picture: bool) -> Seen:
    async with _session(browser) as session:
        for domain in ("Page", "Network", "Log", "Runtime"):
            await session.call(f"{domain}.enable")
        await session.call(
            "Emulation.setDeviceMetricsOverride",
            width=screen.width,
            height=screen.height,
            deviceScaleFactor=1,
            mobile=screen.is_phone,
        )
        features = [{"name": "prefers-color-scheme", "value": screen.scheme}]
        await session.call("Emulation.setEmulatedMedia", features=features)
        await session.call("Page.navigate", url=address)
        await session.event("Page.loadEventFired")
        # Two frames on, everything that the load has set off is drawn.
        await session.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        answers = [await session.evaluate(question) for question in questions]
        picture = b""
        if has_picture:
            shot = await session.call("Page.captureScreenshot", captureBeyondViewport=screen.shows_all)
            picture = base64.b64decode(shot["data"])
        requested = [
            event["params"]["request"]["url"]
            for event in session.events
            if event["method"] == "Network.requestWillBeSent"
        ]
        complaints = [
            str(event["params"])
            for event in session.events
            if event["method"] in {"Runtime.exceptionThrown", "Log.entryAdded"}
        ]
    return Seen(answers, picture, requested, complaints)


@asynccontextmanager
async def _session(browser: str) -> AsyncIterator[_Session]:
    """Open a tab, and close it again."""
    async with aiohttp.ClientSession() as http:
        async with http.put(f"{browser}/json/new?about:blank") as answer:
            tab = await answer.json()
        async with http.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=LARGEST) as socket:
            yield _Session(socket)
        async with http.get(f"{browser}/json/close/{tab['id']}"):
            pass


def _address(process: subprocess.Popen[str]) -> str:
    """Read where the browser listens: it says so when it has started."""
    for line in process.stderr or ():
        if line.startswith("DevTools listening on "):
            return line.split()[-1]
    raise RuntimeError("Chromium did not start.")
