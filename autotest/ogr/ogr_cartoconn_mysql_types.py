#!/usr/bin/env pytest
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: MIT
"""MySQL and MariaDB: their own types to their last value, what GDAL's own
driver loses, geometry and its reference systems, encodings, statements."""

import struct

import pytest
from cartoconn_servers import Expression, mysql, run_mysql  # noqa: F401
from cartoconn_util import (  # noqa: F401
    fids,
    geometry_wkb,
    memory_copy,
    messages,
    no_exceptions,
    open_connector,
    open_query,
    read_query,
    refuse,
    values,
)

from osgeo import ogr, osr

pytestmark = pytest.mark.require_driver("CARTOCONN")

I, L, R = ogr.OFTInteger, ogr.OFTInteger64, ogr.OFTReal
S, B = ogr.OFTString, ogr.OFTBinary
D, T, DT = ogr.OFTDate, ogr.OFTTime, ogr.OFTDateTime
NONE = ogr.OFSTNone

# SQL type: OGR type and subtype, then (SQL literal, value) pairs
TYPES = {
    "tinyint": (I, ogr.OFSTInt16, [("-128", -128), ("127", 127)]),
    "tinyint unsigned": (I, ogr.OFSTInt16, [("0", 0), ("255", 255)]),
    "tinyint(1)": (I, ogr.OFSTInt16, [("2", 2), ("1", 1)]),
    "smallint": (I, ogr.OFSTInt16, [("-32768", -32768), ("32767", 32767)]),
    "smallint unsigned": (I, NONE, [("65535", 65535)]),
    "mediumint": (I, NONE, [("-8388608", -8388608), ("8388607", 8388607)]),
    "mediumint unsigned": (I, NONE, [("16777215", 16777215)]),
    "int": (I, NONE, [("-2147483648", -(2**31)), ("2147483647", 2**31 - 1)]),
    "int(5) unsigned zerofill": (L, NONE, [("7", 7), ("4294967295", 2**32 - 1)]),
    "bigint": (
        L,
        NONE,
        [(str(-(2**63)), -(2**63)), (str(2**63 - 1), 2**63 - 1)],
    ),
    "bigint unsigned": (
        L,
        NONE,
        [("7000000000", 7000000000), (str(2**63 - 1), 2**63 - 1)],
    ),
    "bit(1)": (I, ogr.OFSTBoolean, [("b'0'", 0), ("b'1'", 1)]),
    "bool": (I, ogr.OFSTInt16, [("true", 1), ("-5", -5)]),
    "bit(2)": (I, NONE, [("b'11'", 3)]),
    "bit(8)": (I, NONE, [("b'10000001'", 129)]),
    "bit(31)": (I, NONE, [("0x7FFFFFFF", 2**31 - 1)]),
    "bit(32)": (L, NONE, [("0xFFFFFFFF", 2**32 - 1)]),
    "bit(63)": (L, NONE, [("0x7FFFFFFFFFFFFFFF", 2**63 - 1)]),
    "float": (R, ogr.OFSTFloat32, [("1.5", 1.5), ("-3.4e38", -3.3999999521443642e38)]),
    "double": (R, NONE, [("1e-300", 1e-300), ("0.1", 0.1)]),
    "float(7,3)": (R, ogr.OFSTFloat32, [("12.5", 12.5)]),
    "double unsigned": (R, NONE, [("1.7976931348623157e308", 1.7976931348623157e308)]),
    "decimal(5,2)": (R, NONE, [("-999.99", -999.99)]),
    "decimal(5,2) unsigned": (R, NONE, [("999.99", 999.99)]),
    "decimal(9,0)": (I, NONE, [("-999999999", -999999999)]),
    "decimal(10,0)": (L, NONE, [("9999999999", 9999999999)]),
    "decimal(65,30)": (R, NONE, [("-0.5", -0.5)]),
    "decimal(15,0)": (L, NONE, [("-999999999999999", -999999999999999)]),
    "year": (I, NONE, [("1901", 1901), ("2155", 2155)]),
    "date": (
        D,
        NONE,
        [("'1000-01-01'", (1000, 1, 1)), ("'9999-12-31'", (9999, 12, 31))],
    ),
    "time": (T, NONE, [("'00:00:00'", (0, 0, 0)), ("'23:59:59'", (23, 59, 59))]),
    "time(6)": (T, NONE, [("'12:34:56.750'", (12, 34, 56.75))]),
    "datetime": (DT, NONE, [("'1000-01-01 00:00:00'", (1000, 1, 1, 0, 0, 0))]),
    "datetime(6)": (
        DT,
        NONE,
        [("'9999-12-31 23:59:58.125'", (9999, 12, 31, 23, 59, 58.125))],
    ),
    "timestamp(3)": (
        DT,
        NONE,
        [("'2038-01-19 03:14:06.5'", (2038, 1, 19, 3, 14, 6.5))],
    ),
    "char(5)": (S, NONE, [("'ab  '", "ab"), ("''", "")]),
    "varchar(5)": (S, NONE, [("'ab  '", "ab  "), ("'\U0001f600é'", "\U0001f600é")]),
    "tinytext": (S, NONE, [("'x'", "x")]),
    "text": (S, NONE, [("''", ""), ("'a\\\\b'", "a\\b")]),
    "longtext": (S, NONE, [("'\U0001f600'", "\U0001f600")]),
    "mediumtext": (S, NONE, [("REPEAT('é', 70000)", "é" * 70000)]),
    "varchar(3) character set latin1": (S, NONE, [("'€é'", "€é")]),
    "enum('a','é')": (S, NONE, [("'é'", "é")]),
    "set('x','y')": (S, NONE, [("'x,y'", "x,y"), ("''", "")]),
    "binary(3)": (B, NONE, [("x'00ff'", b"\x00\xff\x00")]),
    "varbinary(3)": (B, NONE, [("x'00ff'", b"\x00\xff"), ("''", b"")]),
    "tinyblob": (B, NONE, [("x'00'", b"\x00")]),
    "blob": (B, NONE, [("x'27005c'", b"'\x00\\"), ("''", b"")]),
    "mediumblob": (B, NONE, [("REPEAT(x'00ff', 40000)", b"\x00\xff" * 40000)]),
    "longblob": (B, NONE, [("x'ff'", b"\xff")]),
    "json": (S, ogr.OFSTJSON, [("'[1, \"é\"]'", '[1, "é"]')]),
}


