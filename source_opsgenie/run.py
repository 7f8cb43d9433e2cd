"""Runs the commands spec, check, discover and read."""

from __future__ import annotations

import argparse
import io
import logging
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr
from typing import Any, BinaryIO

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import ConnectorSpecification
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_opsgenie.cdk import PRINT_BUFFER
from source_opsgenie.config import Config
from source_opsgenie.http.errors import config_error
from source_opsgenie.http.limiter import StoppedError
from source_opsgenie.http.redact import PIECE, SECRETS, MaskedOutput
from source_opsgenie.signals import SIGNALLED, end_by, handle_signals
from source_opsgenie.source import SourceOpsgenie

logger = logging.getLogger("airbyte")

FAILED = 1
MISUSED = 2  # argparse's code for a command line that it does not accept

# orjson reads JSON of 1024 levels but writes 254; the standard library writes the rest, by recursion.
RECURSION_LIMIT = 3000

# Seconds from a signal to the end of the process, whatever a thread or the reader of stdout does.
GRACE = 4.0
LAST_WAIT = 0.5  # seconds after that, for the main thread


class Entrypoint(AirbyteEntrypoint):
    """The CDK's entry point, with another way to validate and mask a configuration."""

    def run(self, parsed_args: argparse.Namespace) -> Iterator[str]:
        """Run a command, for which the CDK makes a temporary directory, although nothing is written to it.

        Raises:
            ApiError: there is no place for one, as in a container whose file system is read-only.
        """
        try:
            tempfile.gettempdir()
        except FileNotFoundError:
            raise config_error(
                "There is no directory for temporary files: mount one on /tmp, with docker by '--tmpfs /tmp', in "
                "Kubernetes by an 'emptyDir', or name another one in TMPDIR."
            ) from None
        yield from super().run(parsed_args)

    @staticmethod
    def set_up_secret_filter(config: Mapping[str, Any], connection_specification: Mapping[str, Any]) -> None:
        """Do nothing, because the output masks secrets in every line and in all forms: see `MaskedOutput`."""

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:  # noqa: ARG004 - the CDK's signature
        """Validate by `Config`, whose messages name the field, unlike those of a JSON schema.

        Raises:
            ApiError: a configuration error, which the CDK turns into a failed check.
        """
        Config.parse(config)


class Signals:
    """Ends the process soon after SIGTERM, SIGHUP or Ctrl-C, as these signals do by default.

    Without a handler, SIGTERM would not end the first process of a container.
    """

    def __init__(self, source: SourceOpsgenie) -> None:
        self._source = source
        self._is_overdue = False
        self.received: int | None = None

    def receive(self, number: int, _: object) -> None:
        """Tell the source to end, and set a time for it."""
        if self._is_overdue:
            end_by(number)
        if self.received is None:
            self.received = number
            # This comes first, so that the process ends whatever a second signal interrupts.
            timer = threading.Timer(GRACE, self._insist, (number,))
            timer.daemon = True
            timer.start()
        self._source.end()

    def _insist(self, number: int) -> None:
        """End a process that is still running.

        Only the main thread can restore the default effect of a signal. If it waits for a full pipe, the signal wakes
        it up.
        """
        self._is_overdue = True
        signal.pthread_kill(threading.main_thread().ident or 0, number)
        time.sleep(LAST_WAIT)
        os._exit(SIGNALLED + number)


def run() -> None:
    """Run the command line, print one message a line to stdout, and end the process.

    The process does not wait for its threads: those that wait for an answer or a rate limit could take minutes, and
    nobody reads their results any more.
    """
    arguments = sys.argv[1:]
    sys.setrecursionlimit(RECURSION_LIMIT)
    _open_output()
    if "--debug" in arguments:
        # With `--debug` alone, the CDK prints lines of type DEBUG, which the protocol does not have. With its debug
        # level set by an environment variable, it prints the same lines as LOG messages.
        os.environ["LOG_LEVEL"] = "debug"
    if not arguments:
        sys.stderr.write(
            "The command is missing: write spec, check, discover or read, for example "
            "`source-opsgenie check --config config.json`. `source-opsgenie read --help` lists the options of read.\n"
        )
        sys.exit(MISUSED)
    source = SourceOpsgenie()
    entrypoint = Entrypoint(source)
    parsed = _parse_arguments(arguments)
    signals = Signals(source)
    handle_signals(signals.receive)
    code = _carry_out(entrypoint, parsed)
    sys.stderr.flush()
    if signals.received is not None:
        end_by(signals.received)
    os._exit(code)


def _parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Parse the command line.

    If it is not accepted, argparse quotes its words. Long ones are masked, because one of them may be the key.
    """
    told = io.StringIO()
    try:
        with redirect_stderr(told):
            return AirbyteEntrypoint.parse_args(arguments)
    except SystemExit:
        SECRETS.keep(re.findall(rf"\w[\w-]{{{PIECE},}}", " ".join(arguments)))
        sys.stderr.write(told.getvalue())
        raise


def _open_output() -> None:
    """Reopen stdout and stderr, with masked secrets.

    The protocol needs stdout in UTF-8, whatever the machine's locale. It is also buffered, even with PYTHONUNBUFFERED,
    which many images set: if a signal interrupts a write, Python's unbuffered text output loses the rest
    (python/cpython#85393).
    """
    sys.stderr = sys.__stderr__ = MaskedOutput(  # type: ignore[misc]
        _opened(2) or open(os.devnull, "wb"),  # noqa: PTH123, SIM115 - for the whole process
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=True,
    )
    stdout = _opened(1)
    if stdout is None:
        sys.stderr.write("The messages cannot be written: stdout is closed.\n")
        os._exit(FAILED)  # the logger would use it once more at the end
    sys.stdout = sys.__stdout__ = MaskedOutput(stdout, encoding="utf-8")  # type: ignore[misc]
    # A log line that cannot be written would be reported with a traceback, and then by `_carry_out` in a sentence.
    logging.raiseExceptions = False


def _opened(descriptor: int) -> BinaryIO | None:
    """Open an output, which another program may have made non-blocking; None if it is closed."""
    try:
        os.set_blocking(descriptor, True)
        return open(descriptor, "wb", closefd=False)
    except OSError:
        return None


def _carry_out(entrypoint: Entrypoint, parsed: argparse.Namespace) -> int:
    """Print the messages of a command, and return the exit code."""
    try:
        code = _print_messages(entrypoint, parsed)
        PRINT_BUFFER.flush()
        sys.stdout.flush()
    except OSError as error:
        # The reader of the messages is gone, or the disk is full: stdout cannot report it.
        sys.__stderr__.write(f"The messages cannot be written: {error.strerror}.\n")  # type: ignore[union-attr]
        return FAILED
    return code


def _print_messages(entrypoint: Entrypoint, parsed: argparse.Namespace) -> int:
    messages = iter(entrypoint.run(parsed))
    while True:
        try:
            message = next(messages)
        except StopIteration:
            return 0
        except StoppedError:
            return FAILED  # the signal that stopped it ends the process
        except Exception as error:
            if not isinstance(error, AirbyteTracedException):  # it has no sentence for the user
                logger.critical(error, exc_info=error)
                error = AirbyteTracedException.from_exception(error)
            # Written in one piece, because other threads may log meanwhile.
            PRINT_BUFFER.write(f"{AirbyteEntrypoint.airbyte_message_to_string(error.as_airbyte_message())}\n")
            return FAILED
        PRINT_BUFFER.write(f"{message}\n")
