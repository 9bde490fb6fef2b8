#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""Apache Hive itself: what Spark, which speaks the same protocol, has not or
does otherwise. Every statement that writes runs a job, so tables are shared."""

import os
import time

import cartoconn_filters as filters
import pytest
from cartoconn_hive import TYPES_ALIKE, check_type, row_of_types
from cartoconn_servers import Hive4, connector_of
from cartoconn_util import (  # noqa: F401
    memory_copy,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    read_query,
    refuse,
    values,
    variant,
)

from osgeo import ogr

pytestmark = pytest.mark.require_driver("CARTOCONN")

TRANSPORTS = ["hive4", "hive4_http"]


@pytest.fixture(scope="module")
def hive():
    adapter = Hive4(connector_of("hive4"))
    adapter.create_schema()
    yield adapter
    adapter.drop_schema()


@pytest.fixture(params=TRANSPORTS)
def transport(request, hive):
    """The same server by each transport."""
    adapter = Hive4(connector_of(request.param))
    adapter.schema = hive.schema
    return adapter


SHAPES = [
    "POINT (1 2)",
    "POINT Z (1 2 3)",
    "POINT M (1 2 4)",
    "LINESTRING (0 0,1 1,2 0)",
    "LINESTRING Z (0 0 5,1 1 6)",
    "POLYGON ((0 0,4 0,4 4,0 4,0 0),(1 1,1 2,2 2,2 1,1 1))",
    "MULTIPOINT (1 2,3 4)",
    "MULTILINESTRING ((0 0,1 1),(2 2,3 3))",
    "MULTIPOLYGON (((0 0,1 0,1 1,0 1,0 0)),((5 5,6 5,6 6,5 6,5 5)))",
]


@pytest.fixture(scope="module")
def shapes(hive):
    """ST_* functions' own form of geometries, stored as binary."""
    rows = ["struct(%d, '%s')" % (k, wkt) for k, wkt in enumerate(SHAPES, 1)]
    rows.append("struct(99, CAST(NULL AS string))")
    hive.fill(
        "shapes",
        "SELECT id, CASE WHEN wkt IS NOT NULL THEN ST_GeomFromText(wkt, 4326) END "
        "AS the_geom FROM (SELECT 1 AS one) o LATERAL VIEW inline(array(%s)) v AS id, wkt" % ", ".join(rows),
    )
    return "shapes"


###############################################################################
# Geometry


def test_hive4_shapes(transport, shapes):
    with messages() as said:
        ds = open_connector(transport.connector(table=shapes))
        lyr = ds.GetLayer(0)
        assert lyr.GetGeometryColumn() == "the_geom"
        assert lyr.GetSpatialRef().GetAuthorityCode(None) == "4326"
        read = {f["id"]: f.GetGeometryRef() and f.GetGeometryRef().Clone() for f in lyr}
    said.assert_quiet()
    assert read.pop(99) is None
    assert sorted(read) == list(range(1, len(SHAPES) + 1))
    for k, wkt in enumerate(SHAPES, 1):
        expected = ogr.CreateGeometryFromWkt(wkt)
        got = read[k]
        assert got.GetGeometryType() == expected.GetGeometryType(), wkt
        if "POLYGON" in wkt:  # the shells of shapes run the other way
            got, expected = got.Normalize(), expected.Normalize()
        assert got.Equals(expected), (wkt, got.ExportToIsoWkt())


@pytest.mark.parametrize(
    "expression",
    [
        "ST_Point(1.5, -2)",
        "ST_AsText(ST_Point(1.5, -2))",
        "ST_AsBinary(ST_Point(1.5, -2))",
        "ST_AsGeoJson(ST_Point(1.5, -2))",
        "hex(ST_AsBinary(ST_Point(1.5, -2)))",
        "concat('SRID=4326;', ST_AsText(ST_Point(1.5, -2)))",
    ],
)
def test_hive4_geometry_forms(hive, expression):
    with messages() as said:
        ds, lyr = open_query(hive.connector(), "SELECT %s AS the_geom" % expression)
        assert lyr.GetLayerDefn().GetFieldCount() == 0
        feature = lyr.GetNextFeature()
        assert feature.GetGeometryRef().ExportToWkt() == "POINT (1.5 -2)"
    said.assert_quiet()