def is_mariadb(mysql):
    return type(mysql).__name__ == "MySQL"


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def plain(feature, field):
    value = values(feature)[field]
    if not isinstance(value, tuple):
        return value
    kind = feature.GetFieldDefnRef(field).GetType()
    return {D: value[:3], T: value[3:6], DT: value[:6]}[kind]


@pytest.mark.parametrize("sql_type", sorted(TYPES))
def test_mysql_type(mysql, sql_type):
    """As a table's column, a query's and, in the text protocol, a procedure's;
    NULL included."""
    kind, subtype, data = TYPES[sql_type]
    name = "t_%s" % sql_type
    literals = [literal for literal, _ in data] + ["NULL"]
    mysql.run(
        "CREATE TABLE {0} (id int PRIMARY KEY AUTO_INCREMENT, v {1} NULL) "
        "CHARACTER SET utf8mb4; SET sql_mode = '', time_zone = '+00:00'; "
        "INSERT INTO {0} (v) VALUES {2}; "
        "CREATE PROCEDURE {0}() SELECT id, v FROM {0}".format(
            mysql.table(name), sql_type, ", ".join("(%s)" % v for v in literals)
        )
    )
    expected = [value for _, value in data] + [None]
    query = "SELECT id, v FROM " + mysql.table(name)
    for connector in (
        mysql.connector(table=name),
        mysql.connector(sql_query=query, import_as="q"),
        mysql.connector(sql_query="CALL %s()" % mysql.table(name), import_as="q"),
    ):
        with messages() as said:
            ds = open_connector(connector)
            lyr = ds.GetLayer(0)
            field = lyr.GetLayerDefn().GetFieldDefn(1)
            assert (field.GetType(), field.GetSubType()) == (kind, subtype)
            assert [plain(f, 1) for f in lyr] == expected
        said.assert_quiet()


def test_mysql_tinyint1_as_boolean(mysql):
    mysql.create("flags", [("a", "bool"), ("b", "tinyint(4)")], [(2, 2), (0, 0)])
    connector = mysql.connector(table="flags", tinyint1_as_boolean="YES")
    ds = open_connector(connector)
    lyr = ds.GetLayer(0)
    subtypes = [lyr.GetLayerDefn().GetFieldDefn(i).GetSubType() for i in (0, 1)]
    assert subtypes == [ogr.OFSTBoolean, ogr.OFSTInt16]
    assert [values(f) for f in lyr] == [[1, 2], [0, 0]]
    # Every value but 0 is true, on the server as here.
    assert lyr.SetAttributeFilter("a = 1") == 0
    assert lyr.GetFeatureCount() == 1
    assert [values(f) for f in lyr] == [[1, 2]]


