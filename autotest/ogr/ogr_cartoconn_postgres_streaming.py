#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""PostgreSQL: reads that are ended by the server, by a timeout, by the reader;
how often a query runs; the row limit and the memory of large reads."""

import json
import os
import time

import pytest
from cartoconn_arrow import Stream
from cartoconn_proxy import Proxy
from cartoconn_servers import postgres, run_psql  # noqa: F401
from cartoconn_util import (  # noqa: F401
    count_arrow_rows,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    run_ogr2ogr,
    run_python,
    start_ogr2ogr,
    wait_until,
)

from osgeo import gdal

pytestmark = pytest.mark.require_driver("CARTOCONN")

# In the select list a series is made as it is read, in FROM as a whole.
SERIES = "(SELECT generate_series(1, %d) AS n) x"
# The server sends what fills a buffer: many rows, and then it is silent.
SLOW = (
    "SELECT n, repeat('x', 1000) AS t FROM generate_series(1, 1000) n "
    "UNION ALL SELECT 0, '' FROM pg_sleep(%d)"
)
ENDLESS = "SELECT n, repeat('x', 200) AS t FROM " + SERIES % 1000000000


def ask(postgres, sql):
    return run_psql(postgres.base["connection"], sql).strip()


def marked(sql):
    """The statement with a mark, and the condition that finds its backend."""
    mark = "mark_%d_%d" % (os.getpid(), time.monotonic_ns())
    where = "query LIKE '%%%s%%' AND pid <> pg_backend_pid()" % mark
    return "/* %s */ %s" % (mark, sql), where


def running(postgres, where):
    sql = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
    return int(ask(postgres, sql + where))


###############################################################################
# A connection that dies


def kill(postgres, where):
    sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
    return int(ask(postgres, sql + where))


def assert_died(said):
    assert said.failure.startswith("PostgreSQL, fetch failed")
    assert said[-1][0] == gdal.CE_Failure


@pytest.mark.parametrize("read", [1, 1000, 20000])
def test_postgres_killed_in_mid_read(postgres, read):
    sql, where = marked(ENDLESS)
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), sql, max_rows=900000)
        for i in range(read):
            assert lyr.GetNextFeature()["n"] == i + 1
        said.assert_quiet()
        assert kill(postgres, where) == 1
        count = read
        while lyr.GetNextFeature() is not None:
            count += 1
        assert lyr.GetNextFeature() is None
    assert_died(said)
    assert count < 900000
    # The dataset recovers with a new connection.
    with messages() as said:
        lyr.ResetReading()
        assert lyr.GetNextFeature()["n"] == 1
    said.assert_quiet()


def test_postgres_killed_arrow_stream(postgres):
    sql, where = marked(ENDLESS)
    ds, lyr = open_query(postgres.connector(), sql, max_rows=900000)
    stream = lyr.GetArrowStream(["MAX_FEATURES_IN_BATCH=1000"])
    assert stream.GetNextRecordBatch() is not None
    assert kill(postgres, where) == 1
    with messages() as said:
        while stream.GetNextRecordBatch() is not None:
            pass
        assert stream.GetNextRecordBatch() is None
    assert any(f.startswith("PostgreSQL, fetch failed") for f in said.failures)
    del stream


def test_postgres_killed_ogr2ogr(postgres, tmp_path):
    """Not zero, and no short success."""
    sql, where = marked(ENDLESS)
    connector = postgres.connector(sql_query=sql, import_as="q")
    out = tmp_path / "out.csv"
    process = start_ogr2ogr(connector, out)
    try:
        wait_until(lambda: out.exists() and out.stat().st_size > 100000)
        assert kill(postgres, where) == 1
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0
    assert "fetch failed" in output


def test_postgres_killed_idle_connection(postgres):
    """A connection that died between two reads is replaced."""
    mark = "cartoconn_idle_%d" % os.getpid()
    ds, lyr = open_query(postgres.connector(), "SELECT 1 AS a /* %s */" % mark)
    assert len([f for f in lyr]) == 1
    where = "usename = current_user AND state = 'idle' AND pid <> pg_backend_pid()"
    assert kill(postgres, where) >= 1
    with messages() as said:
        assert [f["a"] for f in lyr] == [1]
        assert lyr.GetFeatureCount() == 1
    said.assert_quiet()


@pytest.fixture()
def proxy(postgres):
    proxy_ = Proxy(postgres.base["connection"]["port"])
    yield proxy_
    proxy_.close()


@pytest.mark.parametrize("budget", [1, 20000, 1000000, 3333333])
@pytest.mark.parametrize("sslmode", ["disable", "require"])
def test_postgres_stream_that_ends_early(postgres, proxy, budget, sslmode):
    """Wherever the wire is cut, it is no end of the data."""
    connection = {"port": proxy.port, "sslmode": sslmode}
    sql = "SELECT n, repeat('x', 200) AS t FROM " + SERIES % 50000
    with messages() as said:
        ds, lyr = open_query(postgres.connector(connection), sql)
        proxy.budget = budget
        count = len([f for f in lyr])
    assert count < 50000
    assert said.failures and said[-1][0] == gdal.CE_Failure
    assert said.failures[-1].startswith("PostgreSQL, ")


def test_postgres_server_that_falls_silent(postgres, proxy):
    """query_timeout ends a wait for a server that says nothing more."""
    connection = {"port": proxy.port, "query_timeout": 2, "sslmode": "disable"}
    ds, lyr = open_query(postgres.connector(connection), ENDLESS)
    assert lyr.GetNextFeature()["n"] == 1
    proxy.forward.clear()
    begin = time.monotonic()
    with messages() as said:
        while lyr.GetNextFeature() is not None:
            pass
    assert "query_timeout" in said.failure
    assert time.monotonic() - begin < 8
    begin = time.monotonic()
    ds = lyr = None
    assert time.monotonic() - begin < 5


###############################################################################
# Timeouts


def test_postgres_query_timeout(postgres):
    sql, where = marked("SELECT pg_sleep(30), 1 AS a")
    begin = time.monotonic()
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), sql, query_timeout=1)
        assert lyr.GetNextFeature() is None
    assert time.monotonic() - begin < 5
    assert "timeout" in said.failure and "query_timeout" in said.failure
    assert "1 s" in said.failure
    wait_until(lambda: running(postgres, where) == 0, 3)


def test_postgres_query_timeout_of_count(postgres):
    sql = "SELECT pg_sleep(0.5) FROM generate_series(1, 60)"
    ds, lyr = open_query(postgres.connector(), sql, query_timeout=1)
    begin = time.monotonic()
    with messages() as said:
        assert lyr.GetFeatureCount() <= 0
    assert time.monotonic() - begin < 5
    assert "query_timeout" in said.failures[-1]


def test_postgres_query_timeout_is_the_servers_time(postgres):
    """A slow reader is not timed out."""
    with messages() as said:
        sql = "SELECT n FROM generate_series(1, 100000) n"
        ds, lyr = open_query(postgres.connector(), sql, query_timeout=1)
        assert lyr.GetNextFeature()["n"] == 1
        time.sleep(2)
        assert [f["n"] for f in lyr][-1] == 100000
    said.assert_quiet()


def test_postgres_statement_timeout_of_the_server(postgres):
    """The server's own limit is reported in its words."""
    role = "cartoconn_hasty_" + postgres.schema.split("_")[-1]
    postgres.run(
        "CREATE ROLE %s LOGIN PASSWORD 'x'; ALTER ROLE %s SET statement_timeout = 300"
        % (role, role)
    )
    try:
        connection = {"username": role, "password": "x"}
        with messages() as said:
            sql = "SELECT pg_sleep(30), 1 AS a"
            ds, lyr = open_query(postgres.connector(connection), sql)
            assert lyr.GetNextFeature() is None
            ds = lyr = None
        assert "57014" in said.failure and "statement timeout" in said.failure
    finally:
        postgres.run("DROP ROLE " + role)


