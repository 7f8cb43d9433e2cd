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
    # Nearly everything that is imported stays. Looking through it for garbage again and again would take a tenth of the
    # start, and part of each search during a sync.
    thresholds = gc.get_threshold()
    gc.set_threshold(50_000)
    from source_opsgenie.run import run  # noqa: PLC0415 - see above

    gc.freeze()
    gc.set_threshold(*thresholds)
    run()


if __name__ == "__main__":
    main()
