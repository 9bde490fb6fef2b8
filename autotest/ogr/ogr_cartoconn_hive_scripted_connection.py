#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""HiveServer2 that answers as a script says: servers that are not there or say
nothing, proxies, logins."""

import contextlib
import json
import socket
import threading
import time

import pytest
from cartoconn_hive_scripted import (  # noqa: F401
    COLUMNS,
    hs2,
    numbers,
    plain,
    read,
    rows_of,
)
from cartoconn_proxy import join
from cartoconn_util import (  # noqa: F401
    closed_port,
    no_exceptions,
    open_connector,
    refuse,
    run_program,
    silent_server,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")


def test_hive_scripted_nobody_listens():
    connector = hs2.Server().connector(table="t")
    connector["connection"]["port"] = closed_port()
    failure = refuse(connector)
    assert failure.startswith("Hive, connect failed")


def test_hive_scripted_no_such_host():
    connector = hs2.Server().connector(table="t")
    connector["connection"]["server"] = "no-such-host.invalid"
    failure = refuse(connector)
    assert failure.startswith("Hive, resolve failed")


@pytest.mark.parametrize("transport", ["nosasl", "sasl", "http"])
def test_hive_scripted_silent_server(transport):
    with silent_server() as port, hs2.Server(transport) as scripted:
        connector = scripted.connector(table="t")
        connector["connection"].update(port=port, connect_timeout=1)
        begin = time.monotonic()
        failure = refuse(connector)
        assert time.monotonic() - begin < 3
    assert failure.startswith("Hive, timeout")
    assert "connect_timeout" in failure


@contextlib.contextmanager
def http_proxy():
    """A proxy that tunnels; (address, what it was asked)."""
    asked = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(4)

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    head = b""
                    while not head.endswith(b"\r\n\r\n"):
                        head += hs2.exactly(client, 1)
                    asked.append(head.split(b"\r\n")[0].decode())
                    host, port = head.split()[1].decode().split(":")
                    target = socket.create_connection((host, int(port)))
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    join(client, target)

        threading.Thread(target=serve, daemon=True).start()
        yield "http://127.0.0.1:%d" % listener.getsockname()[1], asked
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("transport", ["nosasl", "sasl"])
def test_hive_scripted_proxy(transport, tmp_path):
    """Of the environment, as libcurl knows it; what is no HTTP is tunnelled."""
    path = tmp_path / "connector.json"
    with hs2.Server(transport, COLUMNS, numbers(3)) as server:
        path.write_text(json.dumps(server.connector(table="t")))
        with http_proxy() as (address, asked):
            variables = dict(all_proxy=address, http_proxy=address, no_proxy="")
            done = run_program(
                "ogrinfo", "-ro", "-al", "CARTOCONN:%s" % path, **variables
            )
    assert done.returncode == 0, done.stdout
    assert "row 3" in done.stdout
    assert "CONNECT 127.0.0.1:%d HTTP/1.1" % server.port in asked


###############################################################################
# Logging in


def test_hive_scripted_sasl_login():
    with hs2.Server("sasl", COLUMNS, numbers(1)) as server:
        assert len(read(server)) == 1
        assert dict(server.calls)["SASL"] == b"\0reader\0hunter22"


def test_hive_scripted_sasl_without_names():
    """HiveServer2 takes no empty names, also where it does not look at them."""
    with hs2.Server("sasl", COLUMNS, numbers(1)) as server:
        connector = server.connector(table="t")
        del connector["connection"]["username"]
        del connector["connection"]["password"]
        assert open_connector(connector) is not None
        assert dict(server.calls)["SASL"] == b"\0anonymous\0x"


def test_hive_scripted_wrong_password():
    with hs2.Server("sasl") as server:
        server.sasl = (4, b"Error validating the login of reader with hunter22")
        failure = refuse(server.connector(table="t"))
    assert failure.startswith("Hive, login failed")
    assert "Error validating the login" in failure
    assert "hunter22" not in failure


def test_hive_scripted_kerberos():
    with hs2.Server("sasl") as server:
        server.sasl = (3, b"Unsupported mechanism type PLAIN")
        failure = refuse(server.connector(table="t"))
    assert "Kerberos, which is not supported" in failure


def test_hive_scripted_kerberos_asked_for(plain):
    connector = plain.connector(table="t")
    connector["connection"]["auth"] = "kerberos"
    failure = refuse(connector)
    assert '"auth"' in failure and "Kerberos is not supported" in failure
    assert not plain.calls


def test_hive_scripted_not_sasl():
    """A server of another authentication or transport."""
    with hs2.Server("nosasl", COLUMNS) as server:
        connector = server.connector(table="t")
        connector["connection"].update(auth="plain", connect_timeout=1)
        failure = refuse(connector)
    assert '"auth"' in failure


def test_hive_scripted_http_login():
    with hs2.Server("http", COLUMNS, numbers(1)) as server:
        assert len(read(server)) == 1
        line, headers = dict(server.calls)["HTTP"]
        assert line == "POST /cliservice HTTP/1.1"
        assert headers["authorization"] == "Basic cmVhZGVyOmh1bnRlcjIy"
        assert headers["content-type"] == "application/x-thrift"
        # cookies are kept
        assert server.cookies[0] is None
        assert server.cookies[1] == "hive.server2.auth=1"


def test_hive_scripted_http_path():
    with hs2.Server("http", COLUMNS, numbers(1)) as server:
        connector = server.connector(table="t")
        connector["connection"]["http_path"] = "/gateway/hive"
        assert open_connector(connector) is not None
        assert dict(server.calls)["HTTP"][0] == "POST /gateway/hive HTTP/1.1"


def test_hive_scripted_http_cookie_expires():
    """What is refused with a cookie is asked once more without it."""
    with hs2.Server("http", COLUMNS, numbers(3)) as server:
        ds = open_connector(server.connector(table="t"))
        server.http_status = [401]
        assert len(rows_of(ds.GetLayer(0))) == 3
        assert None in server.cookies[1:]


@pytest.mark.parametrize("status,hint", [(401, "Kerberos"), (404, "http_path")])
def test_hive_scripted_http_refusal(status, hint):
    with hs2.Server("http") as server:
        server.http_status = [status] * 2
        failure = refuse(server.connector(table="t"))
    assert failure.startswith("Hive, login failed")
    assert "HTTP status %d: refused by script" % status in failure
    assert hint in failure