def test_hive4_shape_srid(hive):
    sql = "SELECT ST_SetSRID(ST_Point(222638.98, 445640.11), 3857) AS the_geom"
    ds, lyr = open_query(hive.connector(), sql, target_srs="EPSG:4326")
    feature = lyr.GetNextFeature()
    geometry = feature.GetGeometryRef()
    assert geometry.GetX() == pytest.approx(2, abs=1e-4)
    assert geometry.GetY() == pytest.approx(4, abs=1e-2)


###############################################################################
# Types

TYPES = TYPES_ALIKE + [
    ("2147483647", "Integer", "None", 2147483647),
    ("CAST(0.1 AS float)", "Real", "Float32", 0.10000000149011612),
    ("CAST(0.1 AS double)", "Real", "None", 0.1),
    ("CAST('-Infinity' AS double)", "Real", "None", float("-inf")),
    ("CAST('ab' AS char(5))", "String", "None", "ab   "),
    ("unhex('00ff80')", "Binary", "None", b"\x00\xff\x80"),
    ("array(1, NULL, 3)", "String", "JSON", [1, None, 3]),
    ("map('k', 1.5)", "String", "JSON", {"k": 1.5}),
    ("map(1, 2, 3, CAST(NULL AS int))", "String", "JSON", {"1": 2, "3": None}),
    (
        "named_struct('x', 1, 'y', 's\"q\\\\z\\n', 'd', DATE '2020-01-01')",
        "String",
        "JSON",
        {"x": 1, "y": 's"q\\z\n', "d": "2020-01-01"},
    ),
    ("array(CAST('NaN' AS double))", "String", "JSON", ["NaN"]),
    ("create_union(1, 0, 'x')", "String", "JSON", {"1": "x"}),
]


@pytest.fixture(scope="module", params=TRANSPORTS)
def typed(request, hive):
    """One row of all the types, by each transport."""
    return row_of_types(connector_of(request.param), TYPES)


@pytest.mark.parametrize("place", range(len(TYPES)), ids=[t[0] for t in TYPES])
def test_hive4_type(typed, place):
    _, *expected = TYPES[place]
    check_type(typed, place, *expected)


@pytest.mark.parametrize(
    "stamp,utc",
    [
        # the server's zone is America/New_York: in winter, in summer, and in
        # the hour that there is twice
        ("2020-01-02 03:04:05.25", [2020, 1, 2, 8, 4, 5.25]),
        ("2020-07-02 03:04:05", [2020, 7, 2, 7, 4, 5]),
        ("2050-07-02 03:04:05", [2050, 7, 2, 7, 4, 5]),
        ("2020-11-01 01:30:00", [2020, 11, 1, 5, 30, 0]),
    ],
)
def test_hive4_local_time_zone(hive, stamp, utc):
    sql = (
        "SELECT CAST(TIMESTAMP '%s' AS timestamp with local time zone) AS z" % stamp
    )
    with messages() as said:
        ds, lyr = open_query(hive.connector(), sql)
        assert lyr.GetNextFeature().GetFieldAsDateTime(0) == utc + [100]
    said.assert_quiet()
    ds, lyr = open_query(hive.connector(), sql, lossless="YES")
    assert lyr.GetNextFeature()[0].endswith(" America/New_York")


def test_hive4_declared(hive):
    columns = [
        ("d", "decimal(12,3)"),
        ("v", "varchar(7)"),
        ("c", "char(5)"),
        ("s", "string COMMENT 'said of s'"),
    ]
    hive.create("declared", columns)
    ds = open_connector(hive.connector(table="declared"))
    defn = ds.GetLayer(0).GetLayerDefn()
    fields = [defn.GetFieldDefn(i) for i in range(4)]
    assert [f.GetName() for f in fields] == ["d", "v", "c", "s"]
    assert [f.GetWidth() for f in fields] == [12, 7, 5, 0]
    assert fields[0].GetPrecision() == 3
    assert ds.GetLayer(0).GetFeatureCount() == 0


###############################################################################
# Tables


@pytest.fixture(scope="module")
def partitioned(hive):
    hive.run(
        "CREATE TABLE %s (a int, b string) PARTITIONED BY (year int, kind string);\n"
        "SET hive.exec.dynamic.partition.mode=nonstrict;\n"
        "INSERT INTO %s PARTITION (year, kind) VALUES (1, 'x', 2023, 'k'), "
        "(2, 'y', 2024, 'k'), (3, 'z', 2024, 'm')"
        % (hive.table("parts"), hive.table("parts"))
    )
    return "parts"


