#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Hive's own types, tables and statements, and TLS, on a real server of
HiveServer2's protocol over every transport."""

import contextlib
import os
import socket
import threading
import time

import pytest
from cartoconn_hive import TYPES_ALIKE, check_type, row_of_types
from cartoconn_proxy import join
from cartoconn_servers import Expression, connector_of
from cartoconn_servers import Hive as HiveServer
from cartoconn_util import (  # noqa: F401
    config,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    read_query,
    refuse,
    values,
    variant,
)

pytestmark = pytest.mark.require_driver("CARTOCONN")

TRANSPORTS = ["hive", "hive_nosasl", "hive_http"]


@pytest.fixture(scope="module")
def hive():
    adapter = HiveServer(connector_of("hive"))
    adapter.create_schema()
    yield adapter
    adapter.drop_schema()


@pytest.fixture(params=TRANSPORTS)
def transport(request, hive):
    """The same server by each transport."""
    adapter = HiveServer(connector_of(request.param))
    adapter.schema = hive.schema
    return adapter


def log_lines(word):
    """Lines of the server's log with the word."""
    path = os.environ.get("CARTOCONN_TEST_HIVE_LOG")
    if not path:
        pytest.skip("CARTOCONN_TEST_HIVE_LOG is not set")
    with open(path, encoding="utf-8", errors="replace") as log:
        return [line for line in log if word in line]


###############################################################################
# Types

TYPES = TYPES_ALIKE + [
    ("CAST(2147483647 AS int)", "Integer", "None", 2147483647),
    ("float(0.1)", "Real", "Float32", 0.10000000149011612),
    ("double(0.1)", "Real", "None", 0.1),
    ("double('NaN')", "Real", "None", "nan"),
    ("''", "String", "None", ""),
    ("X'00ff80'", "Binary", "None", b"\x00\xff\x80"),
    ("DATE '0001-01-01'", "Date", "None", (1, 1, 1, 0, 0, 0.0, 0)),
    ("array(1, NULL, 3)", "String", "JSON", "[1,null,3]"),
    ("map('k', 1.5)", "String", "JSON", '{"k":1.5}'),
    # what Spark's text has without quotes, or without escapes
    ("map(1, 2, 3, NULL)", "String", "JSON", '{"1":2,"3":null}'),
    (
        "array(DATE '2020-01-01', CAST(NULL AS date))",
        "String",
        "JSON",
        '["2020-01-01",null]',
    ),
    (
        "map(TIMESTAMP '2020-01-01 01:02:03.5', double('NaN'))",
        "String",
        "JSON",
        '{"2020-01-01 01:02:03.5":"NaN"}',
    ),
    (
        r"""named_struct('a "b"', array('say "x"', 'back\\slash', 'tab\t'))""",
        "String",
        "JSON",
        r"""{"a \"b\"":["say \"x\"","back\\slash","tab\u0009"]}""",
    ),
    ("named_struct('x', 1, 'y', 's')", "String", "JSON", '{"x":1,"y":"s"}'),
]


@pytest.fixture(scope="module", params=TRANSPORTS)
def typed(request, hive):
    """One row of all the types, by each transport."""
    return row_of_types(connector_of(request.param), TYPES)


@pytest.mark.parametrize("place", range(len(TYPES)), ids=[t[0] for t in TYPES])
def test_hive_type(typed, place):
    _, *expected = TYPES[place]
    check_type(typed, place, *expected)


def test_hive_type_widths(hive):
    ds, lyr = open_query(
        hive.connector(), "SELECT CAST(1 AS decimal(12,3)) AS d"
    )
    field = lyr.GetLayerDefn().GetFieldDefn(0)
    assert (field.GetWidth(), field.GetPrecision()) == (12, 3)


def test_hive_values_that_do_not_fit(hive):
    sql = "SELECT CAST('%s' AS decimal(38,0)) AS n, CAST('%s' AS decimal(30,10)) AS d" % (
        "9" * 38,
        "12345678901234567890.1234567891",
    )
    with messages() as said:
        ds, lyr = open_query(hive.connector(), sql)
        row = [values(f) for f in lyr][0]
    assert row[0] is None
    assert row[1] == pytest.approx(12345678901234567890.1234567891)
    assert len(said.warnings) == 2
    ds, lyr = open_query(hive.connector(), sql, lossless="YES")
    assert [values(f) for f in lyr] == [
        ["9" * 38, "12345678901234567890.1234567891"]
    ]


