"""Run the sandbox: `python -m integration_tests.sandbox`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import fields, replace
from typing import cast

import orjson
from aiohttp import web

from integration_tests.sandbox.control import Control
from integration_tests.sandbox.server import Server
from integration_tests.sandbox.settings import Settings
from integration_tests.sandbox.sizes import PROFILES, Size
from integration_tests.sandbox.text import stamp

HOST = "127.0.0.1"
COUNTS = tuple(each.name for each in fields(Size))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="integration_tests.sandbox", description=__doc__)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="small")
    for name in COUNTS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=f"instead of the profile's number of {name}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--settings", default="{}", help="a JSON object, see settings.py")
    parser.add_argument("--until-stdin-closes", action="store_true")
    return parser.parse_args()


def _size(arguments: argparse.Namespace) -> Size:
    given = {name: getattr(arguments, name) for name in COUNTS if getattr(arguments, name) is not None}
    return replace(PROFILES[arguments.profile], **given)


async def _listen(app: web.Application, port: int) -> tuple[web.AppRunner, int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return runner, cast("int", runner.addresses[0][1])


def _wait_for_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    # Below Python's own buffer: its lock, held by a thread that waits, would break the interpreter's end.
    while os.read(0, 4096):
        pass
    with suppress(RuntimeError):  # the loop is over already
        loop.call_soon_threadsafe(ended.set)


async def _run(arguments: argparse.Namespace) -> None:
    server = Server(_size(arguments), arguments.seed, Settings().changed(orjson.loads(arguments.settings)))
    api, port = await _listen(server.app(), arguments.port)
    control, control_port = await _listen(Control(server).app(), arguments.control_port)
    server.hosts |= {f"{HOST}:{port}", f"localhost:{port}"}
    ready = {
        "api": f"http://{HOST}:{port}",
        "control": f"http://{HOST}:{control_port}",
        "keys": {kind.value: key for kind, key in server.keys.by_kind.items()},
        "now": stamp(server.account.now),
    }
    sys.stdout.write(orjson.dumps(ready).decode() + "\n")
    sys.stdout.flush()

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    if arguments.until_stdin_closes:
        threading.Thread(target=_wait_for_stdin, args=(loop, ended), daemon=True).start()
    await ended.wait()
    await asyncio.gather(api.cleanup(), control.cleanup())


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