LOST = [
    # SQL type, literal, words of the warning, LOSSLESS text
    ("bigint unsigned", "18446744073709551615", "64-bit", "18446744073709551615"),
    ("bit(64)", "0xFFFFFFFFFFFFFFFF", "64-bit", "18446744073709551615"),
    ("decimal(20,0)", "99999999999999999999", "64-bit", "99999999999999999999"),
    (
        "decimal(38,10)",
        "1234567890123456789012345678.5",
        "digits",
        "1234567890123456789012345678.5000000000",
    ),
    ("time", "'838:59:59'", "time", "838:59:59"),
    ("time(2)", "'-00:00:01.25'", "time", "-00:00:01.25"),
    ("date", "'0000-00-00'", "zero", "0000-00-00"),
    ("date", "'2024-05-00'", "zero", "2024-05-00"),
    ("datetime(3)", "'0000-00-00'", "zero", "0000-00-00 00:00:00.000"),
    ("timestamp", "0", "zero", "0000-00-00 00:00:00"),
]


@pytest.mark.parametrize("row", LOST, ids=lambda row: "%s %s" % row[:2])
def test_mysql_what_ogr_cannot_hold(mysql, row):
    """Counted, and kept with LOSSLESS, in either protocol."""
    sql_type, literal, words, text = row
    mysql.run(
        "SET sql_mode = ''; DROP TABLE IF EXISTS {0}; "
        "DROP PROCEDURE IF EXISTS {0}; "
        "CREATE TABLE {0} (v {1} NULL); INSERT INTO {0} VALUES (NULL), ({2}); "
        "CREATE PROCEDURE {0}() SELECT v FROM {0}".format(
            mysql.table("lost"), sql_type, literal
        )
    )
    call = mysql.connector(sql_query="CALL %s()" % mysql.table("lost"), import_as="q")
    for connector in (mysql.connector(table="lost"), call):
        with messages() as said:
            ds = open_connector(connector)
            got = [values(f)[0] for f in ds.GetLayer(0)]
            ds = None
        assert '"v": 1 value' in said.warning and words in said.warning
        assert "row 2" in said.warning and "LOSSLESS" in said.warning
        assert got[0] is None and (got[1] is None) == ("digits" != words)
        with messages() as said:
            ds = open_connector(connector, lossless="YES")
            assert [values(f)[0] for f in ds.GetLayer(0)] == [None, text]
        said.assert_quiet()


def test_mysql_float_as_text(mysql):
    """The servers' text of a FLOAT has six digits: what may lack some is
    counted. In binary it is whole, beside types libmariadb does not know, too."""
    mysql.run(
        "CREATE TABLE {0} (f float); INSERT INTO {0} VALUES (16777217), (0.1), (1e10); "
        "CREATE PROCEDURE {0}() SELECT f FROM {0}".format(mysql.table("floats"))
    )
    with messages() as said:
        ds = open_connector(mysql.connector(table="floats"))
        assert [f["f"] for f in ds.GetLayer(0)] == [16777216, float32(0.1), 1e10]
    said.assert_quiet()
    with messages() as said:
        ds, lyr = open_query(mysql.connector(), "CALL %s()" % mysql.table("floats"))
        assert [f["f"] for f in lyr] == [16777200, float32(0.1), 1e10]
        ds = lyr = None
    assert '"f": 1 value' in said.warning and "may be rounded" in said.warning
    assert "row 1 (16777200)" in said.warning and "DOUBLE" in said.warning


def test_mysql_timestamps_are_instants(mysql):
    """TIMESTAMP with its zone, whatever the server's; DATETIME without."""
    mysql.run(
        "SET time_zone = '+03:00'; CREATE TABLE {0} (z timestamp(3) NULL, d datetime(3)); "
        "INSERT INTO {0} VALUES ('2024-07-01 12:00:00.5', '2024-07-01 12:00:00.5')".format(
            mysql.table("instants")
        )
    )
    ds = open_connector(mysql.connector(table="instants"))
    feature = ds.GetLayer(0).GetNextFeature()
    assert feature.GetFieldAsString("z") == "2024/07/01 09:00:00.500+00"
    assert feature.GetFieldAsString("d") == "2024/07/01 12:00:00.500"