def test_hive_lossless_timestamp(hive):
    sql = "SELECT TIMESTAMP '2024-02-29 23:59:59.123456' AS t, DATE '2024-02-29' AS d"
    ds, lyr = open_query(hive.connector(), sql, lossless="YES")
    assert [values(f) for f in lyr] == [["2024-02-29 23:59:59.123456", "2024-02-29"]]


###############################################################################
# Tables


def test_hive_partitioned_table(transport):
    name = "parts_" + transport.base["connection"]["auth"]
    name += transport.base["connection"]["transport"]
    transport.run(
        "CREATE TABLE %s (a int, b string) PARTITIONED BY (year int, kind string)"
        % transport.table(name)
    )
    transport.run(
        "INSERT INTO %s VALUES (1, 'x', 2023, 'k'), (2, 'y', 2024, 'k'), "
        "(3, 'z', 2024, NULL)" % transport.table(name)
    )
    ds = open_connector(transport.connector(table=name))
    lyr = ds.GetLayer(0)
    defn = lyr.GetLayerDefn()
    names = [defn.GetFieldDefn(i).GetName() for i in range(defn.GetFieldCount())]
    assert names == ["a", "b", "year", "kind"]
    assert sorted([values(f) for f in lyr]) == [
        [1, "x", 2023, "k"],
        [2, "y", 2024, "k"],
        [3, "z", 2024, None],
    ]
    lyr.SetAttributeFilter("year = 2024 AND kind = 'K'")
    assert [values(f) for f in lyr] == [[2, "y", 2024, "k"]]
    assert "WHERE" in lyr.GetMetadataItem("SQL")
    assert lyr.GetFeatureCount() == 1


def test_hive_view(hive):
    hive.create("base_of_view", [("a", "integer"), ("b", "text")], [(1, "x")])
    hive.create_view(
        "renamed", "SELECT b AS c, a + 1 AS d FROM " + hive.table("base_of_view")
    )
    ds = open_connector(hive.connector(table="renamed"))
    assert [values(f) for f in ds.GetLayer(0)] == [["x", 2]]


def test_hive_names_ignore_case(hive):
    hive.create("mixed", [("CamelCase", "integer")], [(1,)])
    ds = open_connector(hive.connector(table="MIXED", schema=hive.schema.upper()))
    lyr = ds.GetLayer(0)
    assert [values(f) for f in lyr] == [[1]]
    ds = open_connector(hive.connector(schema=hive.schema.upper()))
    assert ds.GetLayerByName("mixed") is not None


def test_hive_database_is_the_schema(hive):
    """Where no schema is given, and for names in a query."""
    hive.create("placed", [("a", "integer")], [(7,)])
    base = variant(hive.base, {"database": hive.schema})
    ds = open_connector(variant(base, table="placed"))
    assert ds.GetLayer(0).GetMetadataItem("SOURCE") == hive.schema + ".placed"
    assert [values(f) for f in ds.GetLayer(0)] == [[7]]
    assert [values(f) for f in read_query(base, "SELECT a FROM placed")] == [[7]]


def test_hive_no_such_database(hive):
    failure = refuse(variant(hive.base, {"database": "no_such_database"}, table="t"))
    assert failure.startswith("Hive, login failed")
    assert "no_such_database" in failure


def test_hive_extent_of_text_geometry(hive):
    rows = [(1, "POINT (1 2)"), (2, "SRID=4326;POINT (3 4)"), (3, None)]
    hive.create("places", [("id", "integer"), ("the_geom", "text")], rows)
    ds = open_connector(hive.connector(table="places"))
    assert ds.GetLayer(0).GetExtent() == (1, 3, 2, 4)


###############################################################################
# Statements


