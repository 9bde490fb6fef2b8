#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""HiveServer2 that answers as a script says: what goes well, results in old
forms, listings, and that all is closed."""

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
    read,
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

from osgeo import ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")


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
