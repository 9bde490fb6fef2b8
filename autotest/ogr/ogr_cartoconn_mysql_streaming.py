#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""MySQL and MariaDB: reads that are ended by the server, by a timeout, by the
reader; how often a query runs; the row limit and the memory of large reads."""

import json
import os
import re
import threading
import time

import pytest
from cartoconn_arrow import Stream
from cartoconn_mysql import is_mariadb, run_mysql
from cartoconn_proxy import Proxy
from cartoconn_servers import mysql  # noqa: F401
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


def endless(mysql):
    """Rows without an end that the server makes as it sends them."""
    numbers = mysql.numbers.need(10000)
    return "SELECT a.n, REPEAT('x', 200) AS t FROM {0} b, {0} a, {0} c".format(numbers)


def marked(sql):
    """The statement with a mark."""
    mark = "mark_%d_%d" % (os.getpid(), time.monotonic_ns())
    return "/* %s */ %s" % (mark, sql), mark


def processes(mysql, mark, column="INFO"):
    """The ids of the server's connections that run such a statement."""
    rows = run_mysql(
        mysql.base["connection"],
        "SELECT ID FROM information_schema.PROCESSLIST WHERE %s LIKE '%%%s%%' "
        "AND ID <> CONNECTION_ID()" % (column, mark),
    )
    return rows.split()


def kill(mysql, mark):
    (identifier,) = processes(mysql, mark)
    mysql.run("KILL " + identifier)


###############################################################################
# A connection that dies


@pytest.mark.parametrize("read", [1, 1000, 20000])
def test_mysql_killed_in_mid_read(mysql, read):
    sql, mark = marked(endless(mysql))
    with messages() as said:
        ds, lyr = open_query(mysql.connector(), sql, max_rows=900000)
        for _ in range(read):
            assert lyr.GetNextFeature()["t"] == "x" * 200
        said.assert_quiet()
        kill(mysql, mark)
        count = read
        while lyr.GetNextFeature() is not None:
            count += 1
        assert lyr.GetNextFeature() is None
    assert said.failure.startswith("MySQL, fetch failed")
    assert said[-1][0] == gdal.CE_Failure
    assert count < 900000
    # The dataset recovers with a new connection.
    with messages() as said:
        lyr.ResetReading()
        assert lyr.GetNextFeature()["t"] == "x" * 200
    said.assert_quiet()


def test_mysql_killed_arrow_stream(mysql):
    sql, mark = marked(endless(mysql))
    ds, lyr = open_query(mysql.connector(), sql, max_rows=900000)
    stream = lyr.GetArrowStream(["MAX_FEATURES_IN_BATCH=1000"])
    assert stream.GetNextRecordBatch() is not None
    kill(mysql, mark)
    with messages() as said:
        while stream.GetNextRecordBatch() is not None:
            pass
    assert any(f.startswith("MySQL, fetch failed") for f in said.failures)
    del stream


def test_mysql_killed_ogr2ogr(mysql, tmp_path):
    """Not zero, and no short success."""
    sql, mark = marked(endless(mysql))
    connector = mysql.connector(sql_query=sql, import_as="q")
    out = tmp_path / "out.csv"
    process = start_ogr2ogr(connector, out)
    try:
        wait_until(lambda: out.exists() and out.stat().st_size > 100000)
        kill(mysql, mark)
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0
    assert "fetch failed" in output


def test_mysql_killed_idle_connection(mysql):
    """A connection that died between two reads is replaced."""
    ds, lyr = open_query(mysql.connector(), "SELECT 1 AS a")
    assert len([f for f in lyr]) == 1
    for identifier in processes(mysql, "Sleep", "COMMAND"):
        mysql.run("KILL " + identifier)
    with messages() as said:
        assert [f["a"] for f in lyr] == [1]
        assert lyr.GetFeatureCount() == 1
    said.assert_quiet()


def test_mysql_error_of_a_row(mysql):
    """What fails while rows are computed fails the read."""
    sql = "SELECT n, (SELECT n UNION SELECT IF(n < 9000, n, 0)) AS v FROM "
    with messages() as said:
        ds, lyr = open_query(mysql.connector(), sql + mysql.numbers.need(10000))
        count = len([f for f in lyr])
    assert count < 9000
    assert "1242" in said.failure and "more than 1 row" in said.failure


@pytest.fixture()
def proxy(mysql):
    proxy_ = Proxy(mysql.base["connection"]["port"])
    yield proxy_
    proxy_.close()


