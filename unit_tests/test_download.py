"""A download takes a whole file from a safe address within its bounds, and brings nothing else along."""

from __future__ import annotations

import gzip
import logging
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

import pytest

from integration_tests.loopback import LOOPBACK, served
from source_opsgenie.http import download, transport
from source_opsgenie.http.download import MOST_REDIRECTS, Downloader, DownloadError

CONTENT = b"0123456789" * 10_000
LARGEST = len(CONTENT)


class Storage(BaseHTTPRequestHandler):
    """Answers by the name of the file."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, str]] = []  # noqa: RUF012 - of the one server of a test

    def do_GET(self) -> None:
        self.seen.append(dict(self.headers))
        getattr(self, self.path.strip("/").split("?")[0].replace("-", "_"))()

    def _send(self, status: int, content: bytes, *, told: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content) if told is None else told))
        self.end_headers()
        self.wfile.write(content)

    def whole(self) -> None:
        self._send(200, CONTENT, Set_Cookie="a=b")

    def nothing(self) -> None:
        self._send(200, b"")

    def packed(self) -> None:
        self._send(200, gzip.compress(CONTENT), Content_Encoding="gzip")

    def short(self) -> None:
        self._send(200, CONTENT[:-1], told=len(CONTENT))
        self.close_connection = True

    def large(self) -> None:
        self._send(200, b"", told=LARGEST + 1)
        self.close_connection = True

    def chunked(self) -> None:
        self._chunks(CONTENT)

    def chunked_large(self) -> None:
        self._chunks(CONTENT, b"x")

    def chunked_short(self) -> None:
        self._chunks(CONTENT, end=b"")
        self.close_connection = True

    def _chunks(self, *chunks: bytes, end: bytes = b"0\r\n\r\n") -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(end)

    def drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(1000):
            try:
                self.wfile.write(b"x")
            except OSError:
                return
            time.sleep(0.05)

    def page(self) -> None:
        self._send(200, b"<html>Please log in</html>", Content_Type="Text/HTML; charset=utf-8")

    def redirect_to_page(self) -> None:
        self._send(302, b"", Location="/page")

    def expired(self) -> None:
        self._send(403, b"<Error/>")

    def broken(self) -> None:
        self._send(500, b"")

    def malformed(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nno colon\r\n\r\n%s" % (len(CONTENT), CONTENT))

    def partial(self) -> None:
        self._send(206, CONTENT)

    def redirect(self) -> None:
        self._send(307, b"", Location="/whole")

    def redirect_forever(self) -> None:
        self._send(302, b"", Location="/redirect-forever")

    def redirect_away(self) -> None:
        self._send(302, b"", Location="http://storage.example.com/whole")

    def redirect_nowhere(self) -> None:
        self._send(302, b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Storage.seen = []
    with served(ThreadingHTTPServer((LOOPBACK, 0), Storage)) as address:
        yield address


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "file"


def fetch(address: str, target: Path, *, from_loopback: bool = True) -> int:
    with patch.object(download, "LARGEST_FILE", LARGEST):
        return Downloader().fetch(address, target, from_loopback=from_loopback)


@pytest.mark.parametrize("name", ["whole", "packed", "chunked", "redirect"])
def test_a_file_comes_whole(name: str, url: str, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", LARGEST - 1)  # a file may be larger than any other answer
    assert fetch(f"{url}/{name}?signature=s", target) == len(CONTENT)
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_an_empty_file_is_a_file(url: str, target: Path) -> None:
    assert fetch(f"{url}/nothing", target) == 0
    assert target.read_bytes() == b""


@pytest.mark.parametrize("name", ["whole", "malformed", "redirect"])
def test_no_library_logs_the_address(name: str, url: str, target: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At any level: urllib3 logs each call, and warns of a malformed header line with the address and a traceback."""
    with caplog.at_level(logging.DEBUG):
        assert fetch(f"{url}/{name}?signature=s3cr3t", target) == len(CONTENT)
    assert caplog.text == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["short", "chunked-short", "large", "chunked-large", "expired", "broken", "partial"])
def test_what_is_not_the_whole_file_leaves_nothing(name: str, url: str, target: Path) -> None:
    with pytest.raises(DownloadError) as raised:
        fetch(f"{url}/{name}?signature=s3cr3t", target)
    assert raised.value.is_lasting == ("large" in name)
    assert raised.value.is_expired == (name == "expired")
    assert not target.exists()
    assert not target.parent.exists() or not list(target.parent.iterdir())
    assert "s3cr3t" not in raised.value.why
    assert name not in raised.value.why


@pytest.mark.parametrize("name", ["f.txt", "f.png", "f", "html", "f.html.json"])
@pytest.mark.parametrize("place", ["page", "redirect-to-page"])
def test_a_web_page_in_the_place_of_a_file_is_no_file(place: str, name: str, url: str, target: Path) -> None:
    with pytest.raises(DownloadError, match="a web page instead of the file") as raised:
        fetch(f"{url}/{place}?signature=s3cr3t", target.with_name(name))
    assert raised.value.is_expired
    assert not target.parent.exists()
    assert "s3cr3t" not in raised.value.why


@pytest.mark.parametrize("name", ["f.html", "F.HTM"])
def test_a_web_page_may_be_the_file(name: str, url: str, target: Path) -> None:
    assert fetch(f"{url}/page", target.with_name(name)) > 0
    assert b"log in" in target.with_name(name).read_bytes()


def test_a_file_that_drips_is_given_up(url: str, target: Path) -> None:
    with pytest.raises(DownloadError, match="does not answer in time"):
        Downloader(longest_call=0.3).fetch(f"{url}/drip", target, from_loopback=True)
    assert not list(target.parent.iterdir())


def test_nothing_is_sent_along(url: str, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    downloader = Downloader()
    for address in (f"{url}/redirect", url.replace("//", "//me:mine@") + "/whole", f"{url}/whole"):
        downloader.fetch(address, target, from_loopback=True)
    assert Storage.seen
    for headers in Storage.seen:
        assert not headers.keys() & {"Authorization", "Cookie", "Referer"}


@pytest.mark.parametrize("name", ["redirect-away", "redirect-nowhere", "redirect-forever"])
def test_a_redirect_that_leads_nowhere_good_is_not_followed(name: str, url: str, target: Path) -> None:
    with pytest.raises(DownloadError) as raised:
        fetch(f"{url}/{name}", target)
    assert raised.value.is_lasting
    assert len(Storage.seen) <= 1 + MOST_REDIRECTS


@pytest.mark.parametrize(
    "address",
    [
        "http://storage.example.com/a",
        "ftp://127.0.0.1/a",
        "file:///etc/passwd",
        "//127.0.0.1/a",
        "https://",
        "http://[::1",
        "http://127.0.0.1.example.com/a",
        "",
    ],
)
def test_an_address_must_be_https(address: str, target: Path) -> None:
    with pytest.raises(DownloadError, match="not an https address"):
        fetch(address, target)


def test_an_api_elsewhere_cannot_lead_to_a_port_of_this_machine(url: str, target: Path) -> None:
    with pytest.raises(DownloadError, match="not an https address"):
        fetch(f"{url}/whole", target, from_loopback=False)
    assert Storage.seen == []


def test_a_host_that_is_out_of_reach_is_named_without_the_address(target: Path) -> None:
    with pytest.raises(DownloadError) as raised:
        fetch("http://127.0.0.1:9/path?signature=s3cr3t", target)
    assert raised.value.why == "127.0.0.1 refuses the connection; in a container, this address is the container itself"
    assert not raised.value.is_lasting