@pytest.mark.parametrize(
    "sql,count",
    [
        ("SHOW DATABASES", None),
        ("WITH x AS (SELECT 1 AS a UNION ALL SELECT 2) SELECT a FROM x", 2),
        ("VALUES (1, 'x'), (2, 'y')", 2),
        ("SELECT 1 AS a, 2 AS a", 1),
        ("DESCRIBE FUNCTION upper", None),
        ("EXPLAIN SELECT 1", 1),
        ("(SELECT 1 AS a) UNION ALL (SELECT 2 AS a)", 2),
        ("FROM (SELECT 1 AS a) t SELECT a", 1),
    ],
)
def test_hive_statement(hive, sql, count):
    with messages() as said:
        ds, lyr = open_query(hive.connector(), sql)
        rows = [values(f) for f in lyr]
        assert lyr.GetFeatureCount() == len(rows)
    said.assert_quiet()
    assert rows
    assert count is None or len(rows) == count


def test_hive_sent_once(hive):
    """Verbatim, and one execution a read."""
    mark = "mark %d" % time.monotonic_ns()
    sql = "SELECT id AS a, '%s' AS b FROM range(1000)" % mark
    ds, lyr = open_query(hive.connector(), sql)
    assert sum(1 for _ in lyr) == 1000
    sent = [line for line in log_lines(mark) if "Submitting query" in line]
    # beside the one whose columns were asked for
    assert len([line for line in sent if "SELECT * FROM (" not in line]) == 1


def test_hive_writing_is_refused(hive):
    hive.create("unwritten", [("a", "integer")], [(1,)])
    table = hive.table("unwritten")
    for sql in (
        "INSERT INTO %s VALUES (2)" % table,
        "WITH x AS (SELECT 2 AS a) INSERT INTO %s SELECT a FROM x" % table,
        "FROM (SELECT 2 AS a) t INSERT INTO %s SELECT a" % table,
        "TRUNCATE TABLE " + table,
    ):
        refuse(hive.connector(sql_query=sql, import_as="q"))
    ds = open_connector(hive.connector(table="unwritten"))
    assert [values(f) for f in ds.GetLayer(0)] == [[1]]


def test_hive_configuration(hive):
    connector = variant(
        hive.base, {"configuration": {"spark.sql.session.timeZone": "Asia/Tokyo"}}
    )
    (feature,) = read_query(connector, "SELECT current_timezone() AS z")
    assert feature["z"] == "Asia/Tokyo"


def slow_query(seconds):
    """Spark has no sleep(); this keeps one task busy."""
    return (
        "SELECT count(*) AS n FROM range(0, %d, 1, 1) WHERE "
        "sha2(CAST(id AS string), 512) = 'x'" % (seconds * 3000000)
    )


def test_hive_query_timeout(transport):
    begin = time.monotonic()
    connector = variant(transport.base, {"query_timeout": 1})
    with messages() as said:
        ds, lyr = open_query(connector, slow_query(60))
        assert lyr.GetNextFeature() is None
    assert time.monotonic() - begin < 15
    assert "timeout" in said.failure


def test_hive_close_cancels(transport):
    """Leaving a layer ends what runs for it, promptly. Rows arrive part by
    part, and after the first part there is none for long."""
    connector = variant(
        transport.base,
        {"configuration": {"spark.sql.thriftServer.incrementalCollect": "true"}},
    )
    sql = (
        "SELECT id FROM range(0, 1000000000, 1, 10000) WHERE id < 100 OR "
        "sha2(CAST(id AS string), 512) = 'x'"
    )
    with messages() as said:
        ds, lyr = open_query(connector, sql)
        assert lyr.GetNextFeature() is not None
        time.sleep(0.5)
        begin = time.monotonic()
        del lyr
        ds = None
    assert time.monotonic() - begin < 5
    said.assert_quiet()
    # The server works off its statements in turn: the next one is not held up.
    counting = "SELECT count(*) AS n FROM range(0, 1000, 1, 2)"
    (feature,) = read_query(transport.base, counting)
    assert feature["n"] == 1000
    assert time.monotonic() - begin < 20


def test_hive_many_rows(transport):
    """Several answers, of which none is marked as the last."""
    sql = "SELECT id AS a, CAST(id AS string) AS b FROM range(0, 100000, 1, 1)"
    ds, lyr = open_query(transport.connector(), sql)
    total = 0
    for feature in lyr:
        assert feature["a"] == total and feature["b"] == str(total)
        total += 1
    assert total == 100000