@pytest.mark.parametrize("budget", [1, 20000, 1000000, 3333333])
@pytest.mark.parametrize("sslmode", ["disable", "require"])
def test_mysql_stream_that_ends_early(mysql, proxy, budget, sslmode):
    """Wherever the wire is cut, it is no end of the data."""
    connection = {"port": proxy.port, "sslmode": sslmode}
    with messages() as said:
        sql = endless(mysql) + " LIMIT 50000"
        ds, lyr = open_query(mysql.connector(connection), sql)
        proxy.budget = budget
        count = len([f for f in lyr])
    assert count < 50000
    assert said.failures and said[-1][0] == gdal.CE_Failure
    assert said.failures[-1].startswith("MySQL, ")


@pytest.mark.parametrize("sslmode", ["disable", "require"])
def test_mysql_server_that_falls_silent(mysql, proxy, sslmode):
    """query_timeout ends a wait for a server that says nothing more."""
    connection = {"port": proxy.port, "query_timeout": 2, "sslmode": sslmode}
    ds, lyr = open_query(mysql.connector(connection), endless(mysql))
    assert lyr.GetNextFeature()["t"] == "x" * 200
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


def test_mysql_closing_on_a_server_that_fell_silent(mysql, proxy):
    """Cancelling is bounded, whatever the server does."""
    connection = {"port": proxy.port, "sslmode": "disable"}
    ds, lyr = open_query(mysql.connector(connection), endless(mysql))
    assert lyr.GetNextFeature()["t"] == "x" * 200
    proxy.forward.clear()
    begin = time.monotonic()
    ds = lyr = None
    assert time.monotonic() - begin < 3


###############################################################################
# Timeouts


def sleeping(mysql, seconds):
    return "SELECT SLEEP(%g) AS s, 1 AS a" % seconds


def test_mysql_query_timeout(mysql):
    sql, mark = marked(sleeping(mysql, 30))
    begin = time.monotonic()
    with messages() as said:
        ds, lyr = open_query(mysql.connector(), sql, query_timeout=1)
        assert lyr.GetNextFeature() is None
    assert time.monotonic() - begin < 5
    assert "timeout" in said.failure and "query_timeout" in said.failure
    assert "1 s" in said.failure
    wait_until(lambda: not processes(mysql, mark), 3)


def test_mysql_query_timeout_of_count(mysql):
    sql = "SELECT n, SLEEP(0.1) AS s FROM %s WHERE n <= 300"
    sql = sql % mysql.numbers.need(1000)
    ds, lyr = open_query(
        mysql.connector(),
        sql.replace("WHERE", "WHERE SLEEP(0.1) = 0 AND"),
        query_timeout=1,
    )
    begin = time.monotonic()
    with messages() as said:
        assert lyr.GetFeatureCount() <= 0
    assert time.monotonic() - begin < 8
    assert "query_timeout" in said.failures[-1]


def test_mysql_query_timeout_is_the_servers_time(mysql):
    """A slow reader is not timed out."""
    with messages() as said:
        sql = endless(mysql) + " LIMIT 100000"
        ds, lyr = open_query(mysql.connector(), sql, query_timeout=1)
        assert lyr.GetNextFeature() is not None
        time.sleep(2)
        count = 1
        while lyr.GetNextFeature() is not None:
            count += 1
        assert count == 100000
    said.assert_quiet()


###############################################################################
# Ending a read


@pytest.mark.parametrize("end", ["close", "reset", "filter", "index", "stream"])
def test_mysql_ending_a_read_cancels_it(mysql, end):
    """The statement stops at once, whichever way the reader leaves."""
    sql, mark = marked(endless(mysql))
    ds, lyr = open_query(mysql.connector(), sql)
    if end == "stream":
        stream = lyr.GetArrowStream()
        assert stream.GetNextRecordBatch() is not None
    else:
        assert lyr.GetNextFeature()["t"] == "x" * 200
    assert len(processes(mysql, mark)) == 1
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
            assert lyr.GetNextFeature() is not None
            ds = lyr = None
    said.assert_quiet()
    assert time.monotonic() - begin < 2
    wait_until(lambda: not processes(mysql, mark), 2)