def test_hive4_partitioned_table(transport, partitioned):
    with messages() as said:
        ds = open_connector(transport.connector(table=partitioned))
        lyr = ds.GetLayer(0)
        defn = lyr.GetLayerDefn()
        names = [defn.GetFieldDefn(i).GetName() for i in range(defn.GetFieldCount())]
        assert names == ["a", "b", "year", "kind"]
        assert sorted(values(f) for f in lyr) == [
            [1, "x", 2023, "k"],
            [2, "y", 2024, "k"],
            [3, "z", 2024, "m"],
        ]
        lyr.SetAttributeFilter("year = 2024 AND kind = 'K'")
        assert [values(f) for f in lyr] == [[2, "y", 2024, "k"]]
        assert "WHERE" in lyr.GetMetadataItem("SQL")
        assert lyr.GetFeatureCount() == 1
    said.assert_quiet()


def test_hive4_text_table(hive):
    """Another file format than the tables of the other tests have."""
    table = hive.table("lines")
    hive.run("CREATE TABLE %s (a int, b string) STORED AS TEXTFILE" % table)
    hive.insert("lines", [(1, "é"), (2, None)])
    ds = open_connector(hive.connector(table="lines"))
    assert sorted(values(f) for f in ds.GetLayer(0)) == [[1, "é"], [2, None]]


def test_hive4_view_and_listing(hive, partitioned, shapes):
    hive.create_view("seen", "SELECT b AS c, a + 1 AS d FROM " + hive.table("parts"))
    ds = open_connector(hive.connector())
    names = {ds.GetLayer(i).GetName() for i in range(ds.GetLayerCount())}
    assert {"parts", "shapes", "seen"} <= names
    lyr = ds.GetLayerByName("seen")
    assert sorted(values(f) for f in lyr) == [["x", 2], ["y", 3], ["z", 4]]
    hive.run("DROP VIEW " + hive.table("seen"))


@pytest.mark.parametrize("unique", ["true", "false"])
def test_hive4_column_names(hive, partitioned, unique):
    """Without the table in front, whatever the session is set to."""
    settings = {"hive.resultset.use.unique.column.names": unique}
    connector = variant(hive.connector(), {"configuration": settings})
    ds = open_connector(variant(connector, table=partitioned))
    lyr = ds.GetLayer(0)
    assert lyr.GetLayerDefn().GetFieldDefn(0).GetName() == "a"
    assert sorted(f["a"] for f in lyr) == [1, 2, 3]


def test_hive4_names_of_a_query(hive, partitioned):
    ds, lyr = open_query(hive.connector(), "SELECT * FROM " + hive.table("parts"))
    assert lyr.GetLayerDefn().GetFieldDefn(0).GetName() == "a"
    lyr.SetAttributeFilter("a >= 2")
    assert sorted(f["b"] for f in lyr) == ["y", "z"]
    assert "WHERE" in lyr.GetMetadataItem("SQL")


###############################################################################
# Filters: the whole suite of them would take long

FILTERED = ["id", "i", "big", "d", "n", "flag", "s", "vc", "dt", "ts"]


@pytest.fixture(scope="module")
def filtered(hive):
    """A table, and a copy in memory."""
    columns = [c for c in filters.COLUMNS if c[0] in FILTERED] + [("c", "char(12)")]
    places = [[name for name, _ in filters.COLUMNS].index(name) for name in FILTERED]
    rows = []
    for k, text in enumerate(filters.TEXTS, 1):
        row = filters.row(hive, k, text)
        rows.append([row[place] for place in places] + [text])
    hive.create("filtered", columns, rows)
    ds = open_connector(hive.connector(table="filtered"))
    return ds, memory_copy(ds.GetLayer(0))


