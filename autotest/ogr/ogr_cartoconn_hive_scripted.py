#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""HiveServer2 that answers as a script says: faults, old forms of results,
logins, cancellation."""

import contextlib
import json
import os
import socket
import struct
import sys
import threading
import time

import pytest
from cartoconn_proxy import join
from cartoconn_util import (  # noqa: F401
    closed_port,
    messages,
    no_exceptions,
    open_connector,
    refuse,
    run_program,
    silent_server,
    values,
)

from osgeo import gdal, ogr

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../servers"))

import hs2_faults as hs2  # noqa: E402

pytestmark = pytest.mark.require_driver("CARTOCONN")

COLUMNS = [("a", hs2.INT), ("b", hs2.TEXT)]


def numbers(count):
    return [(n, "row %d" % n) for n in range(1, count + 1)]


@pytest.fixture(params=["nosasl", "sasl", "http"])
def server(request):
    with hs2.Server(request.param, COLUMNS, numbers(3)) as scripted:
        yield scripted


@pytest.fixture
def plain():
    with hs2.Server("nosasl", COLUMNS, numbers(3)) as scripted:
        yield scripted


def rows_of(lyr):
    """list() would count them first."""
    return [values(f) for f in lyr]


def read(server, **options):
    ds = open_connector(server.connector(table="t"), **options)
    assert ds is not None, gdal.GetLastErrorMsg()
    return rows_of(ds.GetLayer(0))


def read_failure(server, **options):
    """The failure of a read that begins, and the rows before it."""
    with messages() as said:
        ds = open_connector(server.connector(table="t"), **options)
        assert ds is not None, list(said)
        rows = rows_of(ds.GetLayer(0))
        ds = None
    return said.failure, rows


def query_failure(server, **connection):
    with messages() as said:
        ds = open_connector(
            server.connector(sql_query="SELECT 1", import_as="q", connection=connection)
        )
        if ds is not None:
            assert ds.GetLayer(0).GetNextFeature() is None
        ds = None
    return said.failure


###############################################################################
# What goes well


def test_hive_scripted_read(server):
    assert read(server) == [[1, "row 1"], [2, "row 2"], [3, "row 3"]]
    opened = dict(server.calls)["OpenSession"]
    assert opened[1] == 5
    assert opened[2] == b"reader"
    assert opened[4][b"use:database"] == b"default"
    assert server.statements() == [
        "SELECT * FROM `default`.`t` LIMIT 0",
        "SELECT `a`, `b` FROM `default`.`t`",
    ]
    assert all(r.get(4) == 1 for m, r in server.calls if m == "ExecuteStatement")


def test_hive_scripted_closes_what_it_opened(server):
    read(server)
    assert hs2.wait_until(lambda: "CloseSession" in server.methods())
    methods = server.methods()
    assert methods.count("OpenSession") == methods.count("CloseSession")
    assert methods.count("ExecuteStatement") == methods.count("CloseOperation")


def left_open(server):
    """Operations and sessions that were opened and not closed."""
    closed = [r[1][1][1] for m, r in server.calls if m == "CloseOperation"]
    methods = server.methods()
    sessions = methods.count("OpenSession") - methods.count("CloseSession")
    return sorted(set(server.results) - set(closed)), sessions


def all_closed(server):
    return hs2.wait_until(lambda: left_open(server) == ([], 0)) or left_open(server)


def end_in_mid_read(server):
    server.rows = numbers(5000)
    server.page = 100
    ds = open_connector(server.connector(table="t"))
    assert ds.GetLayer(0).GetNextFeature() is not None


def end_at_the_limit(server):
    server.rows = numbers(1000)
    with messages():
        assert len(read(server, max_rows=10)) == 10


def end_with_a_failed_fetch(server):
    fetch_fails_after(server, 1, lambda request: hs2.error("disk on fire"))
    read_failure(server)


def end_with_a_failed_statement(server):
    states = [hs2.FINISHED, hs2.FAILED]
    server.on["GetOperationStatus"] = lambda r: server.state(states.pop(0))
    read_failure(server)


def end_without_columns(server):
    server.on["GetResultSetMetadata"] = lambda request: hs2.error("no metadata")
    refuse(server.connector(table="t"))


def end_in_time(server):
    runs_forever(server)
    connector = server.connector(table="t")
    connector["connection"]["query_timeout"] = 1
    with messages():
        ds = open_connector(connector)
        assert ds.GetLayer(0).GetNextFeature() is None


def end_with_a_list(server):
    server.tables = [("default", "t")]
    ds = open_connector(server.connector())
    assert ds.GetLayer(0).GetFeatureCount() == 3


@pytest.mark.parametrize(
    "end",
    [
        end_in_mid_read,
        end_at_the_limit,
        end_with_a_failed_fetch,
        end_with_a_failed_statement,
        end_without_columns,
        end_in_time,
        end_with_a_list,
    ],
)
def test_hive_scripted_closes_on_every_path(server, end):
    end(server)
    assert server.results
    assert all_closed(server) is True


def test_hive_scripted_many_pages(server):
    """hasMoreRows is false in all of them."""
    server.rows = numbers(20000)
    server.page = 1000
    assert [row[0] for row in read(server)] == list(range(1, 20001))


def test_hive_scripted_empty_page_with_more(plain):
    """A server that gives up waiting says that there are more."""
    pages = []

    def fetch(request):
        _, rows = plain.result_of(request)
        pages.append(len(rows))
        taken = [] if len(pages) % 2 else [rows.pop(0)]
        more = bool(rows) or not taken
        more = more and len(pages) < 7
        return hs2.record(
            hs2.status(),
            (hs2.BOOL, 2, hs2.number(hs2.BOOL, more)),
            (hs2.STRUCT, 3, hs2.column_set(COLUMNS, taken)),
        )

    plain.on["FetchResults"] = fetch
    assert [row[0] for row in read(plain)] == [1, 2, 3]


def test_hive_scripted_endless_empty_pages(plain):
    """One that always says that there are more is not asked forever."""
    plain.rows = []
    plain.more = True
    begin = time.monotonic()
    failure, rows = read_failure(plain)
    assert "says that there are more rows, and sends none" in failure
    assert rows == []
    assert time.monotonic() - begin < 60


def test_hive_scripted_progress(plain, tmp_path):
    """What the server says of its progress, at debug level."""
    path = tmp_path / "connector.json"
    path.write_text(json.dumps(plain.connector(table="t")))
    left = [2]

    def state(request):
        if plain.statements()[-1].endswith("LIMIT 0") or not left[0]:
            return plain.state(hs2.FINISHED)
        left[0] -= 1
        update = hs2.record(
            (hs2.DOUBLE, 3, hs2.number(hs2.DOUBLE, 0.25)),
            (hs2.STRING, 5, hs2.text("VERTICES: 01/04")),
        )
        running = plain.state(hs2.RUNNING)[:-1]
        return running + hs2.record((hs2.STRUCT, 10, update))

    plain.on["GetOperationStatus"] = state
    done = run_program("ogrinfo", "-ro", "-al", "CARTOCONN:%s" % path, CPL_DEBUG="ON")
    assert done.returncode == 0
    assert done.stdout.count("25 % done VERTICES: 01/04") == 2


def test_hive_scripted_rows_form(server):
    """Servers before protocol V6 send rows one by one."""
    server.by_row = True
    server.version = 0
    server.columns = [
        ("flag", hs2.BOOLEAN),
        ("t", hs2.TINYINT),
        ("s", hs2.SMALLINT),
        ("i", hs2.INT),
        ("l", hs2.BIGINT),
        ("d", hs2.DOUBLE_TYPE),
        ("x", hs2.TEXT),
        ("n", hs2.DECIMAL, {"precision": 12, "scale": 3}),
        ("day", hs2.DATE),
    ]
    row = (1, -5, 300, -70000, 2**40, 1.5, "é", "-12.345", "2024-02-29")
    server.rows = [row, (None,) * 9, row]
    first, nulls, last = read(server)
    assert first[:7] == [1, -5, 300, -70000, 2**40, 1.5, "é"]
    assert first[7] == -12.345
    assert first[8][:3] == (2024, 2, 29)
    assert nulls == [None] * 9
    assert last == first


def test_hive_scripted_nulls_are_short(plain):
    """Bits that are missing are not NULL; the last of many is."""
    plain.rows = [(None if n in (2, 1500) else n, "x") for n in range(1, 1501)]
    rows = read(plain)
    assert [k for k, row in enumerate(rows, 1) if row[0] is None] == [2, 1500]


def test_hive_scripted_table_prefix(plain):
    """Hive calls the columns of SELECT * "t.a" if it is not told otherwise."""
    plain.columns = [("t.a", hs2.INT), ("t.b.c", hs2.TEXT)]
    ds = open_connector(plain.connector(table="T"))
    defn = ds.GetLayer(0).GetLayerDefn()
    assert [defn.GetFieldDefn(i).GetName() for i in range(2)] == ["a", "b.c"]
    assert "SELECT `a`, `b.c` FROM" in ds.GetLayer(0).GetMetadataItem("SQL")
    names = dict(plain.calls)["OpenSession"][4]
    key = b"set:hiveconf:hive.resultset.use.unique.column.names"
    assert names[key] == b"false"


def test_hive_scripted_setting_refused(plain):
    """A server that does not know our setting is asked without it."""

    def open_session(request):
        if any(b"unique.column.names" in key for key in request[4]):
            return hs2.error(
                "hive configuration hive.resultset.use.unique.column.names "
                "does not exists."
            )
        return plain.answer_OpenSession(request)

    plain.on["OpenSession"] = open_session
    assert len(read(plain)) == 3
    assert plain.methods().count("OpenSession") == 2


def test_hive_scripted_configuration(plain):
    connector = plain.connector(table="t")
    connector["connection"]["configuration"] = {
        "mapreduce.job.queuename": "reports",
        "set:hivevar:x": "y",
        "hive.exec.parallel": True,
    }
    assert open_connector(connector) is not None
    sent = dict(plain.calls)["OpenSession"][4]
    assert sent[b"set:hiveconf:mapreduce.job.queuename"] == b"reports"
    assert sent[b"set:hivevar:x"] == b"y"
    assert sent[b"set:hiveconf:hive.exec.parallel"] == b"true"


def test_hive_scripted_local_time_zone(plain):
    plain.columns = [("ts", hs2.TIMESTAMPLOCALTZ)]
    plain.rows = [("2020-01-02 03:04:05.25 UTC",), ("2020-01-02 03:04:05.0 +02:00",)]
    ds = open_connector(plain.connector(table="t"))
    stamps = [f.GetFieldAsDateTime(0) for f in ds.GetLayer(0)]
    assert stamps[0] == [2020, 1, 2, 3, 4, 5.25, 100]
    assert stamps[1] == [2020, 1, 2, 1, 4, 5.0, 100]


def esri_point(wkid, x, y):
    return struct.pack(">iB", wkid, 1) + struct.pack("<idd", 1, x, y)


def test_hive_scripted_esri_shapes(plain):
    """What Hive's ST_* functions return, and WKB beside it."""
    plain.columns = [("the_geom", hs2.BINARY)]
    wkb = bytes(ogr.CreateGeometryFromWkt("POINT (5 6)").ExportToWkb(ogr.wkbXDR))
    line = struct.pack(">iB", 4326, 2) + struct.pack(
        "<i4d2ii4d", 3, 0, 0, 3, 4, 1, 2, 0, 0, 0, 3, 4
    )
    plain.rows = [
        (esri_point(4326, 1.5, 2.5),),
        (esri_point(0, 3, 4),),
        (wkb,),
        (line,),
        (None,),
    ]
    with messages() as said:
        ds = open_connector(plain.connector(table="t"))
        lyr = ds.GetLayer(0)
        wkts = [f.GetGeometryRef() and f.GetGeometryRef().ExportToWkt() for f in lyr]
    said.assert_quiet()
    assert wkts[:3] == ["POINT (1.5 2.5)", "POINT (3 4)", "POINT (5 6)"]
    assert wkts[3].endswith("LINESTRING (0 0,3 4)") or wkts[3].startswith("MULTILINE")
    assert wkts[4] is None