###############################################################################
# Ending a read


@pytest.mark.parametrize("end", ["close", "reset", "filter", "index", "stream"])
def test_postgres_ending_a_read_cancels_it(postgres, end):
    """The statement stops at once, whichever way the reader leaves."""
    sql, where = marked(ENDLESS)
    ds, lyr = open_query(postgres.connector(), sql)
    if end == "stream":
        stream = lyr.GetArrowStream()
        assert stream.GetNextRecordBatch() is not None
    else:
        assert lyr.GetNextFeature()["n"] == 1
    assert running(postgres, where) == 1
    begin = time.monotonic()
    with messages() as said:
        if end == "close":
            ds = lyr = None
        elif end == "reset":
            lyr.ResetReading()
        elif end == "filter":
            lyr.SetAttributeFilter("n = 3")
        elif end == "stream":
            stream = None
        else:
            lyr.SetNextByIndex(5)
            assert lyr.GetNextFeature()["n"] == 6
            ds = lyr = None
    said.assert_quiet()
    assert time.monotonic() - begin < 2
    wait_until(lambda: running(postgres, where) == 0, 2)


def test_postgres_closing_a_silent_query(postgres):
    """A statement that gives no row for long is cancelled as promptly."""
    sql, where = marked(SLOW % 60)
    ds, lyr = open_query(postgres.connector(), sql)
    for i in range(900):
        assert lyr.GetNextFeature()["n"] == i + 1
    assert running(postgres, where) == 1
    begin = time.monotonic()
    ds = lyr = None
    assert time.monotonic() - begin < 2
    wait_until(lambda: running(postgres, where) == 0, 2)


