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
from typing import Any, cast

import orjson
from aiohttp import web

from integration_tests.sandbox.control import Control
from integration_tests.sandbox.jsm.credentials import Kind as JsmKind
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
    parser.add_argument("--migrated", action="store_true", help="the account has moved to JSM Operations already")
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


def _words(server: Server, ready: dict[str, Any]) -> str:
    """Tell a person what runs, and with what it can be read."""
    jsm, credentials = ready["jsm"], server.jsm.credentials.by_kind
    token = credentials[JsmKind.CLASSIC]
    site = {"site": ready["api"], "email": token.email, "organization_id": jsm["organization_id"]}
    opsgenie = {"api_token": server.keys.full, "endpoint": ready["api"]}
    others = (
        f"  {kind.value}: {each.token}" + (" (Bearer)" if each.is_bearer else f" (Basic, {each.email})")
        for kind, each in credentials.items()
    )
    return "\n".join(
        [
            "",
            f"One account, two faces, both at {ready['api']}. Ctrl-C ends them.",
            "",
            "Opsgenie. A configuration of the connector for it, with the key that sees all:",
            f"  {orjson.dumps(opsgenie).decode()}",
            "",
            "JSM Operations, which answers once the account has moved there. "
            + ("It has." if server.jsm.is_migrated else "It moves with:"),
            *([] if server.jsm.is_migrated else [f"  curl --request POST {ready['control']}/migrate"]),
            "A configuration of the connector for it, with an API token of an admin:",
            f"  {orjson.dumps({'api_token': token.token, 'jira_service_management': site}).decode()}",
            "All its credentials:",
            *others,
            "",
            "",
        ]
    )


async def _run(arguments: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    settings = Settings().changed(orjson.loads(arguments.settings))
    server = Server(_size(arguments), arguments.seed, settings, is_migrated=arguments.migrated)
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
    sys.stdout.write(orjson.dumps(ready).decode() + "\n")
    if not arguments.until_stdin_closes:
        sys.stdout.write(_words(server, ready))
    sys.stdout.flush()

    if arguments.until_stdin_closes:
        threading.Thread(target=_wait_for_stdin, args=(loop, ended), daemon=True).start()
    await ended.wait()
    await asyncio.gather(api.cleanup(), control.cleanup())


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