def test_hive_scripted_esri_wkid(plain):
    plain.columns = [("the_geom", hs2.BINARY)]
    plain.rows = [(esri_point(3857, 222638.98, 445640.11),)]
    ds = open_connector(plain.connector(table="t"), target_srs="EPSG:4326")
    feature = ds.GetLayer(0).GetNextFeature()
    geometry = feature.GetGeometryRef()
    assert geometry.GetX() == pytest.approx(2, abs=1e-4)
    assert geometry.GetY() == pytest.approx(4, abs=1e-2)


def test_hive_scripted_listing_limit(plain):
    plain.tables = [("default", "t%03d" % n) for n in range(500)]
    with messages() as said:
        ds = open_connector(plain.connector())
        assert ds.GetLayerCount() == 500
    said.assert_quiet()
    plain.tables.append(("default", "t500"))
    with messages() as said:
        ds = open_connector(plain.connector())
        assert ds.GetLayerCount() == 500
        assert ds.GetLayer(499).GetName() == "t499"
    assert not said.failures
    assert "500 tables" in said.warning


def test_hive_scripted_listing(plain):
    """The pattern "a_b" also matches "axb": what it matched is looked at."""
    plain.tables = [("a_b", "z"), ("axb", "other"), ("A_B", "y")]
    ds = open_connector(plain.connector(schema="a_b"))
    assert [ds.GetLayer(i).GetName() for i in range(ds.GetLayerCount())] == ["y", "z"]
    failure = refuse(plain.connector(schema="nowhere"))
    assert 'no schema "nowhere"' in failure


