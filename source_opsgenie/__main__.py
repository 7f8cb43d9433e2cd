"""The console script `source-opsgenie`: listens for signals first, and then imports and runs the connector.

The imports take more than a second. Meanwhile, SIGTERM would not end the first process of a container, and Ctrl-C would
print a traceback.
"""

from __future__ import annotations

import gc

from source_opsgenie.signals import end_by, handle_signals


def main() -> None:
    """Run the command line."""
    handle_signals(end_by)
    gc.disable()  # what is imported stays: looking through it for garbage would take a sixth of the time
    from source_opsgenie.run import run  # noqa: PLC0415 - see above

    gc.freeze()  # no search for garbage during a sync has to look through it either
    gc.enable()
    run()


if __name__ == "__main__":
    main()