def test_mysql_vector(mysql):
    if is_mariadb(mysql):
        pytest.skip("a type of Oracle's server")
    mysql.run(
        "CREATE TABLE {0} (a int, v vector(3)); "
        "INSERT INTO {0} VALUES (1, STRING_TO_VECTOR('[1,-2.5,0.1]')), "
        "(2, NULL)".format(mysql.table("vectors"))
    )
    ds = open_connector(mysql.connector(table="vectors"))
    lyr = ds.GetLayer(0)
    assert lyr.GetLayerDefn().GetFieldDefn(1).GetSubType() == ogr.OFSTJSON
    assert [values(f) for f in lyr] == [[1, "[1,-2.5,0.1]"], [2, None]]
    assert lyr.SetAttributeFilter("v = '[1,-2.5,0.1]'") == 0
    assert [f["a"] for f in lyr] == [1]
    # The other columns come whole.
    sql = "SELECT v, CAST(16777216 AS float) AS f, a FROM " + mysql.table("vectors")
    with messages() as said:
        ds, lyr = open_query(mysql.connector(), sql)
        expected = [["[1,-2.5,0.1]", 16777216, 1], [None, 16777216, 2]]
        assert [values(f) for f in lyr] == expected
        lyr.SetIgnoredFields(["v"])
        assert [f["f"] for f in lyr] == [16777216, 16777216]
    said.assert_quiet()


def test_mysql_mariadb_types(mysql):
    if not is_mariadb(mysql):
        pytest.skip("types of MariaDB")
    mysql.run(
        "CREATE TABLE {0} (u uuid, i inet6, j json); INSERT INTO {0} VALUES "
        "('123e4567-e89b-12d3-a456-426655440000', '::1', '{{}}')".format(
            mysql.table("own")
        )
    )
    ds = open_connector(mysql.connector(table="own"))
    lyr = ds.GetLayer(0)
    defn = lyr.GetLayerDefn()
    assert [defn.GetFieldDefn(i).GetType() for i in range(3)] == [S, S, S]
    assert defn.GetFieldDefn(0).GetSubType() == ogr.OFSTUUID
    assert defn.GetFieldDefn(2).GetSubType() == ogr.OFSTJSON
    expected = ["123e4567-e89b-12d3-a456-426655440000", "::1", "{}"]
    assert values(lyr.GetNextFeature()) == expected


###############################################################################
# What GDAL's own driver loses in queries


LOSES = [
    # SQL, value or the words of the warning, LOSSLESS value
    ("7000000000", 7000000000, 7000000000),
    ("18446744073709551615", "64-bit", "18446744073709551615"),
    ("b'101'", 5, 5),
    ("'838:59:59'", "time", "838:59:59"),
    ("'2024-05-00'", "zero", "2024-05-00"),
    ("'\U0001f600'", "\U0001f600", "\U0001f600"),
]


@pytest.mark.parametrize("lossless", ["NO", "YES"])
def test_mysql_what_gdal_loses(mysql, lossless):
    """All of it comes through with LOSSLESS, and is counted without."""
    mysql.run(
        "SET sql_mode = ''; DROP TABLE IF EXISTS {0}; CREATE TABLE {0} "
        "(a bigint, b bigint unsigned, c bit(3), d time, e date, "
        "f varchar(5) CHARACTER SET utf8mb4, g geometry, h geometry); "
        "INSERT INTO {0} VALUES ({1}, {2}, {3})".format(
            mysql.table("loses"),
            ", ".join(sql for sql, _, _ in LOSES),
            mysql.geometry("POINT (1 2)"),
            mysql.geometry("POINT (3 4)"),
        )
    )
    sql = "SELECT a, b AS a, c, d, e, f, g, h FROM " + mysql.table("loses")
    with messages() as said:
        ds, lyr = open_query(mysql.connector(), sql, lossless=lossless)
        feature = lyr.GetNextFeature()
        assert lyr.GetNextFeature() is None
        defn = lyr.GetLayerDefn()
        names = [defn.GetFieldDefn(i).GetName() for i in range(6)]
        assert names == ["a", "a_1", "c", "d", "e", "f"]
        got = values(feature)[:6]
        wkts = [feature.GetGeomFieldRef(i).ExportToWkt() for i in (0, 1)]
        assert wkts == ["POINT (1 2)", "POINT (3 4)"]
        ds = lyr = None
    if lossless == "YES":
        assert got == [value for _, _, value in LOSES]
        said.assert_quiet()
        return
    lost = [words for _, words, value in LOSES if words != value]
    assert [v for v in got if v is not None] == [v for _, v, w in LOSES if v == w]
    assert len(said.warnings) == len(lost) == 3
    for words, warning in zip(lost, said.warnings):
        assert "1 value" in warning and words in warning and "LOSSLESS" in warning