def test_hive_scripted_executed_once(plain):
    """What only its execution can describe is not executed again to be read."""
    ds = open_connector(plain.connector(sql_query="SHOW x", import_as="q"))
    assert len(rows_of(ds.GetLayer(0))) == 3
    assert plain.statements() == ["SHOW x"]
    ds.GetLayer(0).ResetReading()
    assert len(rows_of(ds.GetLayer(0))) == 3
    assert plain.statements() == ["SHOW x"] * 2


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1)",
        "DROP TABLE t",
        "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
        "FROM t INSERT OVERWRITE TABLE u SELECT *",
        "SET x = 1",
        "",
    ],
)
def test_hive_scripted_writing_is_refused(plain, sql):
    connector = plain.connector(sql_query=sql or " -- nothing", import_as="q")
    failure = refuse(connector)
    assert "read" in failure
    assert not plain.statements()


def test_hive_scripted_count(server):
    ds = open_connector(server.connector(table="t"))
    assert ds.GetLayer(0).GetFeatureCount() == 3
    assert server.statements()[-1] == "SELECT count(*) FROM `default`.`t`"
    ds = open_connector(server.connector(sql_query="SELECT 1", import_as="q"))
    ds.GetLayer(0).SetAttributeFilter("a = 1")
    assert ds.GetLayer(0).GetFeatureCount() == 3
    assert server.statements()[-1] == (
        "SELECT count(*) FROM (SELECT 1\n) AS `cc` WHERE `a` = 1"
    )


def test_hive_scripted_count_of_repeated_names(plain):
    """Hive refuses a statement around such a query."""
    plain.columns = [("a", hs2.INT), ("a", hs2.TEXT)]
    ds = open_connector(plain.connector(sql_query="SELECT 1", import_as="q"))
    assert ds.GetLayer(0).GetFeatureCount() == 3
    assert not [s for s in plain.statements() if "count" in s]


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


def fetch_fails_after(server, pages, answer):
    """FetchResults goes well `pages` times."""
    left = [pages]

    def fetch(request):
        left[0] -= 1
        if left[0] < 0:
            return answer(request)
        return server.answer_FetchResults(request)

    server.on["FetchResults"] = fetch
    server.rows = numbers(5000)
    server.page = 100


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


###############################################################################
# Time and cancellation


def runs_forever(server):
    """What is executed to be read never finishes."""

    def state(request):
        if server.statements()[-1].endswith("LIMIT 0"):
            return server.state(hs2.FINISHED)
        return server.state(hs2.CANCELED if server.cancelled.is_set() else hs2.RUNNING)

    server.on["GetOperationStatus"] = state


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
