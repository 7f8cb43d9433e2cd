"""The console script `source-opsgenie`: spec, check, discover and read on the command line."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, NoReturn

from airbyte_cdk.entrypoint import AirbyteEntrypoint

from source_opsgenie.cdk import PRINT_BUFFER
from source_opsgenie.config import Config
from source_opsgenie.engine.lanes import StoppedError
from source_opsgenie.http.redact import MaskedOutput
from source_opsgenie.source import SourceOpsgenie

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airbyte_cdk.models import ConnectorSpecification

FAILED = 1
SIGNALLED = 128  # and the number of the signal, as shells have it
FIRST_PROCESS = 1

# orjson reads JSON of 1024 levels but writes 254; the standard library writes the rest, by recursion.
RECURSION_LIMIT = 3000

# Seconds from a signal to the end, whatever a thread or the other end of stdout does.
GRACE = 4.0
LAST_WAIT = 0.5  # from then on, for the main thread


class Entrypoint(AirbyteEntrypoint):
    """The CDK's entry point, but for how a configuration is validated and masked."""

    @staticmethod
    def set_up_secret_filter(config: Mapping[str, Any], connection_specification: Mapping[str, Any]) -> None:
        """Leave masking to the output, which masks every line, and in all forms: see `MaskedOutput`."""

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:  # noqa: ARG004 - the CDK's signature
        """Validate by `Config`: its sentences name the field, those of a JSON schema do not.

        Raises:
            ApiError: a configuration error, which the CDK turns into a failed check.
        """
        Config.parse(config)


class Signals:
    """Ends the process soon after SIGTERM, SIGHUP or Ctrl-C, in the way in which the signal ends one by default.

    As the first process of a container it would not be ended by SIGTERM without a handler.
    """

    def __init__(self, source: SourceOpsgenie) -> None:
        self._source = source
        self._is_overdue = False
        self.received: int | None = None

    def listen(self) -> None:
        """Take the place of the default handlers."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._receive)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as `nohup` starts a program
            signal.signal(signal.SIGHUP, self._receive)

    def _receive(self, number: int, _: object) -> None:
        if self._is_overdue:
            self.end()
        if self.received is None:
            self.received = number
            # First of all: whatever a second signal may interrupt, the process ends.
            timer = threading.Timer(GRACE, self._insist, (number,))
            timer.daemon = True
            timer.start()
        self._source.end()

    def _insist(self, number: int) -> None:
        """End a process that is still at work.

        Only the main thread can give a signal its default effect back. If it waits for room in a pipe, the signal wakes
        it up.
        """
        self._is_overdue = True
        signal.pthread_kill(threading.main_thread().ident or 0, number)
        time.sleep(LAST_WAIT)
        os._exit(SIGNALLED + number)

    def end(self) -> NoReturn:
        """End the process by the signal that was received.

        Who started it sees the signal, not an error. The first process of a container is the exception: the kernel
        spares it, so that it ends with the exit code that shells have for the signal.
        """
        number = self.received or signal.SIGTERM
        if os.getpid() != FIRST_PROCESS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        os._exit(SIGNALLED + number)


def run(source: SourceOpsgenie | None = None) -> None:
    """Carry out the command line, a message a line on stdout, and end the process.

    The process ends without waiting for its threads: those that wait for an answer or for a rate limit could take
    minutes, and what they do has no reader any more.
    """
    arguments = sys.argv[1:]
    sys.setrecursionlimit(RECURSION_LIMIT)
    _open_output()
    if "--debug" in arguments:
        # With `--debug` alone the CDK prints lines of type DEBUG, which the protocol does not know;
        # with its debug level set by environment the same lines come as LOG messages.
        os.environ["LOG_LEVEL"] = "debug"
    source = source or SourceOpsgenie()
    entrypoint = Entrypoint(source)
    parsed = entrypoint.parse_args(arguments)
    signals = Signals(source)
    signals.listen()
    code = _carry_out(entrypoint, parsed)
    sys.stderr.flush()
    if signals.received is not None:
        signals.end()
    os._exit(code)


def _open_output() -> None:
    """Open stdout and stderr anew: whatever is written there is masked.

    As the protocol needs it, stdout is UTF-8, whatever the locale of the machine, and buffered, even with
    PYTHONUNBUFFERED, which many images set: Python's unbuffered text loses the rest of what a signal interrupts in the
    middle of a write (python/cpython#85393).
    """
    stdout, stderr = (open(descriptor, "wb", closefd=False) for descriptor in (1, 2))  # noqa: SIM115 - descriptors
    sys.stdout = sys.__stdout__ = MaskedOutput(stdout, encoding="utf-8")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = MaskedOutput(  # type: ignore[misc]
        stderr, encoding="utf-8", errors="backslashreplace", line_buffering=True
    )


def _carry_out(entrypoint: Entrypoint, parsed: Any) -> int:  # noqa: ANN401 - argparse's namespace
    """Print the messages of a command; give the exit code."""
    try:
        code = _print_messages(entrypoint, parsed)
        PRINT_BUFFER.flush()
        sys.stdout.flush()
    except OSError as error:
        # Whoever reads the messages has gone, or the disk that they go to is full: there is nobody to tell.
        sys.__stderr__.write(f"The messages cannot be written: {error.strerror}.\n")  # type: ignore[union-attr]
        return FAILED
    return code


def _print_messages(entrypoint: Entrypoint, parsed: Any) -> int:  # noqa: ANN401 - argparse's namespace
    messages = iter(entrypoint.run(parsed))
    while True:
        try:
            message = next(messages)
        except StopIteration:
            return 0
        except StoppedError:
            return FAILED  # the signal that stopped it ends the process
        except Exception:  # noqa: BLE001 - the CDK's hook turns it into messages
            # The hook prints a message and its line end one by one, and threads still at work log in between.
            with redirect_stdout(io.StringIO()) as told:
                sys.excepthook(*sys.exc_info())
            PRINT_BUFFER.write(told.getvalue())
            return FAILED
        PRINT_BUFFER.write(f"{message}\n")


if __name__ == "__main__":
    run()