def test_mysql_duplicate_names_and_two_geometries(mysql):
    sql = "SELECT 7000000000 AS a, 1 AS A, b'101' AS b, %s AS g, %s AS h" % (
        mysql.geometry("POINT (1 2)"),
        mysql.geometry("POINT (3 4)", 3857),
    )
    ds, lyr = open_query(mysql.connector(), sql)
    defn = lyr.GetLayerDefn()
    assert [defn.GetFieldDefn(i).GetName() for i in range(3)] == ["a", "A_1", "b"]
    feature = lyr.GetNextFeature()
    assert values(feature)[:2] == [7000000000, 1]
    assert feature.GetGeomFieldRef(0).ExportToWkt() == "POINT (1 2)"
    assert feature.GetGeomFieldRef(1).ExportToWkt() == "POINT (3 4)"
    references = [
        f.GetSpatialReference()
        for f in (feature.GetGeomFieldRef(0), feature.GetGeomFieldRef(1))
    ]
    assert [r.GetAuthorityCode(None) for r in references] == ["4326", "3857"]


###############################################################################
# Geometry


def test_mysql_geometry_types_of_columns(mysql):
    kinds = [
        ("POINT", ogr.wkbPoint),
        ("LINESTRING", ogr.wkbLineString),
        ("POLYGON", ogr.wkbPolygon),
        ("MULTIPOINT", ogr.wkbMultiPoint),
        ("MULTILINESTRING", ogr.wkbMultiLineString),
        ("MULTIPOLYGON", ogr.wkbMultiPolygon),
        ("GEOMETRYCOLLECTION", ogr.wkbGeometryCollection),
        ("GEOMETRY", ogr.wkbUnknown),
    ]
    columns = [("g%d" % i, mysql.geometry_type(k)) for i, (k, _) in enumerate(kinds)]
    mysql.create("kinds", columns)
    ds = open_connector(mysql.connector(table="kinds"))
    defn = ds.GetLayer(0).GetLayerDefn()
    for i, (_, expected) in enumerate(kinds):
        field = defn.GetGeomFieldDefn(i)
        assert field.GetType() == expected
        assert field.GetSpatialRef().GetAuthorityCode(None) == "4326"


def test_mysql_empty_geometries(mysql):
    """Those the servers store; a box has none of them."""
    wkts = ["POINT (1 2)", "POINT EMPTY", "GEOMETRYCOLLECTION EMPTY", None]
    if is_mariadb(mysql):
        wkts += ["MULTIPOINT EMPTY", "MULTIPOLYGON EMPTY"]
    columns = [("id", "integer"), ("g", mysql.geometry_type(srid=None))]
    rows = [
        (i, Expression(mysql.geometry(wkt)) if wkt else None)
        for i, wkt in enumerate(wkts)
    ]
    mysql.create("empties", columns, rows, key="id")
    with messages() as said:
        ds = open_connector(mysql.connector(table="empties"))
        lyr = ds.GetLayer(0)
        got = [f.GetGeometryRef() and f.GetGeometryRef().ExportToWkt() for f in lyr]
        assert got == wkts
        assert lyr.GetExtent() == (1, 1, 2, 2)
        lyr.SetSpatialFilterRect(-180, -90, 180, 90)
        assert fids(lyr) == [0]
        assert lyr.GetFeatureCount() == 1
    said.assert_quiet()


def test_mysql_longitude_comes_first(mysql):
    """In SRID 4326 whose axes begin with the latitude as in any other."""
    rows = [(1, "POINT (-71 42)"), (2, "LINESTRING (170 -80,-170 80)")]
    name = "axes"
    mysql.create(name, [("id", "integer"), ("g", mysql.geometry_type())])
    for i, wkt in rows:
        mysql.run(
            "INSERT INTO %s VALUES (%d, %s)"
            % (mysql.table(name), i, mysql.geometry(wkt))
        )
    ds = open_connector(mysql.connector(table=name))
    lyr = ds.GetLayer(0)
    assert [f.GetGeometryRef().ExportToWkt() for f in lyr] == [wkt for _, wkt in rows]
    assert lyr.GetExtent() == (-170, 170, -80, 80)


