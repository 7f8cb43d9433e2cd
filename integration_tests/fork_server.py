"""Starts processes as forks of a server that has imported the large packages once.

Importing the CDK and the connector takes two seconds of CPU, PyAirbyte six, and the tests start these programs more
than a thousand times. Everything else is as in a process of its own: arguments, environment, working directory,
streams, signals, and what runs at the end.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from typing_extensions import Self

from integration_tests import forked
from integration_tests.forked import STREAMS, Forked

ROOT = Path(__file__).parents[1]
BACKLOG = 64


class Process(Forked):
    """A forked process that runs beside a test, with the methods of `subprocess.Popen` that the tests use."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO | None = None  # its errors go where `start` was told

    def open(self, stdin: int, stdout: int) -> None:
        """Open the ends of the pipes to the process."""
        self.stdin, self.stdout = os.fdopen(stdin, "w"), os.fdopen(stdout)

    def __enter__(self) -> Self:
        """Return the process."""
        return self

    def __exit__(self, _type: object, _error: object, _trace: object) -> None:
        """Close the pipes, and wait for the end of the process."""
        self.stdout.close()
        self.stdin.close()
        self.wait()

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def communicate(self) -> tuple[str, None]:
        """Return the rest of the output."""
        return self.stdout.read(), None


class ForkServer:
    """A server of processes that have imported some modules.

    Attributes:
        address: the socket at which it listens.
    """

    def __init__(self, address: Path) -> None:
        self.address = address

    def run(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], timeout: float
    ) -> tuple[int, str, str]:
        """Run a module to its end, and return its exit code, what it wrote to stdout, and to stderr.

        Raises:
            TimeoutError: the process did not end within so many seconds; it was killed.
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull) as nothing:  # noqa: PTH123 - no file of ours
            streams = [each.fileno() for each in (nothing, out, err)]
            with contextlib.closing(Forked(self.address, [module, *arguments], environment, streams)) as process:
                code = process.wait(timeout)
            out.seek(0)
            err.seek(0)
            return code, out.read().decode(), err.read().decode()

    def start(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], stderr: int | None = None
    ) -> Process:
        """Start a module, and return while it runs; without `stderr`, its errors go to its stdout."""
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        streams = [theirs_in, theirs_out, theirs_out if stderr is None else stderr]
        process = Process(self.address, [module, *arguments], environment, streams)
        for descriptor in (theirs_in, theirs_out):
            os.close(descriptor)
        process.open(ours_in, ours_out)
        return process

    def launcher(self, name: str, module: str) -> Path:
        """Write a program that runs a module as a fork, and return its path."""
        program = self.address.with_name(name)
        command = shlex.join([sys.executable, "-S", "-E", forked.__file__, str(self.address), module])
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o700)
        return program


class StartedServer(ForkServer):
    """A server that this process has started. It imports the modules at the first request."""

    def __init__(
        self, *modules: str, python: str | Path = sys.executable, environment: Mapping[str, str] | None = None
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        super().__init__(Path(self._folder.name) / "socket")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.address))
            listening.listen(BACKLOG)
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [python, "-m", __name__, str(listening.fileno()), *modules],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                pass_fds=[listening.fileno()],
                env={**os.environ, **(environment or {})},
            )

    def close(self) -> None:
        """End the server."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()


class _Server:
    """The server itself: it forks a process for each request, and tells the client the exit code."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._clients: dict[int, socket.socket] = {}  # by the id of the process that runs for it
        self._ended, self._wakeup = socket.socketpair()  # a byte arrives when a process has ended

    def serve(self, modules: Sequence[str]) -> list[str]:
        """Fork a process for each request, and return its arguments there; the server ends when its stdin is closed."""
        for each in (self._ended, self._wakeup):
            each.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup.fileno(), warn_on_full_buffer=False)
        is_ready = False
        while True:
            ready, _, _ = select.select([self._listening, sys.stdin, self._ended, *self._clients.values()], [], [])
            is_over = sys.stdin in ready
            for pid in [pid for pid, client in self._clients.items() if is_over or client in ready]:
                self._abandon(pid)
            if is_over:
                sys.exit()
            if self._ended in ready:
                self._ended.recv(BACKLOG)
                self._reap()
            if self._listening not in ready:
                continue
            if not is_ready:
                for name in modules:
                    importlib.import_module(name)
                gc.collect()
                gc.freeze()  # the forks share the memory as long as nobody writes to it
                is_ready = True
            argv = self._answer(self._listening.accept()[0])
            if argv:
                return argv

    def _abandon(self, pid: int) -> None:
        """Kill a process that nobody waits for any more, because its client or the whole test run has ended."""
        self._clients.pop(pid).close()
        os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        """Tell the exit codes of the processes that have ended to their clients."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if pid in self._clients:
                    with self._clients.pop(pid) as client, contextlib.suppress(BrokenPipeError):
                        client.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())

    def _answer(self, client: socket.socket) -> list[str]:
        """Fork the requested process and send its id; return its arguments in the fork, and nothing in the server."""
        _, descriptors, _, _ = socket.recv_fds(client, 1, len(STREAMS))
        line = client.makefile().readline()
        pid = os.fork() if line else None  # a client that was killed before it asked
        if pid == 0:
            self._leave()
            client.close()
            return _become(json.loads(line), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        if pid is None:
            client.close()
        else:
            self._clients[pid] = client
            with contextlib.suppress(BrokenPipeError):
                client.sendall(f"{pid}\n".encode())
        return []

    def _leave(self) -> None:
        """Close in a fork what belongs to the server."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for each in (self._listening, self._ended, self._wakeup, *self._clients.values()):
            each.close()


def _become(request: Mapping[str, Any], descriptors: Sequence[int]) -> list[str]:
    """Take the streams, the environment and the directory that were asked for, and return the arguments."""
    for stream, descriptor in zip(STREAMS, descriptors, strict=True):
        os.dup2(descriptor, stream)
    for descriptor in descriptors:
        os.close(descriptor)
    # A new object: the server's own may have been made for a file, which has positions, and now writes into a pipe.
    old = sys.stdout
    sys.stdout = os.fdopen(old.fileno(), "w", encoding=old.encoding, errors=old.errors, closefd=False)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    argv: list[str] = request["argv"]
    return argv


def main() -> None:
    """Serve requests; in a fork, run the requested module."""
    descriptor, *modules = sys.argv[1:]
    module, *arguments = _Server(socket.socket(fileno=int(descriptor))).serve(modules)
    sys.argv = [module, *arguments]
    warnings.filterwarnings("ignore", module="runpy")  # a module that was imported runs once more, as the program
    _end(_run(module))


def _run(module: str) -> int:
    """Run a module as the program, and return its exit code."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
            return 1
        return ended.code or 0
    return 0


def _end(code: int) -> NoReturn:
    """End the process by what the interpreter calls at its end, but without taking all modules apart.

    That would copy most of the memory that a fork shares with its server: a sixth of a second of CPU.
    """
    threading._shutdown()  # type: ignore[attr-defined] # noqa: SLF001 - it ends the pools of threads, and waits for all
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public name for it either
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