def test_mysql_closing_a_silent_query(mysql):
    """A statement that gives no row for long is cancelled as promptly."""
    sql, mark = marked(
        "SELECT n, t FROM (%s) a UNION ALL SELECT SLEEP(60), ''"
        % (endless(mysql) + " LIMIT 1000")
    )
    ds, lyr = open_query(mysql.connector(), sql)
    for _ in range(900):
        assert lyr.GetNextFeature() is not None
    assert len(processes(mysql, mark)) == 1
    begin = time.monotonic()
    ds = lyr = None
    assert time.monotonic() - begin < 2
    wait_until(lambda: not processes(mysql, mark), 2)


def test_mysql_rows_come_as_they_are_made(mysql):
    """The first rows do not wait for the last; the servers send a full
    buffer."""
    sql = "SELECT n, t FROM (%s) a UNION ALL SELECT SLEEP(3), ''"
    begin = time.monotonic()
    ds, lyr = open_query(mysql.connector(), sql % (endless(mysql) + " LIMIT 1000"))
    for _ in range(900):
        assert lyr.GetNextFeature()["t"] == "x" * 200
    assert time.monotonic() - begin < 2
    assert len([f for f in lyr]) == 1001


def test_mysql_truncation(mysql):
    """The session's limit ends the statement, and the next is whole again."""
    sql, mark = marked(endless(mysql))
    with messages() as said:
        ds, lyr = open_query(mysql.connector(), sql, max_rows=10000)
        assert len([f for f in lyr]) == 10000
    assert "truncated at 10000 rows" in said.warning
    wait_until(lambda: not processes(mysql, mark), 2)
    lyr = ds.ExecuteSQL("SELECT count(*) AS n FROM (%s LIMIT 20000) s" % endless(mysql))
    assert lyr.GetNextFeature()["n"] == 20000
    ds.ReleaseResultSet(lyr)


def test_mysql_interrupted_ogr2ogr(mysql, tmp_path):
    """A program that is killed takes its statement with it."""
    sql, mark = marked(endless(mysql))
    connector = mysql.connector(sql_query=sql, import_as="q")
    process = start_ogr2ogr(connector, tmp_path / "out.csv")
    wait_until(lambda: processes(mysql, mark))
    process.terminate()
    process.wait(timeout=10)
    wait_until(lambda: not processes(mysql, mark), 5)


@pytest.mark.parametrize("sslmode", ["disable", "require"])
def test_mysql_threads_that_leave_reads(mysql, sslmode):
    """What a connection leaves behind that is ended in mid-read (in TLS: in the
    thread's queue of errors) does not end the thread's other ones."""
    connector = mysql.connector({"sslmode": sslmode})
    sql = endless(mysql)
    rows = []

    def work():
        ds, lyr = open_query(connector, sql)
        for _ in range(4):
            rows.append(lyr.GetNextFeature())
            other = ds.ExecuteSQL("SELECT SLEEP(0.05) + 1 AS n")
            rows.append(other.GetNextFeature())
            ds.ReleaseResultSet(other)
            lyr.ResetReading()

    threads = [threading.Thread(target=work) for _ in range(4)]
    with messages() as said:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    said.assert_quiet()
    assert len(rows) == 32 and all(rows)


###############################################################################
# How often a query runs


# The beginning of a record of the servers' general log
COMMAND = re.compile(r"^.*?\b\d+ ([A-Z][A-Za-z ]+)\t", re.MULTILINE)


@pytest.fixture()
def log(mysql):
    server = "MYSQL" if is_mariadb(mysql) else "MYSQL9"
    path = os.environ.get("CARTOCONN_TEST_%s_LOG" % server)
    if not path or not os.access(path, os.R_OK):
        pytest.skip("CARTOCONN_TEST_%s_LOG is not set" % server)

    def executions(mark):
        """Statements with the mark that ran: preparing is not running."""
        with open(path, encoding="utf-8", errors="replace") as stream:
            records = COMMAND.split(stream.read())[1:]
        return [
            text
            for command, text in zip(records[::2], records[1::2])
            if mark in text and command in ("Query", "Execute")
        ]

    return executions


@pytest.mark.parametrize("target", ["CSV", "GeoJSON", "GPKG"])
def test_mysql_ogr2ogr_runs_the_query_once(mysql, log, tmp_path, target):
    mark = "once_%s_%d" % (target, time.monotonic_ns())
    sql = (
        "SELECT '%s' AS mark, n, 'POINT(1 2)' AS the_geom FROM %s "
        "WHERE n <= 5000" % (mark, mysql.numbers.need(5000))
    )
    connector = mysql.connector(sql_query=sql, import_as="q")
    done = run_ogr2ogr(connector, tmp_path / "out", target)
    assert done.returncode == 0, done.stdout
    assert len(log(mark)) == 1, log(mark)