def test_postgres_rows_come_as_they_are_made(postgres):
    """The first row does not wait for the last."""
    begin = time.monotonic()
    ds, lyr = open_query(postgres.connector(), SLOW % 3)
    for i in range(900):
        assert lyr.GetNextFeature()["n"] == i + 1
    assert time.monotonic() - begin < 2
    assert len([f for f in lyr]) == 1001


def test_postgres_truncation_cancels(postgres):
    sql, where = marked(ENDLESS)
    begin = time.monotonic()
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), sql, max_rows=10000)
        assert len([f for f in lyr]) == 10000
    assert "truncated at 10000 rows" in said.warning
    wait_until(lambda: running(postgres, where) == 0, 2)
    assert time.monotonic() - begin < 10


def test_postgres_interrupted_ogr2ogr(postgres, tmp_path):
    """A program that is killed takes its statement with it."""
    sql, where = marked(ENDLESS)
    connector = postgres.connector(sql_query=sql, import_as="q")
    process = start_ogr2ogr(connector, tmp_path / "out.csv")
    wait_until(lambda: running(postgres, where) == 1)
    process.terminate()
    process.wait(timeout=10)
    wait_until(lambda: running(postgres, where) == 0, 5)


###############################################################################
# How often a query runs


@pytest.fixture()
def log():
    path = os.environ.get("CARTOCONN_TEST_POSTGRES_LOG")
    if not path or not os.access(path, os.R_OK):
        pytest.skip("CARTOCONN_TEST_POSTGRES_LOG is not set")

    def executions(mark):
        """Statements with the mark that ran; describing one is not running
        it."""
        with open(path, encoding="utf-8", errors="replace") as stream:
            return [
                line
                for line in stream
                if mark in line and ("statement: " in line or "execute " in line)
            ]

    return executions


@pytest.mark.parametrize("target", ["CSV", "GeoJSON", "GPKG"])
def test_postgres_ogr2ogr_runs_the_query_once(postgres, log, tmp_path, target):
    mark = "once_%s_%d" % (target, time.monotonic_ns())
    sql = (
        "SELECT '%s' AS mark, n, 'POINT(1 2)' AS the_geom FROM generate_series(1, 5000) n"
        % mark
    )
    connector = postgres.connector(sql_query=sql, import_as="q")
    done = run_ogr2ogr(connector, tmp_path / "out", target)
    assert done.returncode == 0, done.stdout
    assert len(log(mark)) == 1, log(mark)


def test_postgres_opening_runs_nothing(postgres, log):
    mark = "never_%d" % time.monotonic_ns()
    ds, lyr = open_query(postgres.connector(), "SELECT '%s' AS mark, 5 AS n" % mark)
    assert lyr.GetLayerDefn().GetFieldCount() == 2
    assert log(mark) == []
    ds = lyr = None
    assert log(mark) == []


def test_postgres_reference_system_of_a_row_is_kept(postgres, log):
    """Asking for it starts the one execution that is then read."""
    mark = "srs_%d" % time.monotonic_ns()
    sql = "SELECT '%s' AS mark, 'SRID=3857;POINT(1 2)' AS the_geom" % mark
    ds, lyr = open_query(postgres.connector(), sql)
    assert lyr.GetSpatialRef().GetAuthorityCode(None) == "3857"
    assert len(log(mark)) == 1
    assert len([f for f in lyr]) == 1
    assert len(log(mark)) == 1
    assert len(Stream(lyr).rows) == 1
    assert len(log(mark)) == 2


def test_postgres_only_wanted_columns_are_asked_for(postgres, log):
    postgres.create("wide", [("a", "integer"), ("b_unwanted", "text")], [(1, "x")])
    ds = open_connector(postgres.connector(table="wide"))
    lyr = ds.GetLayer(0)
    lyr.SetIgnoredFields(["b_unwanted"])
    assert lyr.GetMetadataItem("SQL") is not None
    assert len([f for f in lyr]) == 1
    reads = [line for line in log('"wide"') if "COPY" in line.upper()]
    assert reads and "b_unwanted" not in reads[-1]


def test_postgres_other_tables_are_left_alone(postgres, log):
    """One table is opened with no question about any other."""
    postgres.create("alone", [("a", "integer")], [(1,)])
    mark = "%s" % time.monotonic_ns()
    postgres.run("SELECT 'begin_%s'" % mark)
    ds = open_connector(postgres.connector(table="alone"))
    assert len([f for f in ds.GetLayer(0)]) == 1
    ds = None
    assert len(log("begin_" + mark)) == 1
    path = os.environ["CARTOCONN_TEST_POSTGRES_LOG"]
    with open(path, encoding="utf-8", errors="replace") as stream:
        after = stream.read().split("begin_" + mark)[1]
    statements = after.count("statement: ") + after.count("execute ")
    assert statements <= 10, after


