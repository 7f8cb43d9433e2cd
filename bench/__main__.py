"""`make bench`: measures, prints the figures beside what they must reach, and writes them to `bench/results.md`."""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from bench.measure import Run, process, read
from integration_tests import image
from integration_tests.sandbox.client import Sandbox

RESULTS = Path(__file__).parent / "results.md"
STOCK = {"BENCH_STOCK": "1"}

# Minutes of the limits are a tenth as long here, so that a run ends in minutes; the seconds are as they are.
SHORTER = 10
MINUTE = 60 / SHORTER
LIMITS: dict[str, list[list[float]]] = {
    "search": [[60, MINUTE], [20, 1]],
    "alert": [[120, MINUTE], [30, 1]],
    "incident": [[120, MINUTE], [30, 1]],
    "configuration": [[120, MINUTE], [30, 1]],
    "heartbeat": [[60, MINUTE], [10, 1]],
    "schedule-oncalls": [[60, MINUTE], [10, 1]],
}
FALLBACK = 74
LATENCY = 150  # milliseconds
ALERTS, INCIDENTS = 900, 120  # of the accounts read with paced calls
JSM_CALLS_PER_MINUTE = 600
STOCK_ALERTS, STOCK_INCIDENTS = 60, 10  # a call at a time takes its time

Row = tuple[str, ...]  # the figure, what it must reach, what was reached, and by the stock build


def main() -> int:
    """Measure everything."""
    rows: list[Row] = []
    for measure in (calls, paced, other_client, unknown_limits, work, memory, *JSM, start, contained):
        for row in measure():
            rows.append(row)
            print(" | ".join(row), flush=True)
    RESULTS.write_text(page(rows))
    print(f"Written to {RESULTS}.")
    return 0


def bound(run: Run, limits: dict[str, list[list[float]]]) -> float:
    """Return the seconds of the slowest domain: its calls, at the rate of its tightest limit."""
    calls = run.stats["domains"]
    seconds: dict[str, float] = {
        domain: calls.get(domain, 0) * max(period / most for most, period in each) for domain, each in limits.items()
    }
    return max(seconds.values())


def calls() -> list[Row]:
    """Compare the API calls of a full sync of the medium profile with those among them that differ."""
    with Sandbox("medium") as account:
        runs = [read(account, environment=each) for each in (None, STOCK)]
    ratios = [run.calls / run.stats["different"] for run in runs]
    return [
        ("API calls / calls that differ, medium profile, all streams", "<= 1.02", *(f"{each:.4f}" for each in ratios))
    ]


def paced() -> list[Row]:
    """Wall to bound with known limits, 150 ms latency, all streams."""
    known = {"limits": LIMITS, "latency_ms": LATENCY}
    run, stock = both(known)
    ratios = [each.wall / bound(each, LIMITS) for each in (run, stock)]
    return [
        ("wall / bound, limits known, 150 ms latency, all streams", "<= 1.05", *(f"{each:.3f}" for each in ratios)),
        ("429s in that run", "0", str(run.throttled), str(stock.throttled)),
    ]


def other_client() -> list[Row]:
    """429s while another client uses half of a domain."""
    # Fewer alerts: each of them takes twice as long.
    runs = both({"limits": LIMITS, "latency_ms": LATENCY, "other_client": {"alert": 0.5}}, alerts=400)
    name = "429s per period and domain, another client using half of one"
    return [(name, "<= 1", *map(throttling, runs))]


def throttling(run: Run) -> str:
    """Say how many calls were refused in one period at most, and in all."""
    moments = run.stats["throttled_at"].values()
    most = max((_most_in(each, MINUTE) for each in moments), default=0)
    return f"at most {most} ({sum(map(len, moments))} in {run.wall / MINUTE:.0f} periods)"


def _most_in(moments: list[float], period: float) -> int:
    return max((sum(1 for each in moments if begin <= each < begin + period) for begin in moments), default=0)


def unknown_limits() -> list[Row]:
    """Wall to bound where the limits are refused and are what is assumed."""
    limits: dict[str, list[list[float]]] = {domain: [[FALLBACK, MINUTE]] for domain in LIMITS}
    hidden = {"limits": limits, "latency_ms": LATENCY, "request_limits_visible": False}
    runs = both(hidden, alerts=250, incidents=60, environment={"BENCH_FALLBACK": str(SHORTER)})
    return [("wall / bound, limits unknown", "<= 1.10", *(f"{each.wall / bound(each, limits):.3f}" for each in runs))]


def both(
    settings: dict[str, object],
    alerts: int = ALERTS,
    incidents: int = INCIDENTS,
    environment: dict[str, str] | None = None,
) -> tuple[Run, Run]:
    """Read all streams with all of the limits; the stock build reads a smaller account, for it takes its time."""
    with Sandbox("small", settings=settings, alerts=alerts, incidents=incidents) as account:
        run = read(account, environment=environment, rate_limit_share=100)
    with Sandbox("small", settings=settings, alerts=STOCK_ALERTS, incidents=STOCK_INCIDENTS) as account:
        return run, read(account, environment=STOCK, rate_limit_share=100)


def work() -> list[Row]:
    """CPU of records and of calls, beyond what starting takes."""
    with Sandbox("small", alerts=100_000) as account:
        idle = read(account, ["account"]).cpu
        listed, stock = (read(account, ["alerts"], environment=each).cpu - idle for each in (None, STOCK))
    with Sandbox("small", alerts=10_000) as account:
        runs = [read(account, ["alert_recipients"], environment=each) for each in (None, STOCK)]
    asked, stock_asked = (run.calls / (run.cpu - idle) for run in runs)
    return [
        ("CPU seconds per 100,000 alerts", "<= 6", f"{listed:.2f}", f"{stock:.2f}"),
        ("child requests per second of CPU", ">= 800", f"{asked:.0f}", f"{stock_asked:.0f}"),
    ]


