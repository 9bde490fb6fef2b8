#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""HiveServer2 that answers as a script says: errors in the server's words,
answers that break off, timeouts and cancellation."""

import json
import struct
import time

import pytest
from cartoconn_hive_scripted import (  # noqa: F401
    COLUMNS,
    fetch_fails_after,
    hs2,
    numbers,
    plain,
    read_failure,
    rows_of,
    runs_forever,
    server,
)
from cartoconn_util import (  # noqa: F401
    messages,
    no_exceptions,
    open_connector,
    refuse,
    run_program,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")


###############################################################################
# Errors in the server's words


def test_hive_scripted_error_of_a_statement(server):
    server.on["ExecuteStatement"] = lambda request: hs2.error(
        "Error while compiling statement: FAILED: SemanticException [Error 10001]: "
        "Table not found 't'",
        "42S02",
    )
    failure = refuse(server.connector(table="t"))
    assert failure.startswith("Hive, query failed (42S02)")
    assert "Table not found 't'" in failure


def test_hive_scripted_error_state(server):
    def state(request):
        if server.statements()[-1].endswith("LIMIT 0"):
            return server.state(hs2.FINISHED)
        return server.state(
            hs2.FAILED,
            "org.apache.hive.service.cli.HiveSQLException: Vertex failed\n"
            "\tat org.apache.Some.where(Some.java:1)",
            "08S01",
        )

    server.on["GetOperationStatus"] = state
    failure, rows = read_failure(server)
    assert failure == "Hive, query failed (08S01): Vertex failed"
    assert rows == []


def test_hive_scripted_cancelled_by_the_server(plain):
    def state(request):
        if plain.statements()[-1].endswith("LIMIT 0"):
            return plain.state(hs2.FINISHED)
        return plain.state(hs2.CANCELED)

    plain.on["GetOperationStatus"] = state
    failure, rows = read_failure(plain)
    assert "ended on the server" in failure
    assert rows == []


def test_hive_scripted_error_while_fetching(server):
    fetch_fails_after(server, 3, lambda request: hs2.error("disk on fire", "HY000"))
    failure, rows = read_failure(server)
    assert failure.startswith("Hive, fetch failed (HY000): disk on fire")
    assert len(rows) < 5000


def test_hive_scripted_ogr2ogr_fails(server, tmp_path):
    """A short read is not a successful one."""
    fetch_fails_after(server, 3, lambda request: hs2.error("disk on fire"))
    path = tmp_path / "connector.json"
    path.write_text(json.dumps(server.connector(table="t")))
    done = run_program(
        "ogr2ogr", "-f", "CSV", "/vsistdout/", "CARTOCONN:" + str(path)
    )
    assert done.returncode != 0
    assert "disk on fire" in done.stdout


def test_hive_scripted_session_is_gone(plain):
    """Idle for too long: an error, and a new session for what follows."""
    words = "Invalid SessionHandle: SessionHandle [0b2b]"
    ds = open_connector(plain.connector(table="t"))
    plain.on["ExecuteStatement"] = lambda request: hs2.error(words)
    with messages() as said:
        assert ds.GetLayer(0).GetNextFeature() is None
    assert words in said.failure
    del plain.on["ExecuteStatement"]
    ds.GetLayer(0).ResetReading()
    assert len(rows_of(ds.GetLayer(0))) == 3


def test_hive_scripted_operation_is_gone(plain):
    fetch_fails_after(plain, 1, lambda request: hs2.record(hs2.status(4)))
    failure, _ = read_failure(plain)
    assert "not there any more" in failure


def test_hive_scripted_unknown_method(plain):
    """TApplicationException"""
    words = hs2.record(
        (hs2.STRING, 1, hs2.text("Invalid method name: 'OpenSession'")),
        (hs2.I32, 2, hs2.number(hs2.I32, 1)),
    )

    def refuse_method(request):
        head = struct.pack(">Ii", 0x80010003, 11) + b"OpenSession"
        raise hs2.Raw(head + struct.pack(">i", 1) + words)

    plain.on["OpenSession"] = refuse_method
    failure = refuse(plain.connector(table="t"))
    assert "Invalid method name" in failure


###############################################################################
# Connections that break


@pytest.mark.parametrize("size", [0, 3, 40, 90, 1000])
def test_hive_scripted_cut(server, size):
    """An answer that ends early, wherever."""

    def cut(request):
        raise hs2.Cut(server.answer_FetchResults(request), size)

    fetch_fails_after(server, 2, cut)
    failure, rows = read_failure(server)
    assert failure.startswith("Hive, fetch failed")
    assert len(rows) <= 200


def test_hive_scripted_garbage(plain):
    def garbage(request):
        raise hs2.Raw(b"\xff" * 64)

    fetch_fails_after(plain, 2, garbage)
    failure, rows = read_failure(plain)
    assert "cannot be read" in failure


def test_hive_scripted_columns_of_other_lengths(plain):
    def fetch(request):
        whole = hs2.column_set(COLUMNS[:1], [(1,), (2,)])
        other = hs2.column_set(COLUMNS[:1], [(1,)])
        list_at = whole.index(struct.pack(">bh", hs2.LIST, 3)) + 3 + 5
        columns = [s[list_at:-1] for s in (whole, other)]
        both = hs2.record((hs2.LIST, 3, hs2.array(hs2.STRUCT, columns)))
        return hs2.record(hs2.status(), (hs2.STRUCT, 3, both))

    plain.on["FetchResults"] = fetch
    failure, rows = read_failure(plain)
    assert "different numbers of values" in failure
    assert rows == []


def test_hive_scripted_columns_changed(plain):
    def fetch(request):
        plain.results[request[1][1][1]] = (COLUMNS[:1], [(1,)])
        return plain.answer_FetchResults(request)

    plain.on["FetchResults"] = fetch
    failure, _ = read_failure(plain)
    assert "Open the dataset again" in failure


###############################################################################
# Time and cancellation


def test_hive_scripted_query_timeout(server):
    runs_forever(server)
    connector = server.connector(table="t")
    connector["connection"]["query_timeout"] = 1
    begin = time.monotonic()
    with messages() as said:
        ds = open_connector(connector)
        assert ds.GetLayer(0).GetNextFeature() is None
    assert "query_timeout" in said.failure
    assert time.monotonic() - begin < 4
    assert server.cancelled.is_set()
    executed = [r for m, r in server.calls if m == "ExecuteStatement"]
    assert executed[-1][5] == 1


def test_hive_scripted_silent_fetch(server):
    """The server says nothing: another connection carries the cancel."""

    def silent(request):
        raise hs2.Silence

    fetch_fails_after(server, 1, silent)
    connector = server.connector(table="t")
    with messages() as said:
        ds = open_connector(connector)
        lyr = ds.GetLayer(0)
        assert lyr.GetNextFeature() is not None
        time.sleep(0.3)
        begin = time.monotonic()
        lyr.ResetReading()
        del lyr
        ds = None
    assert time.monotonic() - begin < 4
    assert not said.failures
    assert server.cancelled.wait(1)


def test_hive_scripted_limit_cancels(plain):
    """Beyond the row limit nothing is wanted."""
    plain.rows = numbers(1000)
    with messages() as said:
        ds = open_connector(plain.connector(table="t"), max_rows=100)
        assert len(rows_of(ds.GetLayer(0))) == 100
    assert "truncated at 100 rows" in said.warning
    fetches = [r[3] for m, r in plain.calls if m == "FetchResults"]
    assert sum(fetches) <= 101
    assert plain.cancelled.wait(1)