def test_hive_large_value_without_frames():
    """Larger than a batch; the conformance suite reads one in frames."""
    sql = "SELECT repeat('é', %d) AS a, 7 AS b" % (8 << 20)
    (feature,) = read_query(connector_of("hive_nosasl"), sql)
    assert values(feature) == ["é" * (8 << 20), 7]


###############################################################################
# TLS

TLS = ["hive_tls", "hive_nosasl_tls", "hive_http_tls"]


def tls_folder():
    folder = os.environ.get("CARTOCONN_TEST_HIVE_TLS")
    if not folder:
        pytest.skip("CARTOCONN_TEST_HIVE_TLS is not set")
    return folder


@pytest.mark.parametrize("name", TLS)
@pytest.mark.parametrize("mode", ["verify-full", "verify-ca", "require"])
def test_hive_tls(name, mode):
    connector = variant(connector_of(name), {"sslmode": mode})
    (feature,) = read_query(connector, "SELECT 'é' AS a, 5 AS b")
    assert values(feature) == ["é", 5]


@pytest.mark.parametrize("name", TLS)
def test_hive_tls_require_without_authority(name):
    """Encrypted, not verified."""
    connector = variant(connector_of(name), {"sslmode": "require", "sslrootcert": None})
    (feature,) = read_query(connector, "SELECT 5 AS b")
    assert values(feature) == [5]


@pytest.mark.parametrize("name", TLS)
@pytest.mark.parametrize("mode", ["verify-full", "verify-ca", "require"])
def test_hive_tls_other_authority(name, mode):
    other = os.path.join(tls_folder(), "other-ca.crt")
    connector = variant(connector_of(name), {"sslmode": mode, "sslrootcert": other})
    failure = refuse(connector)
    assert failure.startswith("Hive, TLS failed")
    assert "sslrootcert" in failure


@contextlib.contextmanager
def by_another_name(port):
    """The port of 127.0.0.2 at which the server answers as well."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.2", 0))
        listener.listen(4)

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    server = socket.create_connection(("127.0.0.1", port))
                    join(client, server)

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("name", TLS)
def test_hive_tls_other_name(name):
    """The certificate is for localhost and 127.0.0.1."""
    connector = connector_of(name)
    with by_another_name(connector["connection"]["port"]) as port:
        connector["connection"].update(server="127.0.0.2", port=port)
        failure = refuse(connector)
        assert failure.startswith("Hive, TLS failed")
        connector["connection"]["sslmode"] = "verify-ca"
        assert len(read_query(connector, "SELECT 5 AS b")) == 1


@pytest.mark.parametrize("name", TLS)
def test_hive_tls_not_asked_for(name):
    connector = variant(
        connector_of(name), {"sslmode": "disable", "connect_timeout": 3}
    )
    failure = refuse(connector)
    assert "sslmode" in failure or "timeout" in failure


@pytest.mark.parametrize("name", TRANSPORTS)
def test_hive_tls_not_there(name):
    connector = variant(connector_of(name), {"sslmode": "require", "connect_timeout": 3})
    failure = refuse(connector)
    assert failure.startswith(("Hive, TLS failed", "Hive, timeout"))


###############################################################################
# Several transports, one truth


def test_hive_transports_agree(hive):
    columns = [("id", "integer"), ("t", "text"), ("d", "double"), ("n", "decimal(12,3)")]
    rows = [
        (k, None if k % 5 == 0 else "é%d" % k, k / 3.0, Expression("%d.125" % k))
        for k in range(200)
    ]
    hive.create("agreed", columns, rows)
    read = []
    for name in TRANSPORTS:
        ds = open_connector(
            variant(connector_of(name), table="agreed", schema=hive.schema)
        )
        read.append(sorted([values(f) for f in ds.GetLayer(0)], key=lambda r: r[0]))
    assert len(read[0]) == 200
    assert read[0] == read[1] == read[2]


def test_hive_password_is_not_said(hive):
    password = hive.base["connection"]["password"]
    with config(CPL_DEBUG="ON"), messages() as said:
        ds, lyr = open_query(hive.connector(), "SELECT '%s' AS a" % password)
        assert lyr.GetNextFeature() is not None
        mistake = hive.connector(sql_query="SELECT '%s' x y z" % password)
        mistake["import_as"] = "q"
        assert open_connector(mistake) is None
    assert said.failures
    assert password not in said.everything