BOXES = [
    (-180, -90, 180, 90),
    (9, 49, 11, 51),
    (10, 50, 10, 50),
    (-1e300, -1e300, 1e300, 1e300),
    (0, 89.9, 1, 90),
    (179, -10, 181, 10),
    (-75, 60, -40, 70),
]


@pytest.mark.parametrize("srid", [4326, 3857, None])
def test_mysql_spatial_filter_is_planar(mysql, srid):
    """What the server leaves out is what OGR leaves out; lines over half the
    world and at the poles included."""
    wkts = [
        "POINT (10 50)",
        "LINESTRING (-170 65,170 65)",
        "LINESTRING (-100 60,100 60)",
        "POLYGON ((-80 62,-30 62,-30 64,-80 64,-80 62))",
        "POINT (180 0)",
        "POINT (0 90)",
        "MULTIPOINT ((5 5),(20 60))",
    ]
    name = "planar_%s" % srid
    columns = [("id", "integer"), ("g", mysql.geometry_type(srid=srid))]
    mysql.create(name, columns, key="id")
    for i, wkt in enumerate(wkts):
        mysql.run(
            "INSERT INTO %s VALUES (%d, %s)"
            % (mysql.table(name), i, mysql.geometry(wkt, srid or 4326))
        )
    mysql.run("INSERT INTO %s VALUES (99, NULL)" % mysql.table(name))
    ds = open_connector(mysql.connector(table=name))
    lyr = ds.GetLayer(0)
    copy = memory_copy(lyr)
    for box in BOXES:
        lyr.SetSpatialFilterRect(*box)
        copy.GetLayer(0).SetSpatialFilterRect(*box)
        assert fids(lyr) == fids(copy.GetLayer(0)), box
        assert lyr.GetFeatureCount() == copy.GetLayer(0).GetFeatureCount()


@pytest.mark.parametrize("declared", [4326, None])
def test_mysql_mixed_srids_pass_the_spatial_filter(mysql, declared):
    """MariaDB's declared SRID is a promise that nobody keeps, MySQL's undeclared
    one none."""
    if declared and not is_mariadb(mysql):
        pytest.skip("MySQL enforces it")
    mysql.run("DROP TABLE IF EXISTS " + mysql.table("mixed"))
    columns = [("id", "integer"), ("g", mysql.geometry_type(srid=declared))]
    mysql.create("mixed", columns, key="id")
    mysql.run(
        "INSERT INTO {0} VALUES (1, {1}), (2, {2}), (3, {3})".format(
            mysql.table("mixed"),
            mysql.geometry("POINT (1 1)"),
            mysql.geometry("POINT (111319.490793 111325.142866)", 3857),
            mysql.geometry("POINT (1 1)", 0),
        )
    )
    ds = open_connector(mysql.connector(table="mixed"))
    lyr = ds.GetLayer(0)
    lyr.SetSpatialFilterRect(0.9, 0.9, 1.1, 1.1)
    assert fids(lyr) == [1, 2, 3]
    lyr.SetSpatialFilter(None)
    minx, maxx, miny, maxy = lyr.GetExtent()
    assert (minx, maxx, miny, maxy) == pytest.approx((1, 1, 1, 1), abs=1e-6)


def test_mysql_reference_system_of_the_catalog(mysql):
    """A SRID that is nobody's EPSG code."""
    if is_mariadb(mysql):
        pytest.skip("MariaDB's catalog takes no definitions")
    wkt = (
        'GEOGCS["odd",DATUM["d",SPHEROID["s",6370000,0]],PRIMEM["Greenwich",0],'
        'UNIT["degree",0.017453292519943278],AXIS["Lat",NORTH],AXIS["Lon",EAST]]'
    )
    mysql.run(
        "CREATE OR REPLACE SPATIAL REFERENCE SYSTEM 990042 NAME 'cartoconn odd' "
        "DEFINITION '%s'" % wkt
    )
    try:
        mysql.create("odd_srs", [("g", "point SRID 990042")])
        mysql.run(
            "INSERT INTO %s VALUES (%s)"
            % (mysql.table("odd_srs"), mysql.geometry("POINT (1 2)", 990042))
        )
        ds = open_connector(mysql.connector(table="odd_srs"))
        srs = ds.GetLayer(0).GetSpatialRef()
        assert srs.GetSemiMajor() == 6370000
        feature = ds.GetLayer(0).GetNextFeature()
        assert feature.GetGeometryRef().ExportToWkt() == "POINT (1 2)"
    finally:
        ds = None
        mysql.drop("odd_srs")
        mysql.run("DROP SPATIAL REFERENCE SYSTEM 990042")