def test_mysql_opening_runs_nothing(mysql, log):
    mark = "never_%d" % time.monotonic_ns()
    ds, lyr = open_query(mysql.connector(), "SELECT '%s' AS mark, 5 AS n" % mark)
    assert lyr.GetLayerDefn().GetFieldCount() == 2
    assert log(mark) == []
    ds = lyr = None
    assert log(mark) == []


def test_mysql_only_wanted_columns_are_asked_for(mysql, log):
    name = "wide_%d" % time.monotonic_ns()
    mysql.create(name, [("a", "integer"), ("b_unwanted", "text")], [(1, "x")])
    ds = open_connector(mysql.connector(table=name))
    lyr = ds.GetLayer(0)
    lyr.SetIgnoredFields(["b_unwanted"])
    assert len([f for f in lyr]) == 1
    reads = [text for text in log(name) if text.startswith("SELECT `")]
    assert len(reads) == 1 and "b_unwanted" not in reads[0]


def test_mysql_filters_are_the_servers(mysql, log):
    """Attribute filters and counts are left to the server, queries' too."""
    name = "filtered_%d" % time.monotonic_ns()
    rows = [(i, "name %d" % i) for i in range(50)]
    mysql.create(name, [("a", "integer"), ("b", "text")], rows)
    sql = "SELECT a, b, a + 1 AS b FROM " + mysql.table(name)
    for connector in (
        mysql.connector(table=name),
        mysql.connector(sql_query=sql, import_as="q"),
    ):
        before = len(log(name))
        ds = open_connector(connector)
        lyr = ds.GetLayer(0)
        assert lyr.SetAttributeFilter("b = 'NAME 7' OR a IN (9, 11)") == 0
        assert [f["a"] for f in lyr] == [7, 9, 11]
        assert lyr.GetFeatureCount() == 3
        new = log(name)[before:]
        assert len(new) == 2 + (connector.get("table") is not None)
        assert all(" WHERE " in text for text in new[-2:])
        assert "count(*)" in new[-1]


###############################################################################
# Large reads


@pytest.mark.parametrize("rows", [1000000, 1000001])
def test_mysql_row_limit(mysql, rows):
    """The provider's own limit, to the row."""
    sql = endless(mysql).replace("a.n, ", "") + " LIMIT %d" % rows
    with messages() as said:
        ds, lyr = open_query(mysql.connector(), sql)
        assert ds.GetMetadataItem("ROW_LIMIT") == "1000000"
        count = count_arrow_rows(lyr)
    assert count == 1000000
    assert not said.failures
    assert (lyr.GetMetadataItem("TRUNCATED") == "YES") == (rows > 1000000)
    assert len(said.warnings) == (1 if rows > 1000000 else 0)


MEMORY = """
import resource, sys
from osgeo import gdal
ds = gdal.OpenEx("CARTOCONN:", open_options=["CONNECTOR=" + sys.argv[1]])
lyr = ds.GetLayer(0)
for i in range(1000):
    assert lyr.GetNextFeature() is not None
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
while lyr.GetNextFeature() is not None:
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_mysql_memory_is_flat(mysql):
    """A read of 220 MB needs no more than its queue."""
    sql = endless(mysql) + " LIMIT 1000000"
    connector = mysql.connector(sql_query=sql, import_as="q")
    done = run_python(MEMORY, json.dumps(connector))
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 40 * 1024


def test_mysql_long_values_in_a_stream(mysql):
    """Longer than what is bound, at every size around it."""
    sql = (
        "SELECT n, REPEAT('\u00e9', n) AS t, UNHEX(REPEAT('00ff', n)) AS b "
        "FROM %s WHERE n BETWEEN 2040 AND 2056 OR n BETWEEN 4090 AND 4100"
        % mysql.numbers.need(10000)
    )
    ds, lyr = open_query(mysql.connector(), sql)
    rows = Stream(lyr).rows
    assert len(rows) == 28
    ds, lyr = open_query(mysql.connector(), sql)
    for feature in lyr:
        assert feature["t"] == "\u00e9" * feature["n"]
        assert bytes(feature.GetFieldAsBinary("b")) == b"\x00\xff" * feature["n"]
