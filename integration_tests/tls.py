"""Certificates as servers show them, good and bad, and a server that shows one."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integration_tests.loopback import LOOPBACK

DAY = timedelta(days=1)


def certificate(path: Path, host: str = "localhost", days: int = 1) -> Path:
    """Write a self-signed certificate and its key into one file; one of less than no days has expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    names: list[x509.GeneralName] = [x509.DNSName(host)]
    if host == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address(LOOPBACK)))
    end = datetime.now(timezone.utc) + days * DAY
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - 10 * DAY)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


class Server:
    """Listens, counts who comes, says one thing and hangs up; by TLS where it has a certificate."""

    def __init__(self, says: bytes = b"", shows: Path | None = None) -> None:
        self._says = says
        self._context = None
        if shows is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(shows)
        self._listener = socket.create_server((LOOPBACK, 0))
        self.calls = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            self.calls += 1
            try:
                with caller:
                    caller.settimeout(10)
                    talk = self._context.wrap_socket(caller, server_side=True) if self._context else caller
                    talk.recv(65536)
                    talk.sendall(self._says)
            except OSError:
                continue  # the caller hung up, as one does who does not trust the certificate
