from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from archive.progress import PROGRESS_LINE, ProgressWriter, ReadProgress, StreamStatus
from source_opsgenie.engine.progress import Metrics, standing
from source_opsgenie.http.limiter import Limiter


def status(stream: str, word: str) -> dict[str, Any]:
    inner = {"stream_descriptor": {"name": stream}, "status": word}
    return {"type": "TRACE", "trace": {"type": "STREAM_STATUS", "stream_status": inner}}


def estimate(stream: str, rows: int) -> dict[str, Any]:
    return {"type": "TRACE", "trace": {"type": "ESTIMATE", "estimate": {"name": stream, "row_estimate": rows}}}


def log(text: str) -> dict[str, Any]:
    return {"type": "LOG", "log": {"level": "INFO", "message": text}}


def observed(*messages: dict[str, Any]) -> ReadProgress:
    made = ReadProgress()
    for message in messages:
        made.observe(message)
    return made


LOGS = "alert_logs: 12,400 of about 98,000 alerts, 480 calls a minute (limit 600, using 80%), about 2 h 58 min left"
USERS = "contacts: 40 of about 50 users, 90 calls a minute (limit 600, using 80%), about 12 s left"


class TestReadProgress:
    def test_before_anything_has_begun(self) -> None:
        assert ReadProgress().describe(3, 49) == "3 of 49 streams done"

    def test_rows_of_about_how_many(self) -> None:
        made = observed(status("alerts", "STARTED"), estimate("alerts", 98_000))
        made.rows["alerts"] = 1200
        assert made.describe(0, 49) == "0 of 49 streams done; alerts: 1,200 of about 98,000 rows"

    def test_the_stream_that_takes_longest_and_the_calls_of_all(self) -> None:
        made = observed(
            *(status(name, "STARTED") for name in ("alert_logs", "contacts", "teams")),
            *map(log, (LOGS, USERS)),
            status("teams", "COMPLETE"),
        )
        assert made.describe(3, 49) == (
            "4 of 49 streams done; alert_logs: 12,400 of about 98,000 alerts, 570 calls a minute, about 2 h 58 min left"
        )

    def test_after_the_read_the_rows_are_written(self, tmp_path: Path) -> None:
        path = tmp_path / "progress.json"
        writer = ProgressWriter(path)
        for stream in ("alerts", "users"):
            writer.observe(status(stream, "STARTED"))
            writer.count_row(stream)
            writer.observe(status(stream, "COMPLETE"))
        writer.end()
        assert ReadProgress.load(path).describe(3, 49) == "5 of 49 streams done; writing 2 rows into the database"

    def test_what_the_connector_says_is_understood(self) -> None:
        metrics = Metrics()
        metrics.unit, metrics.expected, metrics.done = "alerts", 98_000, 12_400
        assert PROGRESS_LINE.match(standing("alert_logs", metrics, 480.0, 8.0, Limiter()))
        metrics.expect("changed alerts", None)
        assert PROGRESS_LINE.match(standing("alert_logs", metrics, 480.0, 0.0, Limiter()))
        assert PROGRESS_LINE.match(standing("teams", Metrics(), 480.0, 0.0, Limiter()))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestStreamStatus:
    def test_a_terminal_has_one_line_that_is_written_again(self, tmp_path: Path) -> None:
        made = observed(status("alerts", "STARTED"))
        path, out = tmp_path / "progress.json", Terminal()
        line = StreamStatus(path, 0, 49, out)
        for rows in (1, 20):
            made.rows["alerts"] = rows
            made.save(path)
            line.show()
        assert out.getvalue() == (
            "\r0 of 49 streams done; alerts: 1 row\x1b[K\r0 of 49 streams done; alerts: 20 rows\x1b[K"
        )

    def test_elsewhere_there_is_a_line_each_time(self, tmp_path: Path) -> None:
        out = io.StringIO()
        line = StreamStatus(tmp_path / "progress.json", 0, 49, out)
        line.show()
        assert out.getvalue() == "0 of 49 streams done.\n"