def memory() -> list[Row]:
    """Peak memory of long reads."""
    with Sandbox("million") as account:
        listed, stock = (read(account, ["alerts"], environment=each) for each in (None, STOCK))
    children = ["alerts", "alert_details", "alert_recipients", "alert_logs", "alert_notes", "alert_attachments"]
    with Sandbox("small", alerts=10_000) as account:
        below, stock_below = (read(account, children, environment=each) for each in (None, STOCK))
    return [
        ("peak memory, 1,000,000 alerts", "<= 150 MB", *(f"{each.memory:.0f} MB" for each in (listed, stock))),
        (
            "rows of that, of 1,000,000; its wall",
            "all",
            *(f"{each.rows:,}; {each.wall:.0f} s" for each in (listed, stock)),
        ),
        (
            "peak memory, alerts with all children",
            "<= 130 MB",
            *(f"{each.memory:.0f} MB" for each in (below, stock_below)),
        ),
    ]


def jsm_calls() -> list[Row]:
    """Compare the API calls of a full sync of a migrated account with those among them that differ."""
    with Sandbox("medium", migrated=True) as account:
        run = read(account, jsm=True)
    ratio = run.calls / run.stats["different"]
    return [("JSM: API calls / calls that differ, medium profile, all streams", "<= 1.03", f"{ratio:.4f}", "")]


def jsm_work() -> list[Row]:
    """CPU of the alerts of a migrated account, beyond what starting takes, and peak memory of a long read."""
    with Sandbox("small", alerts=100_000, migrated=True) as account:
        idle = read(account, ["heartbeats"], jsm=True).cpu
        listed = read(account, ["alerts"], jsm=True).cpu - idle
    with Sandbox("million", migrated=True) as account:
        long = read(account, ["alerts"], jsm=True)
    return [
        ("JSM: CPU seconds per 100,000 alerts", "<= 6", f"{listed:.2f}", ""),
        ("JSM: peak memory, 1,000,000 alerts", "<= 150 MB", f"{long.memory:.0f} MB", ""),
        ("JSM: rows of that, of 1,000,000; its wall", "all", f"{long.rows:,}; {long.wall:.0f} s", ""),
    ]


def jsm_unknown_limit() -> list[Row]:
    """Wall to bound at a limit that the API does not give; a real minute, because a pause is in whole seconds."""
    limits: dict[str, list[list[float]]] = {"operations": [[JSM_CALLS_PER_MINUTE, 60.0]]}
    settings: dict[str, object] = {"latency_ms": LATENCY, "jsm": {"limits": limits}}
    with Sandbox("small", settings=settings, alerts=ALERTS, migrated=True) as account:
        run = read(account, jsm=True, rate_limit_share=100)
    ratio = run.wall / bound(run, limits)
    return [("JSM: wall / bound, an unknown limit of 600 calls a minute", "<= 1.3", f"{ratio:.3f}", "")]


JSM = (jsm_calls, jsm_work, jsm_unknown_limit)


def start() -> list[Row]:
    """`spec` to a process that only imports the CDK's entry point."""
    spec = statistics.median(process([sys.executable, "-m", "source_opsgenie", "spec"])[0] for _ in range(9))
    bare = statistics.median(process([sys.executable, "-c", "import airbyte_cdk.entrypoint"])[0] for _ in range(9))
    return [("`spec` / a bare `import airbyte_cdk.entrypoint`", "<= 1.1", f"{spec / bare:.3f}", "")]


def contained() -> list[Row]:
    """`spec` in the container to `spec` outside, where an image can be built."""
    name = "`spec` in the container / outside"
    if image.unavailable():
        return [(name, "<= 1.3", f"not measured: {image.unavailable()}", "")]
    image.build()
    outside = [sys.executable, "-m", "source_opsgenie", "spec"]
    with tempfile.TemporaryDirectory() as folder:
        inside = image.Contained(Path(folder), {}).command("spec")
        # In turn, so that whatever else the machine does slows both.
        runs = [(process(inside)[0], process(outside)[0]) for _ in range(9)]
    ratio = statistics.median(each[0] for each in runs) / statistics.median(each[1] for each in runs)
    return [(name, "<= 1.3", f"{ratio:.3f}", "")]


def page(rows: list[Row]) -> str:
    """Write the results, with the machine and the versions they hold for."""
    lines = [
        "# Results of `make bench`",
        "",
        f"{datetime.now(timezone.utc):%Y-%m-%d}, {platform.platform()}, Python {platform.python_version()}.",
        f"airbyte-cdk {version('airbyte-cdk')}, source-opsgenie {version('source-opsgenie')}, at {revision()}.",
        f"Minutes of the limits are {MINUTE:g} seconds here, in each of which are allowed: {allowed()}.",
        "The stock build is the same streams read by the CDK's own loop: one after another, a call at a time,",
        "no pacing but retries.",
        "",
        "| figure | must reach | reached | stock build |",
        "| --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def revision() -> str:
    """Return the commit that is measured; "dirty" if files differ from it."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    return done.stdout.strip() or "an unknown commit"


def allowed() -> str:
    """Return the calls of each domain's minute."""
    return ", ".join(f"{domain} {pairs[0][0]:g}" for domain, pairs in LIMITS.items())


if __name__ == "__main__":
    sys.exit(main())