def test_mysql_reference_system_of_gdals_driver(mysql):
    """GDAL's own driver numbers them itself, in a table of its own."""
    driver = ogr.GetDriverByName("MySQL")
    if driver is None or not is_mariadb(mysql):
        pytest.skip("GDAL's driver does not write there")
    connection = mysql.base["connection"]
    target = driver.Open(
        "MySQL:%s,host=127.0.0.1,port=%s,user=%s,password=%s"
        % (
            mysql.schema,
            connection["port"],
            connection["username"],
            connection["password"],
        ),
        update=1,
    )
    utm = osr.SpatialReference()
    utm.ImportFromEPSG(32633)
    layer = target.CreateLayer("of_gdal", utm, ogr.wkbPoint)
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT (500000 4649776)"))
    assert layer.CreateFeature(feature) == 0
    layer = target = None

    with messages() as said:
        ds = open_connector(mysql.connector(table="of_gdal"))
        layer = ds.GetLayer(0)
        assert layer.GetSpatialRef().GetAuthorityCode(None) == "32633"
        feature = layer.GetNextFeature()
        assert feature.GetGeometryRef().ExportToWkt() == "POINT (500000 4649776)"
    said.assert_quiet()
    ds = open_connector(mysql.connector(table="of_gdal"), target_srs="EPSG:4326")
    feature = ds.GetLayer(0).GetNextFeature()
    assert feature.GetGeometryRef().GetPoint_2D() == pytest.approx((15, 42), abs=1e-3)


###############################################################################
# Encodings


@pytest.mark.parametrize(
    "encoding,text",
    [
        (None, "\U0001f600 日 €"),
        ("UTF8", "\U0001f600 日 €"),
        ("LATIN1", "é€"),
        ("WIN1251", "Жё"),
        ("SJIS", "日本"),
        ("LATIN2", "łő"),
        ("WIN1253", "αβ"),
    ],
)
def test_mysql_encoding(mysql, encoding, text):
    mysql.run("DROP TABLE IF EXISTS " + mysql.table("été"))
    mysql.create("été", [("ü", "varchar(20)")], [(text,)])
    keys = {"encoding": encoding} if encoding else {}
    with messages() as said:
        ds = open_connector(mysql.connector(table="été", **keys))
        lyr = ds.GetLayer(0)
        assert lyr.GetLayerDefn().GetFieldDefn(0).GetName() == "ü"
        assert lyr.SetAttributeFilter("\"ü\" = '%s'" % text) == 0
        assert [values(f) for f in lyr] == [[text]]
    said.assert_quiet()


def test_mysql_encoding_the_server_has_not(mysql):
    if not is_mariadb(mysql):
        pytest.skip("MySQL has GB18030")
    with messages() as said:
        ds, lyr = open_query(mysql.connector(encoding="GB18030"), "SELECT 'x' AS a")
        assert lyr.GetNextFeature() is None
    assert said.failure.startswith("MySQL, query failed (1115)")
    assert "gb18030" in said.failure and '"encoding"' in said.failure


def test_mysql_mislabelled_text(mysql):
    """UTF-8 in a column that says latin1, and how to read it."""
    mysql.run(
        "CREATE TABLE {0} (t varchar(20) CHARACTER SET latin1); "
        "INSERT INTO {0} VALUES (x'{1}')".format(
            mysql.table("mislabelled"), "é日".encode().hex()
        )
    )
    ds = open_connector(mysql.connector(table="mislabelled", encoding="SQL_ASCII"))
    assert [values(f) for f in ds.GetLayer(0)] == [["é日"]]


###############################################################################
# Statements


def test_mysql_statements_that_are_no_select(mysql):
    mysql.create("shown", [("a", "integer")], [(1,)])
    for sql, count in (
        ("SHOW COLUMNS FROM " + mysql.table("shown"), 1),
        ("EXPLAIN SELECT * FROM " + mysql.table("shown"), 1),
        ("DESCRIBE " + mysql.table("shown"), 1),
        (
            "VALUES %s" % ("(1),(2)" if is_mariadb(mysql) else "ROW(1),ROW(2)"),
            2,
        ),
    ):
        features = read_query(mysql.connector(), sql)
        assert len(features) == count, sql