###############################################################################
# Large reads


@pytest.mark.parametrize("rows", [999999, 1000000, 1000001])
def test_postgres_row_limit(postgres, rows):
    """The provider's own limit, to the row."""
    sql = "SELECT n FROM " + SERIES % rows
    with messages() as said:
        ds, lyr = open_query(postgres.connector(), sql)
        assert ds.GetMetadataItem("ROW_LIMIT") == "1000000"
        count = count_arrow_rows(lyr)
    assert count == min(rows, 1000000)
    assert not said.failures
    if rows > 1000000:
        assert "truncated at 1000000 rows" in said.warning
        assert lyr.GetMetadataItem("TRUNCATED") == "YES"
    else:
        assert not said.warnings
        assert lyr.GetMetadataItem("TRUNCATED") is None
    assert lyr.GetFeatureCount() == min(rows, 1000000)


@pytest.mark.parametrize("rows", [1000000, 1000001])
def test_postgres_row_limit_of_ogr2ogr(postgres, tmp_path, rows):
    """Truncation is a warning, and success."""
    sql = "SELECT n FROM " + SERIES % rows
    connector = postgres.connector(sql_query=sql, import_as="q")
    out = tmp_path / "out.csv"
    done = run_ogr2ogr(connector, out)
    assert done.returncode == 0, done.stdout
    assert ("truncated at 1000000 rows" in done.stdout) == (rows > 1000000)
    with open(str(out), "rb") as stream:
        assert sum(1 for _ in stream) == 1000001


MEASURE = """
import resource, sys
from osgeo import gdal
gdal.UseExceptions()
options = ["CONNECTOR=" + sys.argv[1]]
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
def read(lyr, rows):
    count = 0
    for _ in range(rows):
        if lyr.GetNextFeature() is None:
            break
        count += 1
    return count
def drain(lyr):
    stream = lyr.GetArrowStream()
    count = 0
    while True:
        batch = stream.GetNextRecordBatch()
        if batch is None:
            return count
        count += batch.GetLength()
ds = gdal.OpenEx("CARTOCONN:", gdal.OF_VECTOR, open_options=options)
lyr = ds.GetLayer(0)
idle = peak()
count = drain(lyr) if sys.argv[2] == "arrow" else read(lyr, 10**9)
print(count, peak() - idle)
"""


@pytest.mark.slow()
@pytest.mark.parametrize("way", ["arrow", "features"])
def test_postgres_memory(postgres, way):
    """Five million rows take no more memory than some batches."""
    sql = """SELECT n, n * 1.5::float8 AS d, repeat('text ', 10) AS t,
        now() AS ts FROM """
    sql += SERIES % 5000000
    connector = postgres.connector(sql_query=sql, import_as="q")
    done = run_python(
        MEASURE, json.dumps(connector), way, CARTOCONN_MAX_ROWS="100000000"
    )
    assert done.returncode == 0, done.stderr
    count, kilobytes = map(int, done.stdout.split())
    assert count == 5000000
    assert kilobytes <= 60 * 1024, "%d MB" % (kilobytes // 1024)


@pytest.mark.slow()
def test_postgres_memory_of_wide_rows(postgres):
    """... however wide the rows are."""
    sql = "SELECT n, repeat('x', 1000000) AS t FROM " + SERIES % 1000
    connector = postgres.connector(sql_query=sql, import_as="q")
    done = run_python(MEASURE, json.dumps(connector), "features")
    assert done.returncode == 0, done.stderr
    count, kilobytes = map(int, done.stdout.split())
    assert count == 1000
    assert kilobytes <= 60 * 1024, "%d MB" % (kilobytes // 1024)


def test_postgres_slow_reader_bounds_the_prefetch(postgres):
    """What is not read yet waits at the server, not here."""
    sql = "SELECT n, repeat('x', 100000) AS t FROM " + SERIES % 100000
    script = MEASURE.replace(
        'count = drain(lyr) if sys.argv[2] == "arrow" else read(lyr, 10**9)',
        "count = read(lyr, 1); import time; time.sleep(3)",
    )
    connector = postgres.connector(sql_query=sql, import_as="q")
    done = run_python(script, json.dumps(connector), "features")
    assert done.returncode == 0, done.stderr
    _, kilobytes = map(int, done.stdout.split())
    assert kilobytes <= 60 * 1024, "%d MB" % (kilobytes // 1024)
