"""Run the sandbox: `python -m integration_tests.sandbox`."""

from __future__ import annotations

import argparse
import asyncio
import errno
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
from integration_tests.sandbox.greeting import greeting, sizes
from integration_tests.sandbox.server import Server
from integration_tests.sandbox.settings import Settings
from integration_tests.sandbox.sizes import PROFILES, Size
from integration_tests.sandbox.text import stamp

HOST = "127.0.0.1"
COUNTS = tuple(each.name for each in fields(Size))


DESCRIPTION = """\
Runs a made-up account on this machine that answers as Opsgenie does and, once it has moved, as JSM Operations does.
`make sandbox` starts a small one at port 8642; `make sandbox PROFILE=medium PORT=8643` another one."""


def _arguments() -> argparse.Namespace:
    profiles = "\n".join(f"  {name}: {sizes(size)}" for name, size in PROFILES.items())
    parser = argparse.ArgumentParser(
        prog="python -m integration_tests.sandbox",
        description=DESCRIPTION,
        epilog=f"the sizes of the profiles:\n{profiles}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--profile", choices=PROFILES, default="small", help="how large it is, see below; %(default)s")
    for name in COUNTS:
        words = "alerts created in one and the same millisecond" if name == "burst" else name.replace("_", " ")
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=f"instead of the profile's number of {words}")
    parser.add_argument("--seed", type=int, default=1, help="another number gives another account of the same size")
    parser.add_argument("--port", type=int, default=0, help="where it listens; without it, at any free port")
    parser.add_argument("--control-port", type=int, default=0, help="where it is told to change, likewise")
    parser.add_argument("--settings", default="{}", help="a JSON object, see settings.py")
    parser.add_argument("--migrated", action="store_true", help="the account has moved to JSM Operations already")
    parser.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="for programs: print one line of JSON, and end when the standard input does",
    )
    return parser.parse_args()


def _size(arguments: argparse.Namespace) -> Size:
    given = {name: getattr(arguments, name) for name in COUNTS if getattr(arguments, name) is not None}
    return replace(PROFILES[arguments.profile], **given)


async def _listen(app: web.Application, port: int) -> tuple[web.AppRunner, int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        await runner.cleanup()
        raise SystemExit(_not_listening(error, port)) from error
    return runner, cast("int", runner.addresses[0][1])


def _not_listening(error: OSError, port: int) -> str:
    if error.errno != errno.EADDRINUSE:
        return f"The sandbox cannot listen at port {port}: {error.strerror}. Choose another: make sandbox PORT=8643"
    return (
        f"Port {port} is taken, perhaps by another sandbox. End that one with Ctrl-C in its terminal, or choose "
        f"another port: make sandbox PORT={port + 1}"
    )


def _wait_for_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    # Below Python's own buffer: its lock, held by a thread that waits, would break the interpreter's end.
    while os.read(0, 4096):
        pass
    with suppress(RuntimeError):  # the loop is over already
        loop.call_soon_threadsafe(ended.set)


async def _run(arguments: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    settings = Settings().changed(orjson.loads(arguments.settings))
    size = _size(arguments)
    server = Server(size, arguments.seed, settings, is_migrated=arguments.migrated)
    api, port = await _listen(server.app(), arguments.port)
    control, control_port = await _listen(Control(server).app(), arguments.control_port)
    server.hosts |= {f"{HOST}:{port}", f"localhost:{port}"}
    ready = {
        "api": f"http://{HOST}:{port}",
        "control": f"http://{HOST}:{control_port}",
        "keys": {kind.value: key for kind, key in server.keys.by_kind.items()},
        "jsm": server.jsm.shown(),
        "now": stamp(server.account.now),
    }
    is_for_a_program = arguments.until_stdin_closes
    sys.stdout.write(orjson.dumps(ready).decode() + "\n" if is_for_a_program else greeting(server, size, ready))
    sys.stdout.flush()

    if arguments.until_stdin_closes:
        threading.Thread(target=_wait_for_stdin, args=(loop, ended), daemon=True).start()
    await ended.wait()
    await asyncio.gather(api.cleanup(), control.cleanup())


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
