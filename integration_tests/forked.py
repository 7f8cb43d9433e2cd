"""The client of a fork server: asks for a process, sends it signals, and waits for its end.

It is also a program, `python forked.py SOCKET MODULE ARGUMENT...`, for tests that need the path of a program: its
streams, signals and exit code are those of the forked process. It imports little, so that it starts fast.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

STREAMS = (0, 1, 2)
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


class Forked:
    """A forked process, which is killed if this is closed before its end."""

    def __init__(
        self, address: Path | str, argv: Sequence[str], environment: Mapping[str, str], streams: Sequence[int] = STREAMS
    ) -> None:
        """Run a module as `python -m` does; `streams` are its stdin, stdout and stderr."""
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(str(address))
        request = {"argv": [*argv], "env": {**environment}, "cwd": os.getcwd()}  # noqa: PTH109 - text
        socket.send_fds(self._server, [b"x"], streams)
        self._server.sendall(json.dumps(request).encode() + b"\n")
        self._answers = self._server.makefile()
        self.pid = int(self._answers.readline())
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, as `subprocess` does.

        Raises:
            TimeoutError: the process did not end within so many seconds.
        """
        if self.returncode is None:
            self._server.settimeout(timeout)
            self.returncode = int(self._answers.readline())
            self.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit code; None while the process runs."""
        if self.returncode is None and select.select([self._server], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def close(self) -> None:
        """Close the connection to the server, which kills a process that still runs."""
        self._answers.close()
        self._server.close()


def main() -> None:
    """Run a module as a fork, pass signals on to it, and end as it ends."""
    address, *argv = sys.argv[1:]
    process = Forked(address, argv, os.environ)
    for number in SIGNALS:
        signal.signal(number, lambda received, _: process.send_signal(received))
    code = process.wait()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        signal.raise_signal(-code)
    sys.exit(code)


if __name__ == "__main__":
    main()
