"""One attempt: what is checked when it connects, and how it ends whatever the other side does."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from api.webhooks.sending import Sender
from api.webhooks.targets import Gate, Target
from tests.api.webhooks.receiver import Receiver

HERE = "127.0.0.1"


def target(port: int, scheme: str = "http", host: str = HERE) -> Target:
    """Point to a port of this machine."""
    return Target(scheme, host, port, "/events")


@contextmanager
def answering(reply: bytes, pause_seconds: float = 0.0) -> Iterator[int]:
    """Accept connections and write `reply` byte by byte with pauses between; give the port."""
    with socket.create_server((HERE, 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=drip, args=[connection], daemon=True).start()

        def drip(connection: socket.socket) -> None:
            with connection:
                connection.recv(65_536)
                try:
                    for byte in reply:
                        connection.sendall(bytes([byte]))
                        time.sleep(pause_seconds)
                except OSError:
                    pass

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def test_where_a_name_leads_is_looked_at_again_when_it_connects(receiver: Receiver) -> None:
    """A name that was public when it was given and is private by now is not connected to."""
    leads = ["93.184.216.34"]
    gate = Gate(private=False, resolve=lambda _host, _port: leads)
    gate.admit("https://moved.example/events")
    leads[:] = [HERE]

    assert Sender(gate, 2).send(target(receiver.port, host="moved.example"), {}, b"{}").problem == "forbidden"
    leads.clear()
    assert Sender(gate, 2).send(target(receiver.port, host="moved.example"), {}, b"{}").problem == "unresolved"
    assert receiver.received == []


def test_the_next_address_is_tried_when_the_first_does_not_answer(receiver: Receiver) -> None:
    """Of several addresses of a name one that listens is enough."""
    gate = Gate(private=True, resolve=lambda _host, _port: ["127.0.0.3", HERE])

    assert Sender(gate, 2).send(target(receiver.port, host="two.example"), {}, b"{}").status == 204


def test_a_receiver_that_drips_is_cut_off() -> None:
    """A byte now and then does not keep an attempt alive: it ends when its time is over."""
    with answering(b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 500, pause_seconds=0.02) as port:
        assert Sender(Gate(private=True), 0.3).send(target(port), {}, b"{}").problem == "timeout"


@pytest.mark.parametrize("reply", [b"", b"hello\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"\x16\x03\x01"])
def test_what_is_no_http_is_garbled(reply: bytes) -> None:
    """A receiver that speaks something else, or hangs up, has not taken it."""
    with answering(reply) as port:
        assert Sender(Gate(private=True), 2).send(target(port), {}, b"{}").problem in ("garbled", "unreachable")


def test_only_the_head_of_an_answer_is_read() -> None:
    """A body without end holds nothing up: 200 is 200."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with answering(head + b"5\r\nhello\r\n" * 10_000, pause_seconds=0.0001) as port:
        assert Sender(Gate(private=True), 2).send(target(port), {}, b"{}").status == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate of this machine that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("receiver.example"), x509.IPAddress(ip_address(HERE))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "receiver.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_over_tls_the_certificate_is_held_against_the_name(receiver: Receiver, certificate: Path) -> None:
    """Trusted and for the name it is taken; for another name, or not trusted, nothing is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    receiver.go_down()
    receiver.secure(context)
    gate = Gate(private=True, resolve=lambda _host, _port: [HERE])
    trusting = Sender(gate, 2, ssl.create_default_context(cafile=str(certificate)))

    assert trusting.send(target(receiver.port, "https", "receiver.example"), {}, b"{}").status == 204
    assert trusting.send(target(receiver.port, "https", "other.example"), {}, b"{}").problem == "unreachable"
    assert Sender(gate, 2).send(target(receiver.port, "https", "receiver.example"), {}, b"{}").problem == "unreachable"
    assert len(receiver.received) == 1
