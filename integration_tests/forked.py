"""A process forked by a server, from the side of the one who asks for it.

As a program, `python forked.py SOCKET MODULE ARGUMENT...`, it stands in for that process where a program is to be
named: its streams, signals and exit code are those of the process. It starts fast, so it imports little.
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
    """A process; closed while it runs, it is killed."""

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
        """Return the exit code, if it has ended."""
        if self.returncode is None and select.select([self._server], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def close(self) -> None:
        """Let it go."""
        self._answers.close()
        self._server.close()


def main() -> None:
    """Be the process."""
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
