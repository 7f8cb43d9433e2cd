"""Starts processes that need not import the CDK again: a server imports it once, and each process is a fork of it.

Importing takes about two seconds of CPU, and the tests run the connector more than a thousand times. Everything else is
as in a process of its own: arguments, environment, working directory, streams, signals and the end of the interpreter.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_REQUEST = 1 << 20  # bytes


class ForkServer:
    """The server, from the side of the tests."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def run(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], timeout: float
    ) -> tuple[int, str, str]:
        """Run a module as `python -m` does, and return its exit code, what it wrote to stdout, and to stderr.

        Raises:
            TimeoutError: the process did not end within so many seconds; it was killed.
        """
        request = {"argv": [module, *arguments], "env": dict(environment), "cwd": os.getcwd()}  # noqa: PTH109 - text
        ours, theirs = socket.socketpair()
        with ours, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with theirs:
                ours.sendall(json.dumps(request).encode() + b"\n")
                socket.send_fds(self._control, [b"x"], [theirs.fileno(), out.fileno(), err.fileno()])
            answers = ours.makefile()
            pid = int(answers.readline())
            ours.settimeout(timeout)
            try:
                code = int(answers.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise
            out.seek(0)
            err.seek(0)
            return code, out.read().decode(), err.read().decode()

    def close(self) -> None:
        """End the server."""
        self._control.close()
        self._process.wait()


def _serve(control: socket.socket) -> list[str]:
    """Fork a process for each request; return the arguments in each of them, and end the server when it is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the handlers
    while True:
        _, descriptors, _, _ = socket.recv_fds(control, 1, 3)
        if not descriptors:
            sys.exit()
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _handle(*descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _handle(connection: int, out: int, err: int) -> list[str]:
    """Fork the process that was asked for, and tell its id and its exit code; return its arguments in the fork."""
    with socket.socket(fileno=connection) as client:
        request = json.loads(client.makefile().readline())
        pid = os.fork()
        if pid:
            client.sendall(f"{pid}\n".encode())
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            client.sendall(f"{code}\n".encode())
            os._exit(0)
    for descriptor, stream in ((out, 1), (err, 2)):
        os.dup2(descriptor, stream)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    argv: list[str] = request["argv"]
    return argv


def main() -> None:
    """Serve; and in a fork, run the module that was asked for."""
    # This is what the server is for. Nothing of the connector: a test may change the clock before that is imported.
    import airbyte_cdk.entrypoint  # noqa: F401, PLC0415
    import pydantic.json_schema  # noqa: F401, PLC0415

    module, *arguments = _serve(socket.socket(fileno=int(sys.argv[1])))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