def test_mysql_procedure(mysql):
    """Its first result; the statements behind it do not break the next."""
    mysql.run(
        "CREATE PROCEDURE %s(n int) SELECT n AS a, 'x' AS b" % mysql.table("give")
    )
    connector = mysql.connector(
        sql_query="CALL %s(5)" % mysql.table("give"), import_as="q"
    )
    with messages() as said:
        ds = open_connector(connector)
        for _ in range(2):
            assert [values(f) for f in ds.GetLayer(0)] == [[5, "x"]]
    said.assert_quiet()


def test_mysql_without_prepared_statements(mysql):
    """Where the server takes no more of them, all comes as text."""
    name = "unprepared"
    mysql.run(
        "CREATE TABLE {0} (a int PRIMARY KEY, b varbinary(9), c datetime(3), "
        "d bit(9), e geometry, f varchar(9) CHARACTER SET utf8mb4, g double); "
        "INSERT INTO {0} VALUES (1, x'0027ff5c', '2024-02-29 01:02:03.5', b'101', "
        "{1}, '\U0001f600', 0.1), (2, NULL, NULL, NULL, NULL, NULL, NULL)".format(
            mysql.table(name), mysql.geometry("POINT (1 2)")
        )
    )
    query = mysql.connector(sql_query="SELECT * FROM " + mysql.table(name))
    variable = "max_prepared_stmt_count"
    before = mysql.run("SELECT @@GLOBAL." + variable).strip()
    mysql.run("SET GLOBAL %s = 0" % variable)
    try:
        for connector in (mysql.connector(table=name), dict(query, import_as="q")):
            with messages() as said:
                ds = open_connector(connector)
                lyr = ds.GetLayer(0)
                assert lyr.GetLayerDefn().GetFieldDefn(1).GetType() == B
                first, second = [f for f in lyr]
            said.assert_quiet()
            moment = (2024, 2, 29, 1, 2, 3.5, 0)
            expected = [1, b"\x00'\xff\\", moment, 5, "\U0001f600", 0.1]
            assert values(first) == expected
            assert first.GetGeometryRef().ExportToWkt() == "POINT (1 2)"
            assert values(second) == [2] + [None] * 5
            assert second.GetGeometryRef() is None
    finally:
        mysql.run("SET GLOBAL %s = %s" % (variable, before))


def test_mysql_order_is_kept(mysql):
    """The servers forget the order of a subquery: nothing is put around it."""
    mysql.create(
        "ordered", [("a", "integer"), ("b", "text")], [(i, str(i)) for i in range(9)]
    )
    sql = "SELECT a, b FROM %s ORDER BY a DESC" % mysql.table("ordered")
    ds, lyr = open_query(mysql.connector(), sql)
    lyr.SetIgnoredFields(["b"])
    assert [f["a"] for f in lyr] == list(range(8, -1, -1))
    assert lyr.SetAttributeFilter("a > 5") == 0
    assert [f["a"] for f in lyr] == [8, 7, 6]
    assert lyr.GetFeatureCount() == 3


@pytest.mark.parametrize("mode", ["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", ""])
def test_mysql_sql_mode(mysql, mode):
    """Literals mean the same under any of the server's modes."""
    before = run_mysql(mysql.base["connection"], "SELECT @@GLOBAL.sql_mode").strip()
    mysql.run("DROP TABLE IF EXISTS " + mysql.table("moded"))
    texts = ["a\\b", "it's", 'say "x"', "a\\ ' OR 1=1 -- ", "%_\\%"]
    mysql.create("moded", [("t", "varchar(40)")], [(t,) for t in texts])
    mysql.run("SET GLOBAL sql_mode = '%s'" % mode)
    try:
        ds = open_connector(mysql.connector(table="moded"))
        lyr = ds.GetLayer(0)
        for text in texts:
            quoted = text.replace("'", "''")
            for condition in ("t = '%s'" % quoted, "t IN ('%s')" % quoted):
                assert lyr.SetAttributeFilter(condition) == 0
                assert [f["t"] for f in lyr] == [text], condition
                assert lyr.GetFeatureCount() == 1
    finally:
        mysql.run("SET GLOBAL sql_mode = '%s'" % before)