@pytest.mark.parametrize(
    "attribute_filter",
    [
        "id = 5",
        "big >= 5000000000000000",
        "d < 0.5",
        "n = 7.259",
        "flag = 1",
        "s = 'ab'",
        "s <> 'ab'",
        "vc = 'TRAIL '",
        "s < 'b'",
        "s = 'É'",
        "s = ''",
        "s = 'back\\slash'",
        "s = 'it''s'",
        "s LIKE 'a%'",
        "s ILIKE '%B'",
        "s LIKE '%0%'",
        "s LIKE '100%'",
        "s LIKE 'a_b'",
        "s LIKE '100!%' ESCAPE '!'",
        "s LIKE '%line%'",
        "s LIKE 'LINE%BREAK'",
        "s IN ('a', 'Z', '日本')",
        "id IN (1, 2, 99)",
        "s IS NULL",
        "i IS NOT NULL AND NOT (i BETWEEN -5 AND 5)",
        "dt >= '2005/01/01'",
        "ts < '2010/06/01 12:00:00'",
        "(id < 5 OR s = 'z') AND flag = 0",
    ],
)
def test_hive4_filter(filtered, attribute_filter):
    (ds, copy) = filtered
    lyr = ds.GetLayer(0)
    selected = []
    for layer in (lyr, copy.GetLayer(0)):
        assert layer.SetAttributeFilter(attribute_filter) == 0
        selected.append(sorted(filters.ids(layer)))
    lyr.SetAttributeFilter(None)
    copy.GetLayer(0).SetAttributeFilter(None)
    assert selected[0] == selected[1]


def test_hive4_filter_of_char(filtered):
    """Blanks at its end do not count, as to the server."""
    lyr = filtered[0].GetLayer(0)
    lyr.SetAttributeFilter("c = 'TRAIL'")
    assert [f["c"] for f in lyr] == ["trail       "] * 2
    lyr.SetAttributeFilter(None)


def test_hive4_count_of_a_filter(filtered):
    """By the server, as filters of text are sent to it."""
    lyr = filtered[0].GetLayer(0)
    lyr.SetAttributeFilter("s = 'AB'")
    assert lyr.GetFeatureCount() == 3
    assert "WHERE" in lyr.GetMetadataItem("SQL")
    lyr.SetAttributeFilter(None)


###############################################################################
# Statements


def test_hive4_version(hive):
    ds = open_connector(variant(hive.base, sql_query="SELECT 1 AS a", import_as="q"))
    assert ds.GetMetadataItem("SERVER_VERSION").startswith("Apache Hive 4.")


@pytest.mark.parametrize(
    "sql,count",
    [
        ("SHOW DATABASES", None),
        ("WITH x AS (SELECT 1 AS a UNION ALL SELECT 2) SELECT a FROM x", 2),
        ("DESCRIBE FUNCTION upper", None),
        ("EXPLAIN SELECT 1", None),
        ("FROM (SELECT 1 AS a) t SELECT a", 1),
    ],
)
def test_hive4_statement(hive, sql, count):
    with messages() as said:
        ds, lyr = open_query(hive.connector(), sql)
        rows = [values(f) for f in lyr]
    said.assert_quiet()
    assert rows
    assert count is None or len(rows) == count


def test_hive4_error(transport):
    failure = refuse(
        transport.connector(sql_query="SELECT no_such_column", import_as="q")
    )
    assert failure.startswith("Hive, query failed (42000)")
    assert "SemanticException" in failure and "no_such_column" in failure
    assert "\tat " not in failure


def test_hive4_error_while_running(hive):
    """An operation in state ERROR, after it began: no short success."""
    sql = "SELECT assert_true(n < 3) AS x, n FROM (%s) t" % hive.series(5, "n AS n")
    with messages() as said:
        ds, lyr = open_query(hive.connector(), sql)
        rows = [values(f) for f in lyr]
    assert len(rows) < 5
    assert said.failure.startswith("Hive, ")
    assert "ASSERT_TRUE" in said.failure.upper()


def test_hive4_sent_once(hive):
    """The query itself, verbatim, beside what asks for its columns."""
    mark = "mark %d" % time.monotonic_ns()
    assert len(read_query(hive.connector(), "SELECT '%s' AS b" % mark)) == 1
    path = os.environ["CARTOCONN_TEST_HIVE4_LOG"]
    with open(path, encoding="utf-8", errors="replace") as log:
        sent = [s for s in log if "Executing command" in s and mark in s]
    assert len([s for s in sent if "SELECT * FROM (" not in s]) == 1


SLOW = (
    "SELECT reflect('java.lang.Thread', 'sleep', CAST(30000 AS bigint)) AS x, n "
    "FROM (%s) t"
)


def test_hive4_query_timeout(transport):
    connector = variant(transport.base, {"query_timeout": 2})
    begin = time.monotonic()
    with messages() as said:
        ds = open_connector(
            variant(
                connector, sql_query=SLOW % transport.series(2, "n AS n"), import_as="q"
            )
        )
        if ds is not None:
            assert ds.GetLayer(0).GetNextFeature() is None
    assert time.monotonic() - begin < 25
    assert "time" in said.failure
