#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Connections that fail: the stage, the address and what to do are named,
within the time that was given. No server is needed."""

import contextlib
import json
import socket
import threading
import time

import pytest
from cartoconn_util import (  # noqa: F401
    closed_port,
    config,
    messages,
    no_exceptions,
    open_connector,
    refuse,
    run_program,
    silent_server,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

SECRET = "c0rrect horse"


def connector(server="127.0.0.1", port=None, **connection):
    return {
        "provider": "postgres",
        "connection": {
            "server": server,
            "port": port or closed_port(),
            "database": "nowhere",
            "username": "nobody",
            "password": SECRET,
            **connection,
        },
        "table": "t",
    }


def attempt(wanted):
    """The failure of an open and how long it took; nothing gives the password
    away."""
    begin = time.monotonic()
    with config(CPL_DEBUG="ON"):
        with messages() as said:
            assert open_connector(wanted) is None
    assert SECRET not in said.everything
    return said.failure, time.monotonic() - begin


@contextlib.contextmanager
def answering_server(answer, close=True):
    """A server that answers whatever it is told with the same bytes."""
    stop = threading.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        listener.settimeout(0.1)
        kept = []

        def serve():
            while not stop.is_set():
                try:
                    peer, _ = listener.accept()
                except OSError:
                    continue
                kept.append(peer)
                with contextlib.suppress(OSError):
                    peer.recv(4096)
                    peer.sendall(answer)
                    if close:
                        peer.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            thread.join()
            for peer in kept:
                peer.close()


def test_failure_refused():
    port = closed_port()
    failure, seconds = attempt(connector(port=port))
    assert failure.startswith("PostgreSQL, connect failed")
    assert "127.0.0.1" in failure and str(port) in failure
    assert "refused" in failure
    assert seconds < 5


@pytest.mark.parametrize(
    "name", ["no-such-host.invalid", "no such host", "host-\u00e9.invalid", "a" * 300]
)
def test_failure_unknown_host(name):
    failure, seconds = attempt(connector(server=name, connect_timeout=10))
    assert failure.startswith("PostgreSQL, resolve failed"), failure
    assert name[:60] in failure
    assert seconds < 15


@pytest.mark.parametrize("sslmode", ["disable", "prefer", "require", "verify-full"])
def test_failure_silent_server(sslmode):
    """connect_timeout bounds the whole of the login."""
    with silent_server() as port:
        failure, seconds = attempt(
            connector(port=port, sslmode=sslmode, connect_timeout=2)
        )
    assert failure.startswith("PostgreSQL, timeout: ")
    assert "2 s" in failure and "connect_timeout" in failure
    assert 1.5 < seconds < 4


def test_failure_silent_server_through_ogrinfo():
    with silent_server() as port:
        begin = time.monotonic()
        done = run_program(
            "ogrinfo",
            "CARTOCONN:",
            "-oo",
            "CONNECTOR=" + json.dumps(connector(port=port, password=None)),
            CARTOCONN_CONNECT_TIMEOUT="1",
        )
    assert done.returncode != 0
    assert time.monotonic() - begin < 10


def test_failure_trickling_server():
    """Bytes now and then do not extend the time."""

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(4)
        stop = threading.Event()

        def serve():
            peer, _ = listener.accept()
            with contextlib.suppress(OSError):
                peer.recv(4096)
                # An authentication request, length 64, a byte at a time
                peer.sendall(b"R\0\0\0\x40\0\0\0\x05")
                while not stop.wait(0.2):
                    peer.sendall(b"x")
            peer.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        wanted = connector(port=port, sslmode="disable", connect_timeout=2)
        failure, seconds = attempt(wanted)
        stop.set()
        thread.join()
    assert seconds < 5
    assert failure


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\0" * 100,
        b"\xff" * 100,
        b"E\0\0\0\x20",
        b"E\xff\xff\xff\xff",
        b"R\0\0\0\x08\0\0\0\x63",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
@pytest.mark.parametrize("sslmode", ["disable", "require"])
def test_failure_other_protocol(answer, sslmode):
    with answering_server(answer) as port:
        wanted = connector(port=port, sslmode=sslmode, connect_timeout=5)
        failure, seconds = attempt(wanted)
    assert failure.startswith("PostgreSQL, ")
    assert seconds < 8


def test_failure_no_tls_offered():
    """The server answers N to the request for TLS."""
    for mode in ("require", "verify-ca", "verify-full"):
        with answering_server(b"N", close=False) as port:
            failure, seconds = attempt(
                connector(port=port, sslmode=mode, connect_timeout=5)
            )
        assert failure.startswith("PostgreSQL, TLS failed"), failure
        assert "SSL" in failure or "TLS" in failure
        assert seconds < 8


@pytest.mark.parametrize("key", ["sslrootcert", "sslcert", "sslkey"])
def test_failure_missing_certificate_file(key):
    missing = "/no/such/file.pem"
    failure, seconds = attempt(connector(sslmode="verify-full", **{key: missing}))
    assert failure.startswith("PostgreSQL, TLS failed")
    assert key in failure and missing in failure
    assert seconds < 5


def test_failure_echoed_secret():
    """A server that repeats the password does not make it public."""
    for spelling in (SECRET, SECRET.upper(), SECRET.encode().hex()):
        text = ("password is " + spelling).encode()
        body = b"SFATAL\0C28P01\0M" + text + b"\0\0"
        packet = b"E" + (len(body) + 4).to_bytes(4, "big") + body
        with answering_server(packet) as port:
            failure = refuse(connector(port=port, sslmode="disable"))
        assert "28P01" in failure
        if spelling != SECRET.upper():
            assert spelling not in failure
            assert "***" in failure


def test_failure_keeps_no_state():
    """After a failure the next open works as if nothing had been."""
    for _ in range(50):
        assert "connect failed" in refuse(connector())
